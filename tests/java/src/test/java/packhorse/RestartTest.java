package packhorse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.ibm.mq.constants.CMQC;
import com.ibm.msg.client.jms.JmsConnectionFactory;
import com.ibm.msg.client.wmq.WMQConstants;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.jms.Connection;
import javax.jms.DeliveryMode;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Queue;
import javax.jms.Session;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Ends of both sides: the queue manager killed, ended, started again; a client killed in mid-transaction. */
class RestartTest {
    private QueueManager qm;

    @BeforeEach
    void create() {
        qm = QueueManager.create("QMR");
    }

    @AfterEach
    void remove() {
        qm.remove();
    }

    @Test
    void persistentMessagesOutliveAKill() throws Exception {
        String name = qm.queue("");
        Connection connection = Clients.jms(qm);
        connection.start();
        Session plain = connection.createSession();
        Queue queue = plain.createQueue("queue:///" + name);
        MessageProducer producer = plain.createProducer(queue);
        for (int i = 0; i < 50; i++) {
            producer.send(plain.createTextMessage("kept " + i));
        }
        producer.send(plain.createTextMessage("lost"), DeliveryMode.NON_PERSISTENT, 4, 0);
        Session open = connection.createSession(Session.SESSION_TRANSACTED);
        JmsTest.send(open, queue, "never committed");
        assertEquals("kept 0", JmsTest.receive(open.createConsumer(queue)));

        CountDownLatch told = new CountDownLatch(1);
        connection.setExceptionListener(error -> told.countDown());
        qm.kill();
        assertTrue(told.await(Wait.MILLIS_MAX, TimeUnit.MILLISECONDS));
        JMSException broken = assertThrows(JMSException.class, () -> JmsTest.send(plain, queue, "too late"));
        // The third as observed with 9.0.
        List<Integer> reasons =
                List.of(CMQC.MQRC_CONNECTION_BROKEN, CMQC.MQRC_HCONN_ERROR, CMQC.MQRC_UNEXPECTED_ERROR);
        assertTrue(reasons.contains(Clients.reason(broken)), Clients.reason(broken) + ": " + broken);
        closeQuietly(connection);

        qm.start();
        try (Connection again = Clients.jms(qm)) {
            again.start();
            Session session = again.createSession();
            MessageConsumer consumer = session.createConsumer(queue);
            for (int i = 0; i < 50; i++) {
                assertEquals("kept " + i, JmsTest.receive(consumer));
            }
            assertNull(consumer.receiveNoWait());
        }
    }

    @Test
    void anOrderlyEndKeepsPersistentMessages() throws Exception {
        String name = qm.queue("");
        try (Connection connection = Clients.jms(qm)) {
            Session session = connection.createSession();
            JmsTest.send(session, session.createQueue("queue:///" + name), "one", "two");
        }
        qm.end();
        JMSException away = assertThrows(JMSException.class, () -> Clients.jms(qm));
        assertTrue(
                Clients.reason(away) == CMQC.MQRC_Q_MGR_NOT_AVAILABLE
                        || Clients.reason(away) == CMQC.MQRC_HOST_NOT_AVAILABLE,
                away.toString());
        qm.start();
        assertEquals(2, qm.depth(name));
    }

