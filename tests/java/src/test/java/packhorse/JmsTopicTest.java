package packhorse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.ibm.mq.constants.CMQC;
import javax.jms.JMSException;
import javax.jms.Queue;
import javax.jms.Session;
import javax.jms.Topic;
import org.junit.jupiter.api.Test;

/** Publish/subscribe is not there yet: JMS says so plainly, and the connection lives on. */
class JmsTopicTest extends JmsTest {
    @Test
    void publishingIsRefused() throws Exception {
        Session session = connection.createSession();
        Topic topic = session.createTopic("dev/news");
        JMSException refused = assertThrows(JMSException.class, () -> session.createProducer(topic));
        assertEquals(CMQC.MQRC_FUNCTION_NOT_SUPPORTED, Clients.reason(refused));
        assertAlive(session);
    }

    @Test
    void subscribingIsRefused() throws Exception {
        Session session = connection.createSession();
        Topic topic = session.createTopic("dev/news");
        JMSException plain = assertThrows(JMSException.class, () -> session.createConsumer(topic));
        assertEquals(CMQC.MQRC_FUNCTION_NOT_SUPPORTED, Clients.reason(plain));
        JMSException shared = assertThrows(JMSException.class, () -> session.createSharedConsumer(topic, "group"));
        assertEquals(CMQC.MQRC_FUNCTION_NOT_SUPPORTED, Clients.reason(shared));
        assertAlive(session);
    }

    private void assertAlive(Session session) throws JMSException {
        Queue queue = queue(session, "");
        send(session, queue, "still here");
        assertEquals("still here", receive(session.createConsumer(queue)));
    }
}
