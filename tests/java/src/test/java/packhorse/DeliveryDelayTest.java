package packhorse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.ibm.mq.MQException;
import com.ibm.mq.MQMessage;
import com.ibm.mq.MQQueue;
import com.ibm.mq.MQQueueManager;
import com.ibm.mq.constants.CMQC;
import com.ibm.msg.client.wmq.WMQConstants;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.jms.CompletionListener;
import javax.jms.Connection;
import javax.jms.DeliveryMode;
import javax.jms.JMSContext;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Queue;
import javax.jms.Session;
import javax.jms.TextMessage;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Delivery delay of JMS 2.0: not before its time, in the order of times, in units of work, over a restart. */
class DeliveryDelayTest extends JmsTest {
    private static final String WAITING = "SYSTEM.DDELAY.LOCAL.QUEUE";
    /** Long enough that nothing else delays a message so much, and a test that needs it to pass is not slow. */
    private static final long DELAY = 2_000;
    /** Never over while a test runs. */
    private static final long LONG_DELAY = 3_600_000;

    @Tag("smoke")
    @ParameterizedTest
    @ValueSource(ints = {DeliveryMode.PERSISTENT, DeliveryMode.NON_PERSISTENT})
    void aMessageComesWhenItsDelayIsOver(int mode) throws Exception {
        Session session = connection.createSession();
        Queue queue = queue(session, "");
        MessageProducer producer = session.createProducer(queue);
        producer.setDeliveryMode(mode);
        producer.setDeliveryDelay(DELAY);
        assertEquals(DELAY, producer.getDeliveryDelay());
        TextMessage sent = session.createTextMessage("late");
        sent.setStringProperty("colour", "red");
        producer.send(sent);
        assertEquals(0, qm.depth(nameOf(queue)));

        MessageConsumer consumer = session.createConsumer(queue);
        assertNull(consumer.receiveNoWait());
        Message got = consumer.receive(Wait.MILLIS_MAX);
        assertTrue(System.currentTimeMillis() >= sent.getJMSDeliveryTime(), "it came early");
        assertEquals("late", textOf(got));
        assertEquals(sent.getJMSDeliveryTime(), got.getJMSDeliveryTime());
        assertEquals(sent.getJMSTimestamp() + DELAY, got.getJMSDeliveryTime());
        assertEquals(sent.getJMSMessageID(), got.getJMSMessageID());
        assertEquals("red", got.getStringProperty("colour"));
        assertEquals(mode, got.getJMSDeliveryMode());
        assertEquals(1, deliveries(got));
    }

    @Test
    void theOrderIsThatOfTheTimes() throws Exception {
        Session session = connection.createSession();
        Queue queue = queue(session, "");
        MessageProducer producer = session.createProducer(queue);
        List<String> got = Collections.synchronizedList(new ArrayList<>());
        session.createConsumer(queue).setMessageListener(message -> {
            try {
                got.add(textOf(message));
            } catch (JMSException error) {
                got.add(error.toString());
            }
        });
        Session sending = connection.createSession();
        producer = sending.createProducer(queue);
        for (long delay : new long[] {2 * DELAY, DELAY, 0}) {
            producer.setDeliveryDelay(delay);
            producer.send(sending.createTextMessage(String.valueOf(delay)));
        }
        Wait.until("all three", () -> got.size() == 3);
        assertEquals(List.of("0", String.valueOf(DELAY), String.valueOf(2 * DELAY)), got);
    }

    @Test
    @Tag("smoke")
    void aUnitOfWorkDecidesWhetherThereIsAMessage() throws Exception {
        Session session = connection.createSession(true, Session.SESSION_TRANSACTED);
        Queue queue = queue(session, "");
        MessageProducer producer = session.createProducer(queue);
        producer.setDeliveryDelay(DELAY);
        producer.send(session.createTextMessage("rolled back"));
        session.rollback();
        producer.send(session.createTextMessage("committed"));
        session.commit();
        MessageConsumer consumer = session.createConsumer(queue);
        assertEquals("committed", receive(consumer));
        session.commit();
        assertNull(consumer.receiveNoWait());
    }

    @Test
    void temporaryQueuesPlainMessagesAndAsynchronousSendsWork() throws Exception {
        try (JMSContext context = factory().createContext()) {
            Queue temporary = context.createTemporaryQueue();
            context.createProducer().setDeliveryMode(DeliveryMode.NON_PERSISTENT).setDeliveryDelay(DELAY)
                    .send(temporary, "temporary");
            assertEquals("temporary", context.createConsumer(temporary).receiveBody(String.class, Wait.MILLIS_MAX));

            // Without an MQRFH2 the message itself does not know of its delay.
            String name = qm.queue("");
            context.createProducer().setDeliveryDelay(DELAY)
                    .send(context.createQueue("queue:///" + name + "?targetClient=1"), "plain");
            assertEquals(0, qm.depth(name));
            Queue queue = context.createQueue("queue:///" + name);
            assertEquals("plain", context.createConsumer(queue).receiveBody(String.class, Wait.MILLIS_MAX));

            CompletableFuture<Message> sent = new CompletableFuture<>();
            context.createProducer().setDeliveryDelay(DELAY).setAsync(new CompletionListener() {
                @Override
                public void onCompletion(Message message) {
                    sent.complete(message);
                }

                @Override
                public void onException(Message message, Exception error) {
                    sent.completeExceptionally(error);
                }
            }).send(queue, "asynchronous");
            sent.get(Wait.MILLIS_MAX, TimeUnit.MILLISECONDS);
            String asynchronous = "queue:///" + name + "?putAsyncAllowed=1";
            context.createProducer().setDeliveryDelay(DELAY).send(context.createQueue(asynchronous), "unanswered");
            context.createProducer().setDeliveryDelay(DELAY).send(queue, "x".repeat(1_000_000));
            for (String text : List.of("asynchronous", "unanswered", "x".repeat(1_000_000))) {
                assertEquals(text, context.createConsumer(queue).receiveBody(String.class, Wait.MILLIS_MAX));
            }
        }
    }

