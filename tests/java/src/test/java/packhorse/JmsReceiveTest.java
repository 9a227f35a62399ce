package packhorse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import javax.jms.Connection;
import javax.jms.DeliveryMode;
import javax.jms.InvalidSelectorException;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Queue;
import javax.jms.QueueBrowser;
import javax.jms.Session;
import javax.jms.TemporaryQueue;
import javax.jms.TextMessage;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Receiving: waits, acknowledgement and transactions, redelivery and backout, selectors, browser, temporary queues. */
class JmsReceiveTest extends JmsTest {
    @Test
    void aReceiveEndsWithAMessageOrWithout() throws Exception {
        Session session = connection.createSession();
        Queue queue = queue(session, "");
        MessageConsumer consumer = session.createConsumer(queue);
        assertNull(consumer.receiveNoWait());
        assertNull(consumer.receive(200));
        Thread late = new Thread(() -> {
            try (Connection other = Clients.jms(qm)) {
                Thread.sleep(300);
                send(other.createSession(), queue, "with a limit", "without one");
            } catch (Exception error) {
                throw new IllegalStateException(error);
            }
        });
        late.start();
        assertEquals("with a limit", receive(consumer));
        assertEquals("without one", textOf(consumer.receive()));
        late.join();
        assertNull(consumer.receiveNoWait());
    }

    /** A receive that times out as its message comes: the client's last check crosses the delivery. */
    @Test
    void timeoutsThatMeetMessagesLoseNothing() throws Exception {
        int messages = 1000;
        Session session = connection.createSession();
        Queue queue = queue(session, "");
        Thread producing = new Thread(() -> {
            try (Connection other = Clients.jms(qm)) {
                Session sender = other.createSession();
                MessageProducer producer = sender.createProducer(queue);
                producer.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
                for (int n = 0; n < messages; n++) {
                    producer.send(sender.createTextMessage(String.valueOf(n)));
                    LockSupport.parkNanos(n % 7 * 300_000L);
                }
            } catch (JMSException error) {
                throw new IllegalStateException(error);
            }
        });
        producing.start();
        MessageConsumer consumer = session.createConsumer(queue);
        int[] next = {0};
        Wait.until("all messages", () -> {
            for (int i = 0; i < 50 && next[0] < messages; i++) {
                Message message = consumer.receive(1);
                if (message != null) {
                    assertEquals(String.valueOf(next[0]++), textOf(message));
                }
            }
            return next[0] == messages;
        });
        producing.join();
        assertNull(consumer.receiveNoWait());
    }

    @Test
    void aConsumerClosedByAnotherThreadStopsWaiting() throws Exception {
        Session session = connection.createSession();
        Queue queue = queue(session, "");
        MessageConsumer consumer = session.createConsumer(queue);
        Thread closing = new Thread(() -> {
            try {
                Thread.sleep(500);
                consumer.close();
            } catch (Exception error) {
                throw new IllegalStateException(error);
            }
        });
        closing.start();
        assertNull(assertTimeoutPreemptively(Duration.ofMillis(Wait.MILLIS_MAX), () -> consumer.receive()));
        closing.join();
        send(session, queue, "for the next one");
        assertEquals("for the next one", receive(session.createConsumer(queue)));
    }

    @ParameterizedTest
    @ValueSource(ints = {Session.AUTO_ACKNOWLEDGE, Session.DUPS_OK_ACKNOWLEDGE})
    void acknowledgedByReceiving(int mode) throws Exception {
        Session session = connection.createSession(mode);
        Queue queue = queue(session, "");
        send(session, queue, "one", "two");
        MessageConsumer consumer = session.createConsumer(queue);
        assertEquals("one", receive(consumer));
        if (mode == Session.AUTO_ACKNOWLEDGE) {
            session.recover();
        }
        assertEquals("two", receive(consumer));
        session.close();
        assertEquals(0, qm.depth(nameOf(queue)));
    }

    @Test
    void clientAcknowledgementCoversTheSession() throws Exception {
        Session session = connection.createSession(Session.CLIENT_ACKNOWLEDGE);
        Queue queue = queue(session, "");
        send(session, queue, "one", "two", "three");
        MessageConsumer consumer = session.createConsumer(queue);
        assertEquals("one", receive(consumer));
        assertEquals("two", receive(consumer));
        session.recover();
        Message again = consumer.receive(Wait.MILLIS_MAX);
        assertEquals("one", textOf(again));
        assertTrue(again.getJMSRedelivered());
        assertEquals(2, deliveries(again));
        consumer.receive(Wait.MILLIS_MAX).acknowledge();
        assertEquals("three", receive(consumer));
        session.close();

        // What was not acknowledged is there for the next one.
        Session next = connection.createSession();
        MessageConsumer other = next.createConsumer(queue);
        assertEquals("three", receive(other));
        assertNull(other.receiveNoWait());
    }

