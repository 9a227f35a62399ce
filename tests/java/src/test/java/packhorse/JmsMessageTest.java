package packhorse;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.jms.BytesMessage;
import javax.jms.CompletionListener;
import javax.jms.DeliveryMode;
import javax.jms.JMSContext;
import javax.jms.JMSException;
import javax.jms.MapMessage;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.ObjectMessage;
import javax.jms.Queue;
import javax.jms.Session;
import javax.jms.StreamMessage;
import javax.jms.TextMessage;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** JMS messages: the five types with their properties and headers, every length, asynchronous send. */
class JmsMessageTest extends JmsTest {
    @ParameterizedTest
    @ValueSource(ints = {DeliveryMode.PERSISTENT, DeliveryMode.NON_PERSISTENT})
    void allFiveTypesArriveAsTheyWere(int mode) throws Exception {
        Session session = connection.createSession();
        Queue queue = queue(session, "");
        MessageProducer producer = session.createProducer(queue);
        producer.setDeliveryMode(mode);
        MessageConsumer consumer = session.createConsumer(queue);

        TextMessage text = session.createTextMessage("Größe € 日本");
        describe(text);
        producer.send(text);
        TextMessage gotText = (TextMessage) consumer.receive(Wait.MILLIS_MAX);
        assertEquals("Größe € 日本", gotText.getText());
        assertDescribed(text, gotText, mode);

        BytesMessage bytes = session.createBytesMessage();
        bytes.writeInt(42);
        bytes.writeUTF("utf");
        bytes.writeDouble(1.5);
        producer.send(describe(bytes));
        BytesMessage gotBytes = (BytesMessage) consumer.receive(Wait.MILLIS_MAX);
        assertEquals(42, gotBytes.readInt());
        assertEquals("utf", gotBytes.readUTF());
        assertEquals(1.5, gotBytes.readDouble());
        assertDescribed(bytes, gotBytes, mode);

        MapMessage map = session.createMapMessage();
        map.setInt("int", 7);
        map.setString("string", "value & <more>");
        map.setBytes("bytes", new byte[] {0, 1, -1});
        producer.send(describe(map));
        MapMessage gotMap = (MapMessage) consumer.receive(Wait.MILLIS_MAX);
        assertEquals(7, gotMap.getInt("int"));
        assertEquals("value & <more>", gotMap.getString("string"));
        assertArrayEquals(new byte[] {0, 1, -1}, gotMap.getBytes("bytes"));
        assertDescribed(map, gotMap, mode);

        StreamMessage stream = session.createStreamMessage();
        stream.writeLong(1L << 40);
        stream.writeString("in order");
        producer.send(describe(stream));
        StreamMessage gotStream = (StreamMessage) consumer.receive(Wait.MILLIS_MAX);
        assertEquals(1L << 40, gotStream.readLong());
        assertEquals("in order", gotStream.readString());
        assertDescribed(stream, gotStream, mode);

        ObjectMessage object = session.createObjectMessage((Serializable) new ArrayList<>(List.of("a", "b")));
        producer.send(describe(object));
        ObjectMessage gotObject = (ObjectMessage) consumer.receive(Wait.MILLIS_MAX);
        assertEquals(List.of("a", "b"), gotObject.getObject());
        assertDescribed(object, gotObject, mode);
        assertNull(consumer.receiveNoWait());
    }

    private static Message describe(Message message) throws JMSException {
        message.setJMSCorrelationID("my-correlation");
        message.setJMSType("kind");
        message.setBooleanProperty("flag", true);
        message.setByteProperty("byte", (byte) 1);
        message.setShortProperty("short", (short) 2);
        message.setIntProperty("int", 3);
        message.setLongProperty("long", 1L << 33);
        message.setFloatProperty("float", 0.5f);
        message.setDoubleProperty("double", 0.25);
        message.setStringProperty("string", "red & <blue>");
        return message;
    }

