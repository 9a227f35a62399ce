package packhorse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.ibm.mq.MQGetMessageOptions;
import com.ibm.mq.MQMessage;
import com.ibm.mq.MQQueue;
import com.ibm.mq.MQQueueManager;
import com.ibm.mq.constants.CMQC;
import com.ibm.msg.client.jms.JmsConnectionFactory;
import com.ibm.msg.client.wmq.WMQConstants;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import javax.jms.Connection;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.Queue;
import javax.jms.Session;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Conversations on one socket: none (SHARECNV 0, plain segments and MQGET), one, ten; and very many connections. */
class SharingTest {
    private final QueueManager qm = QueueManager.shared();

    private String channel(int sharing) {
        String channel = "DEV.SHARE." + sharing;
        qm.mqsc("DEFINE CHANNEL('" + channel + "') CHLTYPE(SVRCONN) MCAUSER('app') SHARECNV(" + sharing + ")"
                + " HBINT(1) MAXMSGL(" + QueueManager.MESSAGE_MAX + ") REPLACE\n"
                + "SET CHLAUTH('" + channel + "') TYPE(ADDRESSMAP) ADDRESS('*') USERSRC(CHANNEL) ACTION(REPLACE)");
        return channel;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 10})
    void classesForJavaWorkWithAnySharing(int sharing) throws Exception {
        MQQueueManager connection = Clients.connect(qm, Map.of(CMQC.CHANNEL_PROPERTY, channel(sharing)));
        MQQueue queue = connection.accessQueue(qm.queue(""), CMQC.MQOO_OUTPUT | CMQC.MQOO_INPUT_AS_Q_DEF);
        MQMessage put = new MQMessage();
        put.write(new byte[100_000]);
        queue.put(put);
        MQGetMessageOptions options = new MQGetMessageOptions();
        options.options = CMQC.MQGMO_SYNCPOINT | CMQC.MQGMO_WAIT;
        options.waitInterval = Wait.MILLIS_MAX;
        MQMessage got = new MQMessage();
        queue.get(got, options);
        assertEquals(100_000, got.getDataLength());
        connection.backout();
        queue.get(got = new MQMessage(), options);
        assertEquals(1, got.backoutCount);
        connection.commit();

        // Longer than three heartbeat intervals: the connection must outlive a silent wait.
        options.waitInterval = 3500;
        MQMessage none = new MQMessage();
        assertEquals(
                CMQC.MQRC_NO_MSG_AVAILABLE,
                assertThrows(com.ibm.mq.MQException.class, () -> queue.get(none, options)).reasonCode);
        connection.disconnect();
    }

    /** A message that cannot be converted comes as it is, and the program is told why, on any kind of conversation. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 10})
    void conversionWarningsComeWithAnySharing(int sharing) throws Exception {
        MQQueueManager connection = Clients.connect(qm, Map.of(CMQC.CHANNEL_PROPERTY, channel(sharing)));
        MQQueue queue = connection.accessQueue(qm.queue(""), CMQC.MQOO_OUTPUT | CMQC.MQOO_INPUT_AS_Q_DEF);
        assertEquals(CMQC.MQRC_FORMAT_ERROR, warning(queue, "NOSUCHFM", 1208, 819, "text"));
        assertEquals(CMQC.MQRC_SOURCE_CCSID_ERROR, warning(queue, CMQC.MQFMT_STRING, 61000, 819, "text"));
        assertEquals(CMQC.MQRC_TARGET_CCSID_ERROR, warning(queue, CMQC.MQFMT_STRING, 1208, 61000, "text"));
        assertEquals(CMQC.MQRC_DBCS_ERROR, warning(queue, CMQC.MQFMT_STRING, 1208, 819, "a\u00ff\u00fe"));
        assertEquals(0, warning(queue, CMQC.MQFMT_STRING, 1208, 819, "text"));
        connection.disconnect();
    }

    /** Puts bytes and gets them converted, with a wait, as most programs do. Returns the warning. */
    private static int warning(MQQueue queue, String format, int from, int to, String bytes) throws Exception {
        byte[] data = bytes.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        MQMessage put = new MQMessage();
        put.format = format;
        put.characterSet = from;
        put.write(data);
        queue.put(put);
        MQGetMessageOptions options = new MQGetMessageOptions();
        options.options = CMQC.MQGMO_CONVERT | CMQC.MQGMO_NO_SYNCPOINT | CMQC.MQGMO_WAIT;
        options.waitInterval = Wait.MILLIS_MAX;
        MQMessage got = new MQMessage();
        got.characterSet = to;
        int reason = 0;
        try {
            queue.get(got, options);
        } catch (com.ibm.mq.MQException warning) {
            assertEquals(CMQC.MQCC_WARNING, warning.completionCode);
            reason = warning.reasonCode;
        }
        byte[] read = new byte[got.getDataLength()];
        got.readFully(read);
        org.junit.jupiter.api.Assertions.assertArrayEquals(data, read);
        assertEquals(reason == 0 ? to : from, got.characterSet);
        return reason;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 10})
    void jmsWorksWithAnySharing(int sharing) throws Exception {
        JmsConnectionFactory factory = Clients.factory(qm);
        factory.setStringProperty(WMQConstants.WMQ_CHANNEL, channel(sharing));
        try (Connection connection = factory.createConnection()) {
            connection.start();
            Session session = connection.createSession(true, Session.SESSION_TRANSACTED);
            Queue queue = session.createQueue("queue:///" + qm.queue(""));
            JmsTest.send(session, queue, "one", "two");
            session.commit();
            MessageConsumer consumer = session.createConsumer(queue);
            assertEquals("one", JmsTest.receive(consumer));
            session.rollback();
            assertEquals("one", JmsTest.receive(consumer));
            session.commit();
            session.close();

            CountDownLatch delivered = new CountDownLatch(1);
            connection.createSession(false, Session.AUTO_ACKNOWLEDGE).createConsumer(queue)
                    .setMessageListener(message -> delivered.countDown());
            assertTrue(delivered.await(Wait.MILLIS_MAX, TimeUnit.MILLISECONDS));
        }
    }

    /** The thread that closes may hold a conversation on another socket than the one that waits. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 10})
    void aReceiveEndsWhenItsConsumerIsClosed(int sharing) throws Exception {
        JmsConnectionFactory factory = Clients.factory(qm);
        factory.setStringProperty(WMQConstants.WMQ_CHANNEL, channel(sharing));
        try (Connection connection = factory.createConnection()) {
            connection.start();
            Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
            Queue queue = session.createQueue("queue:///" + qm.queue(""));
            MessageConsumer consumer = session.createConsumer(queue);
            FutureTask<Message> receiving = new FutureTask<>(consumer::receive);
            new Thread(receiving).start();
            Thread.sleep(500);
            consumer.close();
            assertNull(receiving.get(Wait.MILLIS_MAX, TimeUnit.MILLISECONDS));
            JmsTest.send(session, queue, "for the next one");
            assertEquals("for the next one", JmsTest.receive(session.createConsumer(queue)));
        }
    }

    /** The same by closing the connection, with a session on another socket than the connection's own. */
    @ParameterizedTest
    @ValueSource(ints = {1, 10})
    void aReceiveEndsWhenItsConnectionIsClosed(int sharing) throws Exception {
        JmsConnectionFactory factory = Clients.factory(qm);
        factory.setStringProperty(WMQConstants.WMQ_CHANNEL, channel(sharing));
        Connection connection = factory.createConnection();
        connection.start();
        Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        MessageConsumer consumer = session.createConsumer(session.createQueue("queue:///" + qm.queue("")));
        FutureTask<Message> receiving = new FutureTask<>(consumer::receive);
        new Thread(receiving).start();
        Thread.sleep(500);
        connection.close();
        assertNull(receiving.get(Wait.MILLIS_MAX, TimeUnit.MILLISECONDS));
    }

    /** Without sharing the product's JMS falls back to the API of 1.1, and says so. */
    @Test
    void withoutSharingThereIsNoJms2() throws Exception {
        JmsConnectionFactory factory = Clients.factory(qm);
        factory.setStringProperty(WMQConstants.WMQ_CHANNEL, channel(0));
        RuntimeException refused = assertThrows(RuntimeException.class, factory::createContext);
        assertTrue(refused.getMessage().contains("JMSCC5007"), refused.getMessage());
    }

    @Test
    void moreSessionsThanASocketHolds() throws Exception {
        try (Connection connection = Clients.jms(qm)) {
            connection.start();
            List<Session> sessions = new ArrayList<>();
            for (int i = 0; i < 25; i++) {
                sessions.add(connection.createSession());
            }
            Queue queue = sessions.get(0).createQueue("queue:///" + qm.queue(""));
            for (Session session : sessions) {
                JmsTest.send(session, queue, "x");
            }
            for (Session session : sessions) {
                MessageConsumer consumer = session.createConsumer(queue);
                assertEquals("x", JmsTest.receive(consumer));
                consumer.close();
            }
        }
    }

    @Test
    void twoHundredConnectionsAtOnce() throws Exception {
        List<Connection> connections = new ArrayList<>();
        try {
            String name = qm.queue("");
            List<MessageConsumer> consumers = new ArrayList<>();
            List<Session> sessions = new ArrayList<>();
            JmsConnectionFactory factory = Clients.factory(qm);
            factory.setIntProperty(WMQConstants.WMQ_SHARE_CONV_ALLOWED, WMQConstants.WMQ_SHARE_CONV_ALLOWED_NO);
            for (int i = 0; i < 200; i++) {
                Connection connection = factory.createConnection();
                connections.add(connection);
                connection.start();
                Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
                sessions.add(session);
                consumers.add(session.createConsumer(
                        session.createQueue("queue:///" + name), "n = " + i));
            }
            Queue queue = sessions.get(0).createQueue("queue:///" + name);
            for (int i = 0; i < 200; i++) {
                Session session = sessions.get(i);
                javax.jms.TextMessage message = session.createTextMessage("from " + i);
                message.setIntProperty("n", 199 - i);
                session.createProducer(queue).send(message);
            }
            for (int i = 0; i < 200; i++) {
                assertEquals("from " + (199 - i), JmsTest.receive(consumers.get(i)));
            }
        } finally {
            for (Connection connection : connections) {
                close(connection);
            }
        }
    }

    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (JMSException error) {
            System.err.println("close: " + error);
        }
    }
}
