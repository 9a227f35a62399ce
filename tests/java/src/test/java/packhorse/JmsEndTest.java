package packhorse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.ibm.msg.client.jms.JmsConnectionFactory;
import com.ibm.msg.client.wmq.WMQConstants;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.jms.Connection;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.Session;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What applications hear that wait or listen when their queue or the queue manager gives no more messages. */
class JmsEndTest {
    private static QueueManager qm;

    private final BlockingQueue<String> got = new LinkedBlockingQueue<>();
    private final BlockingQueue<JMSException> heard = new LinkedBlockingQueue<>();
    private final String queue = qm.queue("");

    @BeforeAll
    static void create() {
        qm = QueueManager.create("QMEND");
    }

    @AfterAll
    static void remove() {
        qm.remove();
    }

    private Connection connect(boolean reconnects) throws JMSException {
        JmsConnectionFactory factory = Clients.factory(qm);
        if (reconnects) {
            factory.setIntProperty(
                    WMQConstants.WMQ_CLIENT_RECONNECT_OPTIONS, WMQConstants.WMQ_CLIENT_RECONNECT);
        }
        Connection connection = factory.createConnection();
        connection.setExceptionListener(heard::add);
        connection.start();
        return connection;
    }

    private MessageConsumer consumer(Connection connection) throws JMSException {
        Session session = connection.createSession();
        return session.createConsumer(session.createQueue("queue:///" + queue));
    }

    private void listen(Connection connection) throws JMSException {
        consumer(connection).setMessageListener(message -> got.add(textOf(message)));
    }

    private static String textOf(Message message) {
        try {
            return JmsTest.textOf(message);
        } catch (JMSException error) {
            return error.toString();
        }
    }

    private void send(Connection connection, int delivery, String... texts) throws JMSException {
        try (Session session = connection.createSession()) {
            var producer = session.createProducer(session.createQueue("queue:///" + queue));
            producer.setDeliveryMode(delivery);
            for (String text : texts) {
                producer.send(session.createTextMessage(text));
            }
        }
    }

    private String next() throws InterruptedException {
        return got.poll(Wait.MILLIS_MAX, TimeUnit.MILLISECONDS);
    }

    /** The reason that the exception listener hears. */
    private int reason() throws InterruptedException {
        JMSException error = heard.poll(Wait.MILLIS_MAX, TimeUnit.MILLISECONDS);
        assertTrue(error != null, "the exception listener is called");
        return Clients.reason(error);
    }

    private void get(String value) {
        qm.mqsc("ALTER QLOCAL('" + queue + "') GET(" + value + ")");
    }

    private FutureTask<String> receive(MessageConsumer consumer) throws Exception {
        FutureTask<String> receiving = new FutureTask<>(() -> textOf(consumer.receive(Wait.MILLIS_MAX)));
        new Thread(receiving).start();
        Thread.sleep(500);
        return receiving;
    }

    private int failure(FutureTask<String> receiving) {
        ExecutionException error = assertThrows(
                ExecutionException.class, () -> receiving.get(Wait.MILLIS_MAX, TimeUnit.MILLISECONDS));
        return Clients.reason(error);
    }

    @ParameterizedTest
    @ValueSource(ints = {javax.jms.DeliveryMode.NON_PERSISTENT, javax.jms.DeliveryMode.PERSISTENT})
    @Tag("smoke")
    void aListenerGoesOnWhenGettingIsAllowedAgain(int delivery) throws Exception {
        Connection connection = connect(false);
        listen(connection);
        send(connection, delivery, "before");
        assertEquals("before", next());
        get("DISABLED");
        send(connection, delivery, "first", "second");
        get("ENABLED");
        send(connection, delivery, "third");
        assertEquals(List.of("first", "second", "third"), List.of(next(), next(), next()));
        FutureTask<Boolean> closing = new FutureTask<>(() -> {
            connection.close();
            return true;
        });
        new Thread(closing).start();
        assertTrue(closing.get(Wait.MILLIS_MAX, TimeUnit.MILLISECONDS));
        assertEquals(0, qm.depth(queue));
    }

    @Test
    @Tag("smoke")
    void aListenerThatWasStoppedMeanwhileGoesOnToo() throws Exception {
        try (Connection connection = connect(false)) {
            listen(connection);
            get("DISABLED");
            connection.stop();
            get("ENABLED");
            send(connection, javax.jms.DeliveryMode.NON_PERSISTENT, "while stopped");
            connection.start();
            assertEquals("while stopped", next());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "?readAheadAllowed=1"})
    @Tag("smoke")
    void aReceiveThatWasCutShortTakesNoMessage(String options) throws Exception {
        try (Connection connection = connect(false); Connection other = connect(false)) {
            Session session = connection.createSession();
            MessageConsumer consumer = session.createConsumer(session.createQueue("queue:///" + queue + options));
            FutureTask<String> receiving = receive(consumer);
            get("DISABLED");
            assertEquals(2016, failure(receiving));
            get("ENABLED");
            send(other, javax.jms.DeliveryMode.PERSISTENT, "for another");
            assertEquals("for another", JmsTest.receive(consumer(other)));
            send(other, javax.jms.DeliveryMode.PERSISTENT, "for the first again");
            assertEquals("for the first again", JmsTest.receive(consumer));
        }
    }

    @ParameterizedTest
    @CsvSource({"-i, 2162, false", "-w, 2161, false", "-i, 2203, true", "-w, 2203, true"})
    @Tag("smoke")
    void aReceiveHearsOfTheEnd(String how, int reason, boolean reconnects) throws Exception {
        Connection connection = connect(reconnects);
        FutureTask<String> receiving = receive(consumer(connection));
        FutureTask<Integer> closing = new FutureTask<>(() -> {
            int failure = failure(receiving);
            closeQuietly(connection);
            return failure;
        });
        new Thread(closing).start();
        qm.end(how);
        assertEquals(reason, closing.get(Wait.MILLIS_MAX, TimeUnit.MILLISECONDS));
        qm.start();
    }