    @Test
    @Tag("smoke")
    void aTransactionIsAllOrNothing() throws Exception {
        Session session = connection.createSession(Session.SESSION_TRANSACTED);
        Queue from = queue(session, "");
        Queue to = queue(session, "");
        send(session, from, "one", "two");
        MessageConsumer consumer = session.createConsumer(from);
        assertNull(consumer.receiveNoWait());
        session.commit();

        assertEquals("one", receive(consumer));
        send(session, to, "copy of one");
        session.rollback();
        assertEquals(0, qm.depth(nameOf(to)));

        Message again = consumer.receive(Wait.MILLIS_MAX);
        assertEquals("one", textOf(again));
        assertEquals(2, deliveries(again));
        assertTrue(again.getJMSRedelivered());
        assertEquals("two", receive(consumer));
        send(session, to, "copy of one", "copy of two");
        session.commit();
        assertEquals(0, qm.depth(nameOf(from)));
        assertEquals(2, qm.depth(nameOf(to)));
    }

    @Test
    void closingATransactedSessionBacksOut() throws Exception {
        Session session = connection.createSession(Session.SESSION_TRANSACTED);
        Queue queue = queue(session, "");
        send(session, queue, "kept");
        session.commit();
        send(session, queue, "never sent");
        assertEquals("kept", receive(session.createConsumer(queue)));
        session.close();
        MessageConsumer consumer = connection.createSession().createConsumer(queue);
        assertEquals("kept", receive(consumer));
        assertNull(consumer.receiveNoWait());
    }