    private static void assertDescribed(Message sent, Message got, int mode) throws JMSException {
        assertEquals(sent.getJMSMessageID(), got.getJMSMessageID());
        assertTrue(got.getJMSMessageID().startsWith("ID:414d5120"), got.getJMSMessageID());
        assertEquals("my-correlation", got.getJMSCorrelationID());
        assertEquals("kind", got.getJMSType());
        assertEquals(mode, got.getJMSDeliveryMode());
        assertEquals(Message.DEFAULT_PRIORITY, got.getJMSPriority());
        assertEquals(0, got.getJMSExpiration());
        assertFalse(got.getJMSRedelivered());
        assertEquals(1, deliveries(got));
        assertTrue(got.getBooleanProperty("flag"));
        assertEquals(1, got.getByteProperty("byte"));
        assertEquals(2, got.getShortProperty("short"));
        assertEquals(3, got.getIntProperty("int"));
        assertEquals(1L << 33, got.getLongProperty("long"));
        assertEquals(0.5f, got.getFloatProperty("float"));
        assertEquals(0.25, got.getDoubleProperty("double"));
        assertEquals("red & <blue>", got.getStringProperty("string"));
        assertEquals("app", got.getStringProperty("JMSXUserID").trim());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3900, 4096, 5000, 32_600, 32_748, 40_000, 131_072, 4_000_000})
    void anyLengthGoesThroughUnchanged(int length) throws Exception {
        roundTrip(length);
    }

    @Test
    @Tag("smoke")
    void aMegabyteGoesThroughUnchanged() throws Exception {
        roundTrip(1 << 20);
    }

    /** The longest message that the product allows, header included. */
    @Test
    void aHundredMegabytesGoThroughUnchanged() throws Exception {
        roundTrip(QueueManager.MESSAGE_MAX - 4096);
    }

    private void roundTrip(int length) throws JMSException {
        Session session = connection.createSession();
        Queue queue = queue(session, "");
        byte[] body = new byte[length];
        new Random(length).nextBytes(body);
        BytesMessage sent = session.createBytesMessage();
        sent.writeBytes(body);
        session.createProducer(queue).send(sent);
        BytesMessage got = (BytesMessage) session.createConsumer(queue).receive(2 * Wait.MILLIS_MAX);
        assertEquals(length, got.getBodyLength());
        byte[] read = new byte[length];
        if (length > 0) {
            assertEquals(length, got.readBytes(read));
        }
        assertArrayEquals(body, read);
    }

    @Test
    void expiryAndPriorityAreKept() throws Exception {
        Session session = connection.createSession();
        Queue queue = queue(session, "");
        MessageProducer producer = session.createProducer(queue);
        producer.send(session.createTextMessage("gone"), DeliveryMode.NON_PERSISTENT, 4, 50);
        Thread.sleep(400);
        producer.send(session.createTextMessage("low"), DeliveryMode.NON_PERSISTENT, 1, 0);
        producer.send(session.createTextMessage("high"), DeliveryMode.NON_PERSISTENT, 8, 600_000);
        MessageConsumer consumer = session.createConsumer(queue);
        Message first = consumer.receive(Wait.MILLIS_MAX);
        assertEquals("high", textOf(first));
        assertEquals(8, first.getJMSPriority());
        assertTrue(first.getJMSExpiration() > System.currentTimeMillis());
        assertEquals("low", receive(consumer));
        assertNull(consumer.receiveNoWait());
    }

    @Test
    void theSimplifiedApiWorks() throws Exception {
        String name = qm.queue("");
        try (JMSContext context = Clients.factory(qm).createContext()) {
            Queue queue = context.createQueue("queue:///" + name);
            context.createProducer().setProperty("n", 1).setPriority(6).setTimeToLive(60_000).send(queue, "short");
            assertEquals("short", context.createConsumer(queue).receiveBody(String.class, Wait.MILLIS_MAX));
        }
        assertEquals(0, qm.depth(name));
    }

    @Test
    void asynchronousSendsComplete() throws Exception {
        Session session = connection.createSession();
        Queue queue = queue(session, "");
        MessageProducer producer = session.createProducer(queue);
        int messages = 50;
        CountDownLatch done = new CountDownLatch(messages);
        List<Exception> errors = Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < messages; i++) {
            producer.send(session.createTextMessage(String.valueOf(i)), new CompletionListener() {
                @Override
                public void onCompletion(Message message) {
                    done.countDown();
                }

                @Override
                public void onException(Message message, Exception error) {
                    errors.add(error);
                    done.countDown();
                }
            });
        }
        assertTrue(done.await(Wait.MILLIS_MAX, TimeUnit.MILLISECONDS));
        assertEquals(List.of(), errors);
        MessageConsumer consumer = session.createConsumer(queue);
        for (int i = 0; i < messages; i++) {
            assertEquals(String.valueOf(i), receive(consumer));
        }
    }

    /** The destination's own asynchronous put: no answers on the wire, failures told afterwards. */
    @Test
    void putsWithoutResponsesArrive() throws Exception {
        Session session = connection.createSession();
        String name = qm.queue("");
        MessageProducer producer = session.createProducer(session.createQueue("queue:///" + name + "?putAsyncAllowed=1"));
        producer.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
        for (int i = 0; i < 200; i++) {
            producer.send(session.createTextMessage(String.valueOf(i)));
        }
        MessageConsumer consumer = session.createConsumer(session.createQueue("queue:///" + name));
        for (int i = 0; i < 200; i++) {
            assertEquals(String.valueOf(i), receive(consumer));
        }
    }

    @Test
    void readAheadLosesAndRepeatsNothing() throws Exception {
        Session session = connection.createSession();
        String name = qm.queue("");
        MessageProducer producer = session.createProducer(session.createQueue("queue:///" + name));
        producer.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
        for (int i = 0; i < 1000; i++) {
            producer.send(session.createTextMessage(String.valueOf(i)));
        }
        MessageConsumer consumer =
                session.createConsumer(session.createQueue("queue:///" + name + "?readAheadAllowed=1"));
        for (int i = 0; i < 1000; i++) {
            assertEquals(String.valueOf(i), receive(consumer));
        }
        assertNull(consumer.receiveNoWait());
        consumer.close();
        assertEquals(0, qm.depth(name));
    }
}