    /** The program closes its connection when it hears, as programs do: then the queue manager can end. */
    @ParameterizedTest
    @CsvSource({"-w, 2202, false", "-i, 2162, false", "-w, 2203, true", "-i, 2203, true"})
    @Tag("smoke")
    void aListenerHearsOfTheEnd(String how, int reason, boolean reconnects) throws Exception {
        Connection connection = connect(reconnects);
        connection.setExceptionListener(error -> {
            heard.add(error);
            new Thread(() -> closeQuietly(connection)).start();
        });
        listen(connection);
        qm.end(how);
        assertEquals(reason, reason());
        qm.start();
        try (Connection other = connect(false)) {
            send(other, javax.jms.DeliveryMode.PERSISTENT, "for another");
            assertEquals("for another", JmsTest.receive(consumer(other)));
        }
        assertNull(got.poll());
    }

    /** Only endmqm -r lets clients come back, and their applications hear nothing. */
    @Test
    void clientsConnectAgainWhenTheyAreToldTo() throws Exception {
        Connection connection = connect(true);
        listen(connection);
        qm.end("-i", "-r");
        qm.start();
        try (Connection other = connect(false)) {
            send(other, javax.jms.DeliveryMode.PERSISTENT, "after the restart");
        }
        assertEquals("after the restart", next());
        assertTrue(heard.isEmpty(), () -> heard.toString());
        connection.close();
    }

    /** A controlled end does not wait for those whom it sends elsewhere, whatever they are at. */
    @Test
    void busyClientsConnectAgainAfterAControlledEnd() throws Exception {
        // As observed with 9.0: connections that it gave up while it connected again stay, and go on to get.
        assumeFalse(System.getProperty("mq.version", "").startsWith("9.0"));
        Connection consuming = connect(true);
        Session transacted = consuming.createSession(Session.SESSION_TRANSACTED);
        var counts = new java.util.concurrent.ConcurrentHashMap<String, Integer>();
        var doubted = java.util.concurrent.ConcurrentHashMap.<String>newKeySet();
        transacted.createConsumer(transacted.createQueue("queue:///" + queue)).setMessageListener(message -> {
            String text = textOf(message);
            try {
                transacted.commit();
                counts.merge(text, 1, Integer::sum);
            } catch (JMSException unknown) {
                // It comes again, or the commit was done and only its answer cut off.
                doubted.add(text);
            }
        });
        Connection receiving = connect(true);
        Session waiting = receiving.createSession();
        var idle = waiting.createConsumer(waiting.createQueue("queue:///" + queue), "JMSType = 'never'");
        Thread receiver = new Thread(() -> {
            try {
                idle.receive();
            } catch (JMSException closed) {
                // At the end.
            }
        });
        receiver.start();
        Connection sending = connect(true);
        Session session = sending.createSession();
        var producer = session.createProducer(session.createQueue("queue:///" + queue));
        var sent = new java.util.concurrent.LinkedBlockingQueue<String>();
        var isDone = new java.util.concurrent.atomic.AtomicBoolean();
        Thread sender = new Thread(() -> {
            for (int number = 0; !isDone.get(); number++) {
                String text = "busy " + number;
                try {
                    producer.send(session.createTextMessage(text));
                    sent.add(text);
                    Thread.sleep(2);
                } catch (JMSException unknown) {
                    // Whether it was put is not known.
                } catch (InterruptedException interrupted) {
                    return;
                }
            }
        });
        sender.start();
        Wait.until("messages go through", () -> counts.size() > 50);
        qm.end("-w", "-r");
        qm.start();
        int before = sent.size();
        Wait.until("they go on", () -> sent.size() > before + 50);
        isDone.set(true);
        sender.join(Wait.MILLIS_MAX);
        Wait.until("all are got", () -> qm.depth(queue) == 0);
        Wait.until("those whose commit was not cut off are counted", () -> sent.stream()
                .allMatch(text -> counts.containsKey(text) || doubted.contains(text)));
        assertTrue(counts.values().stream().allMatch(count -> count == 1), () -> counts.toString());
        for (Connection connection : List.of(sending, receiving, consuming)) {
            closeQuietly(connection);
        }
        receiver.join(Wait.MILLIS_MAX);
    }

    /** One that neither calls nor listens hears nothing of the end, tries again, and is not let in. */
    @Test
    void clientsThatAreNotToldToDoNotComeBack() throws Exception {
        Connection idle = connect(true);
        // This one does not close when it hears.
        Connection stays = connect(true);
        listen(stays);
        qm.end("-i");
        assertEquals(2203, reason());
        qm.start();
        try (Connection other = connect(false)) {
            send(other, javax.jms.DeliveryMode.PERSISTENT, "for another");
            assertEquals(2546, reason());
            assertEquals("for another", JmsTest.receive(consumer(other)));
        }
        assertNull(got.poll());
        closeQuietly(idle);
        closeQuietly(stays);
    }

    /** Also one that neither calls nor listens. */
    @Test
    void anIdleClientComesBackWhenItIsToldTo() throws Exception {
        try (Connection idle = connect(true)) {
            qm.end("-i", "-r");
            qm.start();
            send(idle, javax.jms.DeliveryMode.PERSISTENT, "after the restart");
            assertEquals("after the restart", JmsTest.receive(consumer(idle)));
            assertTrue(heard.isEmpty(), () -> heard.toString());
        }
    }

    private static void closeQuietly(Connection connection) {
        try {
            connection.close();
        } catch (JMSException error) {
            // The queue manager has gone.
        }
    }
}