    /** The client itself moves a message that comes back too often; it needs the threshold from the queue. */
    @Test
    void aPoisonousMessageIsMovedAside() throws Exception {
        String aside = qm.queue("");
        // The client passes the message's context on, which needs an authority of its own.
        qm.mqsc("SET AUTHREC PROFILE('" + aside + "') PRINCIPAL('app') OBJTYPE(QUEUE)"
                + " AUTHADD(BROWSE,GET,INQ,PUT,PASSALL)");
        Session session = connection.createSession(Session.SESSION_TRANSACTED);
        Queue queue = queue(session, "BOTHRESH(3) BOQNAME('" + aside + "')");
        send(session, queue, "poison");
        session.commit();
        MessageConsumer consumer = session.createConsumer(queue);
        for (int delivery = 1; delivery <= 3; delivery++) {
            Message message = consumer.receive(Wait.MILLIS_MAX);
            assertNotNull(message, "delivery " + delivery);
            assertEquals(delivery, deliveries(message));
            session.rollback();
        }
        assertNull(consumer.receive(500));
        session.commit();
        MessageConsumer moved = session.createConsumer(session.createQueue("queue:///" + aside));
        assertEquals("poison", receive(moved));
        session.commit();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "colour = 'blue'                               | 1 3 5",
        "n BETWEEN 2 AND 3                             | 2 3",
        "colour LIKE 'r%' AND NOT (n = 0)              | 2 4",
        "colour IN ('green', 'red') OR n > 4           | 0 2 4 5",
        "missing IS NULL AND n * 2 >= 8                | 4 5",
        "JMSPriority > 4 OR JMSType = 'odd' AND n < 2  | 1 5",
        "missing > 1                                   | ",
    })
    void selectorsChoose(String selector, String wanted) throws Exception {
        Session session = connection.createSession();
        Queue queue = queue(session, "");
        MessageProducer producer = session.createProducer(queue);
        for (int n = 0; n < 6; n++) {
            TextMessage message = session.createTextMessage(String.valueOf(n));
            message.setStringProperty("colour", n % 2 == 0 ? "red" : "blue");
            message.setIntProperty("n", n);
            message.setJMSType(n % 2 == 0 ? "even" : "odd");
            producer.send(message, Message.DEFAULT_DELIVERY_MODE, n == 5 ? 9 : 4, 0);
        }
        MessageConsumer consumer = session.createConsumer(queue, selector);
        List<String> got = new ArrayList<>();
        for (Message message = consumer.receiveNoWait(); message != null; message = consumer.receiveNoWait()) {
            got.add(textOf(message));
        }
        Collections.sort(got);
        assertEquals(wanted == null ? "" : wanted, String.join(" ", got));
    }

    @Test
    void identifiersSelectToo() throws Exception {
        Session session = connection.createSession();
        Queue queue = queue(session, "");
        TextMessage second = session.createTextMessage("second");
        second.setJMSCorrelationID("ID:000102030405060708090a0b0c0d0e0f1011121314151617");
        send(session, queue, "first");
        session.createProducer(queue).send(second);
        send(session, queue, "third");
        MessageConsumer byCorrelation =
                session.createConsumer(queue, "JMSCorrelationID = '" + second.getJMSCorrelationID() + "'");
        assertEquals("second", receive(byCorrelation));
        assertNull(byCorrelation.receiveNoWait());
    }

    @Test
    void aSelectorWaitsForItsMessage() throws Exception {
        Session session = connection.createSession();
        Queue queue = queue(session, "");
        MessageConsumer consumer = session.createConsumer(queue, "colour = 'blue'");
        Thread late = new Thread(() -> {
            try (Connection other = Clients.jms(qm)) {
                Session sender = other.createSession();
                send(sender, queue, "no colour");
                TextMessage blue = sender.createTextMessage("blue");
                blue.setStringProperty("colour", "blue");
                sender.createProducer(queue).send(blue);
            } catch (JMSException error) {
                throw new IllegalStateException(error);
            }
        });
        late.start();
        assertEquals("blue", receive(consumer));
        late.join();
        assertEquals(1, qm.depth(nameOf(queue)));
    }

    @Test
    void aWrongSelectorIsRefused() throws Exception {
        Session session = connection.createSession();
        Queue queue = queue(session, "");
        assertThrows(InvalidSelectorException.class, () -> session.createConsumer(queue, "colour = = 'blue'"));
    }

    @Test
    void aBrowserLooksOnly() throws Exception {
        Session session = connection.createSession();
        Queue queue = queue(session, "");
        send(session, queue, "one", "two", "three");
        List<String> seen = new ArrayList<>();
        try (QueueBrowser browser = session.createBrowser(queue)) {
            for (Object message : Collections.list(browser.getEnumeration())) {
                seen.add(textOf((Message) message));
            }
            assertTrue(browser.getEnumeration().hasMoreElements());
        }
        assertEquals(List.of("one", "two", "three"), seen);
        MessageConsumer consumer = session.createConsumer(queue);
        for (String text : seen) {
            assertEquals(text, receive(consumer));
        }
        try (QueueBrowser browser = session.createBrowser(queue)) {
            assertFalse(browser.getEnumeration().hasMoreElements());
        }
    }

    @Test
    @Tag("smoke")
    void aRequestIsAnsweredOnATemporaryQueue() throws Exception {
        Session session = connection.createSession();
        Queue service = queue(session, "");
        TemporaryQueue answers = session.createTemporaryQueue();
        TextMessage request = session.createTextMessage("what is the time?");
        request.setJMSReplyTo(answers);
        session.createProducer(service).send(request);

        try (Connection other = Clients.jms(qm)) {
            other.start();
            Session server = other.createSession();
            Message got = server.createConsumer(service).receive(Wait.MILLIS_MAX);
            TextMessage answer = server.createTextMessage("late");
            answer.setJMSCorrelationID(got.getJMSMessageID());
            server.createProducer(got.getJMSReplyTo()).send(answer);
        }

        MessageConsumer consumer = session.createConsumer(
                answers, "JMSCorrelationID = '" + request.getJMSMessageID() + "'");
        assertEquals("late", receive(consumer));
        consumer.close();
        answers.delete();
        JMSException gone = assertThrows(JMSException.class, () -> session.createProducer(answers)
                .send(session.createTextMessage("nobody listens")));
        assertNotNull(gone);
    }

    @Test
    void aTemporaryQueueGoesWithItsConnection() throws Exception {
        String name;
        try (Connection other = Clients.jms(qm)) {
            name = nameOf(other.createSession().createTemporaryQueue());
            assertTrue(qm.mqsc("DISPLAY QLOCAL(*) DEFTYPE").contains(name));
        }
        Wait.until(name + " is gone", () -> !qm.mqsc("DISPLAY QLOCAL(*) DEFTYPE").contains(name));
    }
}
