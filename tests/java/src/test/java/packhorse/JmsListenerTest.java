package packhorse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.Queue;
import javax.jms.Session;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Message listeners: several consumers and sessions, stop and start, rollback, a listener that throws. */
class JmsListenerTest extends JmsTest {
    private final List<String> got = Collections.synchronizedList(new ArrayList<>());

    @Test
    @Tag("smoke")
    void aListenerGetsEveryMessageOnceInOrder() throws Exception {
        Session session = connection.createSession();
        Queue queue = queue(session, "");
        Session sender = connection.createSession();
        send(sender, queue, numbered(0, 20));
        session.createConsumer(queue).setMessageListener(this::collect);
        send(sender, queue, numbered(20, 40));
        waitFor(40);
        assertEquals(List.of(numbered(0, 40)), got);
    }

    @Test
    void sessionsShareAQueueBetweenThem() throws Exception {
        Session setup = connection.createSession();
        Queue queue = queue(setup, "");
        for (int i = 0; i < 4; i++) {
            Session session = connection.createSession();
            session.createConsumer(queue).setMessageListener(this::collect);
        }
        send(setup, queue, numbered(0, 200));
        waitFor(200);
        assertEquals(200, new HashSet<>(got).size());
        assertEquals(0, qm.depth(nameOf(queue)));
    }

    @Test
    void oneSessionServesSeveralConsumers() throws Exception {
        Session session = connection.createSession();
        Session sender = connection.createSession();
        Queue first = queue(sender, "");
        Queue second = queue(sender, "");
        // A session that delivers to listeners takes no other calls, so they are set while nothing runs.
        connection.stop();
        MessageConsumer leaving = session.createConsumer(first);
        leaving.setMessageListener(this::collect);
        session.createConsumer(second).setMessageListener(this::collect);
        session.createConsumer(first, "colour = 'blue'").setMessageListener(this::collect);
        connection.start();
        send(sender, first, numbered(0, 10));
        send(sender, second, numbered(10, 20));
        waitFor(20);
        leaving.close();
        send(sender, first, "stays on the queue");
        send(sender, second, numbered(20, 30));
        waitFor(30);
        assertEquals(1, qm.depth(nameOf(first)));
    }

    @Test
    void aStoppedConnectionDeliversNothing() throws Exception {
        Session session = connection.createSession();
        Queue queue = queue(session, "");
        session.createConsumer(queue).setMessageListener(this::collect);
        Session sender = connection.createSession();
        send(sender, queue, "before");
        waitFor(1);
        connection.stop();
        send(sender, queue, "while stopped");
        Thread.sleep(300);
        assertEquals(List.of("before"), got);
        connection.start();
        waitFor(2);
        assertEquals(List.of("before", "while stopped"), got);
    }

    @Test
    @Tag("smoke")
    void aTransactedListenerRollsBackAndCommits() throws Exception {
        Session session = connection.createSession(Session.SESSION_TRANSACTED);
        Session sender = connection.createSession();
        Queue queue = queue(sender, "");
        send(sender, queue, "one", "two");
        AtomicInteger deliveries = new AtomicInteger();
        session.createConsumer(queue).setMessageListener(message -> {
            try {
                got.add(textOf(message) + " " + deliveries(message));
                if (deliveries.incrementAndGet() == 1) {
                    session.rollback();
                } else {
                    session.commit();
                }
            } catch (JMSException error) {
                got.add(error.toString());
            }
        });
        waitFor(3);
        assertEquals(List.of("one 1", "one 2", "two 1"), got);
        Wait.until("the last commit", () -> qm.depth(nameOf(queue)) == 0);
    }

    @Test
    void aListenerThatThrowsGetsTheMessageAgain() throws Exception {
        Session session = connection.createSession();
        Session sender = connection.createSession();
        Queue queue = queue(sender, "");
        CountDownLatch done = new CountDownLatch(2);
        session.createConsumer(queue).setMessageListener(message -> {
            collect(message);
            done.countDown();
            if (done.getCount() == 1) {
                throw new IllegalStateException("as a broken program would");
            }
        });
        send(sender, queue, "again");
        assertTrue(done.await(Wait.MILLIS_MAX, TimeUnit.MILLISECONDS));
        assertEquals(List.of("again", "again"), got);
    }

    private void collect(Message message) {
        try {
            got.add(textOf(message));
        } catch (JMSException error) {
            got.add(error.toString());
        }
    }

    private void waitFor(int messages) throws Exception {
        Wait.until(messages + " messages, at last " + got.size(), () -> got.size() >= messages);
    }

    private static String[] numbered(int from, int to) {
        String[] texts = new String[to - from];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = String.valueOf(from + i);
        }
        return texts;
    }
}