    @Test
    void whatMayNotBeDelayedIsRefused() throws Exception {
        Session session = connection.createSession();
        Queue queue = queue(session, "CAPEXPRY(10)");
        MessageProducer producer = session.createProducer(queue);
        producer.setDeliveryDelay(DELAY);
        assertEquals(CMQC.MQRC_EXPIRY_ERROR, refusal(producer, session));

        QueueManager own = QueueManager.create("QD");
        try (Connection other = Clients.jms(own)) {
            Session there = other.createSession();
            MessageProducer late = there.createProducer(there.createQueue("queue:///" + own.queue("")));
            late.setDeliveryDelay(LONG_DELAY);
            own.mqsc("ALTER QLOCAL(" + WAITING + ") PUT(DISABLED)");
            assertEquals(CMQC.MQRC_PUT_INHIBITED, refusal(late, there));
            own.mqsc("ALTER QLOCAL(" + WAITING + ") PUT(ENABLED) MAXDEPTH(1)");
            late.send(there.createTextMessage("one"));
            assertEquals(CMQC.MQRC_Q_FULL, refusal(late, there));
            assertEquals(1, own.depth(WAITING));
        } finally {
            own.remove();
        }
    }

    @Test
    void aMessageThatItsQueueDoesNotTakeIsADeadLetterAndIsReported() throws Exception {
        Session session = connection.createSession();
        Queue queue = queue(session, "");
        Queue reports = queue(session, "");
        MessageProducer producer = session.createProducer(queue);
        producer.setDeliveryDelay(DELAY);
        TextMessage sent = session.createTextMessage("undeliverable");
        sent.setJMSReplyTo(reports);
        sent.setIntProperty(WMQConstants.JMS_IBM_REPORT_EXCEPTION, CMQC.MQRO_EXCEPTION_WITH_FULL_DATA);
        producer.send(sent);
        qm.mqsc("ALTER QLOCAL('" + nameOf(queue) + "') PUT(DISABLED)");

        Message report = session.createConsumer(reports).receive(Wait.MILLIS_MAX);
        assertEquals(CMQC.MQMT_REPORT, report.getIntProperty(WMQConstants.JMS_IBM_MSGTYPE));
        assertEquals(CMQC.MQRC_PUT_INHIBITED, report.getIntProperty(WMQConstants.JMS_IBM_FEEDBACK));
        assertEquals(sent.getJMSMessageID(), report.getJMSCorrelationID());
        assertEquals("undeliverable", textOf(report));
        MQQueueManager qmgr = Clients.connect(
                qm, Map.of(CMQC.CHANNEL_PROPERTY, "DEV.ADMIN.SVRCONN", CMQC.USER_ID_PROPERTY, "admin"));
        MQQueue dead = qmgr.accessQueue("DEV.DEAD.LETTER.QUEUE", CMQC.MQOO_INPUT_SHARED);
        MQMessage letter = new MQMessage();
        String id = sent.getJMSMessageID().substring("ID:".length());
        for (int at = 0; at < 24; at++) {
            letter.messageId[at] = (byte) Integer.parseInt(id.substring(2 * at, 2 * at + 2), 16);
        }
        dead.get(letter);
        assertEquals(CMQC.MQFMT_DEAD_LETTER_HEADER, letter.format);
        assertEquals("DLH ", letter.readStringOfByteLength(4));
        assertEquals(1, letter.readInt());
        assertEquals(CMQC.MQRC_PUT_INHIBITED, letter.readInt());
        assertEquals(nameOf(queue), letter.readStringOfByteLength(48).trim());
        qmgr.disconnect();
    }

    @Test
    void aRestartForgetsNoneThatIsPersistent() throws Exception {
        QueueManager own = QueueManager.create("QR");
        try {
            String name = own.queue("");
            try (Connection other = Clients.jms(own)) {
                Session session = other.createSession();
                MessageProducer producer = session.createProducer(session.createQueue("queue:///" + name));
                producer.setDeliveryDelay(DELAY);
                producer.send(session.createTextMessage("due soon"));
                producer.setDeliveryDelay(LONG_DELAY);
                producer.send(session.createTextMessage("due later"));
                producer.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
                producer.send(session.createTextMessage("gone"));
                assertEquals(own.depth(name) == 0 ? 3 : 2, own.depth(WAITING));
                own.kill();
            } catch (JMSException broken) {
                // The connection cannot be closed any more.
            }
            own.start();
            try (Connection other = Clients.jms(own)) {
                other.start();
                Session session = other.createSession();
                MessageConsumer consumer = session.createConsumer(session.createQueue("queue:///" + name));
                assertEquals("due soon", receive(consumer));
                assertNull(consumer.receiveNoWait());
            }
            assertEquals(1, own.depth(WAITING));
        } finally {
            own.remove();
        }
    }

    /** The reason code for which a message is not sent. */
    private static int refusal(MessageProducer producer, Session session) {
        JMSException refused =
                assertThrows(JMSException.class, () -> producer.send(session.createTextMessage("refused")));
        return ((MQException) refused.getLinkedException()).reasonCode;
    }
}
