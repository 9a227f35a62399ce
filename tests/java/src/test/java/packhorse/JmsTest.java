package packhorse;

import com.ibm.msg.client.jms.JmsConnectionFactory;
import javax.jms.Connection;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Queue;
import javax.jms.Session;
import javax.jms.TextMessage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What the JMS tests share: one started connection, and the few words that every test needs. */
abstract class JmsTest {
    final QueueManager qm = QueueManager.shared();
    Connection connection;

    @BeforeEach
    void connect() throws Exception {
        connection = factory().createConnection();
        connection.start();
    }

    @AfterEach
    void disconnect() throws Exception {
        connection.close();
    }

    /** A test with other properties overrides this. */
    JmsConnectionFactory factory() throws JMSException {
        return Clients.factory(qm);
    }

    /** A new queue and its JMS name in one. */
    Queue queue(Session session, String attributes) throws JMSException {
        return session.createQueue("queue:///" + qm.queue(attributes));
    }

    static String nameOf(Queue queue) throws JMSException {
        String uri = queue.getQueueName();
        int end = uri.indexOf('?');
        return uri.substring(uri.lastIndexOf('/') + 1, end < 0 ? uri.length() : end);
    }

    static void send(Session session, Queue queue, String... texts) throws JMSException {
        MessageProducer producer = session.createProducer(queue);
        for (String text : texts) {
            producer.send(session.createTextMessage(text));
        }
        producer.close();
    }

    /** The text of the next message; a message is expected. */
    static String receive(MessageConsumer consumer) throws JMSException {
        return textOf(consumer.receive(Wait.MILLIS_MAX));
    }

    static String textOf(Message message) throws JMSException {
        return message == null ? null : ((TextMessage) message).getText();
    }

    static int deliveries(Message message) throws JMSException {
        return message.getIntProperty("JMSXDeliveryCount");
    }
}