    @Test
    void aKilledClientLeavesNothingHalfDone() throws Exception {
        String name = qm.queue("");
        try (Connection connection = Clients.jms(qm)) {
            connection.start();
            Session session = connection.createSession();
            Queue queue = session.createQueue("queue:///" + name);
            JmsTest.send(session, queue, "taken");

            Process client = new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp", System.getProperty("java.class.path"), "-Xmx200m",
                    MidTransaction.class.getName(), String.valueOf(qm.port), qm.name, name)
                    .redirectErrorStream(true).start();
            try (BufferedReader printed = new BufferedReader(
                    new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8))) {
                String line = printed.readLine();
                while (line != null && !line.equals(MidTransaction.READY)) {
                    line = printed.readLine();
                }
                assertEquals(MidTransaction.READY, line);
                MessageConsumer consumer = session.createConsumer(queue);
                assertNull(consumer.receiveNoWait());
                client.destroyForcibly().waitFor();

                Message back = consumer.receive(Wait.MILLIS_MAX);
                assertEquals("taken", JmsTest.textOf(back));
                assertEquals(2, JmsTest.deliveries(back));
                assertNull(consumer.receive(300));
            } finally {
                client.destroyForcibly();
            }
        }
    }

    /** The client that dies: it has got one message and put another, and waits to be killed. */
    static final class MidTransaction {
        static final String READY = "in mid-transaction";

        private MidTransaction() {}

        public static void main(String[] args) throws Exception {
            JmsConnectionFactory factory = com.ibm.msg.client.jms.JmsFactoryFactory
                    .getInstance(WMQConstants.WMQ_PROVIDER).createConnectionFactory();
            factory.setStringProperty(WMQConstants.WMQ_HOST_NAME, "127.0.0.1");
            factory.setIntProperty(WMQConstants.WMQ_PORT, Integer.parseInt(args[0]));
            factory.setStringProperty(WMQConstants.WMQ_CHANNEL, Clients.CHANNEL);
            factory.setIntProperty(WMQConstants.WMQ_CONNECTION_MODE, WMQConstants.WMQ_CM_CLIENT);
            factory.setStringProperty(WMQConstants.WMQ_QUEUE_MANAGER, args[1]);
            Connection connection = factory.createConnection("app", QueueManager.PASSWORD);
            connection.start();
            Session session = connection.createSession(Session.SESSION_TRANSACTED);
            Queue queue = session.createQueue("queue:///" + args[2]);
            session.createConsumer(queue).receive();
            JmsTest.send(session, queue, "never committed");
            System.out.println(READY);
            System.out.flush();
            Thread.sleep(Long.MAX_VALUE);
        }
    }

    @Test
    void aReconnectingClientGoesOnAfterARestart() throws Exception {
        String name = qm.queue("");
        List<String> got = Collections.synchronizedList(new ArrayList<>());
        try (Connection connection = reconnecting(qm.port).createConnection()) {
            Session session = connection.createSession();
            Queue queue = session.createQueue("queue:///" + name);
            session.createConsumer(queue).setMessageListener(message -> note(message, got));
            connection.start();
            sendByAnother(queue, "before");
            Wait.until("the first message", () -> got.contains("before"));
            // The client ends a listener whose commit is cut off (docs/protocol.md): stop returns when it has been answered.
            connection.stop();
            connection.start();
            qm.kill();
            qm.start();
            sendByAnother(queue, "after");
            Wait.until("the listener after the restart", () -> got.contains("after"));
        }
    }

    /**
     * A client that cannot know what became of a commit ends the listener, which takes it half a minute when it has been
     * sent the next message by then. A connection that is closed meanwhile must not take that message with it.
     */
    @Test
    void aListenerWhoseCommitIsCutOffLosesNothing() throws Exception {
        String name = qm.queue("");
        List<String> got = Collections.synchronizedList(new ArrayList<>());
        try (Relay relay = new Relay(qm.port, Relay.MQCMIT_REPLY)) {
            try (Connection connection = reconnecting(relay.port).createConnection()) {
                Session session = connection.createSession();
                Queue queue = session.createQueue("queue:///" + name);
                session.createConsumer(queue).setMessageListener(message -> note(message, got));
                sendByAnother(queue, "before");
                sendByAnother(queue, "after");
                connection.start();
                Wait.until("the end of the listener", relay::hasClosedAConsumer);
            }
        }
        try (Connection other = Clients.jms(qm)) {
            other.start();
            Session session = other.createSession();
            MessageConsumer consumer = session.createConsumer(session.createQueue("queue:///" + name));
            for (Message left = consumer.receiveNoWait(); left != null; left = consumer.receiveNoWait()) {
                note(left, got);
            }
        }
        assertEquals(List.of("before", "after"), got);
    }

    private JmsConnectionFactory reconnecting(int port) throws JMSException {
        JmsConnectionFactory factory = Clients.factory(qm);
        factory.setIntProperty(WMQConstants.WMQ_CLIENT_RECONNECT_OPTIONS, WMQConstants.WMQ_CLIENT_RECONNECT);
        factory.setIntProperty(WMQConstants.WMQ_CLIENT_RECONNECT_TIMEOUT, 120);
        factory.setStringProperty(WMQConstants.WMQ_CONNECTION_NAME_LIST, "127.0.0.1(" + port + ")");
        return factory;
    }

    private static void note(Message message, List<String> got) {
        try {
            got.add(JmsTest.textOf(message));
        } catch (JMSException error) {
            got.add(error.toString());
        }
    }

    private void sendByAnother(Queue queue, String text) throws JMSException {
        try (Connection connection = Clients.jms(qm)) {
            JmsTest.send(connection.createSession(), queue, text);
        }
    }

    private static void closeQuietly(Connection connection) {
        try {
            connection.close();
        } catch (JMSException expected) {
            // The connection is broken; closing frees what the client holds.
        }
    }
}
