package packhorse;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.ibm.mq.MQException;
import com.ibm.mq.MQGetMessageOptions;
import com.ibm.mq.MQMessage;
import com.ibm.mq.MQPutMessageOptions;
import com.ibm.mq.MQQueue;
import com.ibm.mq.MQQueueManager;
import com.ibm.mq.constants.CMQC;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Classes for Java: put, put1, get, browse, selection by identifier, truncation, waits, conversion. */
class PutGetTest {
    private static final int ALL = CMQC.MQOO_OUTPUT | CMQC.MQOO_INPUT_AS_Q_DEF | CMQC.MQOO_BROWSE | CMQC.MQOO_INQUIRE;

    private final QueueManager qm = QueueManager.shared();
    private MQQueueManager connection;
    private String name;
    private MQQueue queue;

    @BeforeEach
    void open() throws Exception {
        name = qm.queue("");
        connection = Clients.connect(qm);
        queue = connection.accessQueue(name, ALL);
    }

    @AfterEach
    void close() throws Exception {
        connection.disconnect();
    }

    @Test
    @Tag("smoke")
    void whatIsPutIsGot() throws Exception {
        MQMessage put = Clients.text("hello");
        put.messageType = CMQC.MQMT_REQUEST;
        put.correlationId = new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24};
        put.replyToQueueName = "DEV.QUEUE.2";
        put.report = CMQC.MQRO_COPY_MSG_ID_TO_CORREL_ID;
        put.feedback = 300;
        put.priority = 7;
        put.persistence = CMQC.MQPER_PERSISTENT;
        put.encoding = CMQC.MQENC_INTEGER_REVERSED | CMQC.MQENC_DECIMAL_REVERSED | CMQC.MQENC_FLOAT_IEEE_REVERSED;
        queue.put(put);
        assertEquals(1, queue.getCurrentDepth());

        MQMessage got = get(new MQGetMessageOptions());
        assertEquals("hello", Clients.textOf(got));
        assertArrayEquals(put.messageId, got.messageId);
        assertTrue(new String(got.messageId, 0, 4, "ISO-8859-1").equals("AMQ "));
        assertArrayEquals(put.correlationId, got.correlationId);
        assertEquals(CMQC.MQMT_REQUEST, got.messageType);
        assertEquals("DEV.QUEUE.2", got.replyToQueueName.trim());
        assertEquals(qm.name, got.replyToQueueManagerName.trim());
        assertEquals(CMQC.MQRO_COPY_MSG_ID_TO_CORREL_ID, got.report);
        assertEquals(300, got.feedback);
        assertEquals(7, got.priority);
        assertEquals(CMQC.MQPER_PERSISTENT, got.persistence);
        assertEquals(put.encoding, got.encoding);
        assertEquals(1208, got.characterSet);
        assertEquals(CMQC.MQFMT_STRING, got.format);
        assertEquals("app", got.userId.trim());
        assertEquals(CMQC.MQAT_JAVA, got.putApplicationType);
        assertFalse(got.putApplicationName.trim().isEmpty());
        assertEquals(0, got.backoutCount);
        assertEquals(CMQC.MQEI_UNLIMITED, got.expiry);
        assertTrue(Math.abs(System.currentTimeMillis() - got.putDateTime.getTimeInMillis()) < 3_600_000);
        assertEmpty(new MQGetMessageOptions());
    }

    @Test
    void defaultsComeFromTheQueue() throws Exception {
        MQQueue other = connection.accessQueue(qm.queue("DEFPSIST(YES) DEFPRTY(3)"), ALL);
        other.put(Clients.text("x"));
        MQMessage got = new MQMessage();
        other.get(got);
        assertEquals(CMQC.MQPER_PERSISTENT, got.persistence);
        assertEquals(3, got.priority);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4095, 4096, 4097, 32_000, 32_748, 65_536, 1_000_000})
    void anyLengthGoesThroughUnchanged(int length) throws Exception {
        byte[] body = new byte[length];
        new Random(length).nextBytes(body);
        MQMessage put = new MQMessage();
        put.write(body);
        queue.put(put);
        MQMessage got = get(new MQGetMessageOptions());
        byte[] read = new byte[got.getDataLength()];
        got.readFully(read);
        assertArrayEquals(body, read);
        assertEquals(CMQC.MQFMT_NONE, got.format);
    }

    @Test
    void put1NeedsNoHandle() throws Exception {
        MQPutMessageOptions options = new MQPutMessageOptions();
        connection.put(name, Clients.text("one"), options);
        assertEquals(name, options.resolvedQueueName.trim());
        assertEquals("one", Clients.textOf(get(new MQGetMessageOptions())));
        MQException refused =
                assertThrows(MQException.class, () -> connection.put("DEV.NO.SUCH.QUEUE", Clients.text("x")));
        assertEquals(CMQC.MQRC_UNKNOWN_OBJECT_NAME, refused.reasonCode);
    }

    @Test
    void whatMayNotBeOpenedIsRefused() {
        assertEquals(CMQC.MQRC_UNKNOWN_OBJECT_NAME, openRefusal("DEV.NO.SUCH.QUEUE"));
        assertEquals(CMQC.MQRC_NOT_AUTHORIZED, openRefusal("SYSTEM.ADMIN.COMMAND.QUEUE"));
    }

    @Test
    void messagesAreFoundByIdentifier() throws Exception {
        MQMessage first = Clients.text("first");
        MQMessage second = Clients.text("second");
        second.correlationId = new byte[] {9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9};
        MQMessage third = Clients.text("third");
        for (MQMessage message : Arrays.asList(first, second, third)) {
            queue.put(message);
        }
        MQMessage byMessage = new MQMessage();
        byMessage.messageId = third.messageId;
        queue.get(byMessage);
        assertEquals("third", Clients.textOf(byMessage));
        MQMessage byCorrelation = new MQMessage();
        byCorrelation.correlationId = second.correlationId;
        queue.get(byCorrelation);
        assertEquals("second", Clients.textOf(byCorrelation));
        MQMessage again = new MQMessage();
        again.messageId = third.messageId;
        assertEquals(CMQC.MQRC_NO_MSG_AVAILABLE, assertThrows(MQException.class, () -> queue.get(again)).reasonCode);
        assertEquals("first", Clients.textOf(get(new MQGetMessageOptions())));
    }

    @Test
    void higherPrioritiesComeFirst() throws Exception {
        for (int priority : new int[] {2, 9, 0, 9, 5}) {
            MQMessage message = Clients.text(String.valueOf(priority));
            message.priority = priority;
            queue.put(message);
        }
        StringBuilder order = new StringBuilder();
        for (int i = 0; i < 5; i++) {
            order.append(Clients.textOf(get(new MQGetMessageOptions())));
        }
        assertEquals("99520", order.toString());
    }

    @Test
    void anExpiredMessageIsNotGiven() throws Exception {
        MQMessage message = Clients.text("soon gone");
        message.expiry = 1;
        queue.put(message);
        Thread.sleep(400);
        assertEmpty(new MQGetMessageOptions());

        MQMessage staying = Clients.text("stays");
        staying.expiry = 100_000;
        queue.put(staying);
        int left = get(new MQGetMessageOptions()).expiry;
        assertTrue(left > 0 && left <= 100_000, "remaining expiry " + left);
    }

    @Test
    void browsingLeavesMessagesWhereTheyAre() throws Exception {
        for (String text : new String[] {"a", "b", "c"}) {
            queue.put(Clients.text(text));
        }
        MQGetMessageOptions first = options(CMQC.MQGMO_BROWSE_FIRST);
        MQGetMessageOptions next = options(CMQC.MQGMO_BROWSE_NEXT);
        assertEquals("a", Clients.textOf(get(first)));
        assertEquals("b", Clients.textOf(get(next)));
        assertEquals("b", Clients.textOf(get(options(CMQC.MQGMO_MSG_UNDER_CURSOR))));
        assertEquals("c", Clients.textOf(get(next)));
        assertEmpty(next);
        assertEquals("a", Clients.textOf(get(first)));
        assertEquals(2, queue.getCurrentDepth());
    }

    @Test
    void aShortBufferIsToldTheLength() throws Exception {
        queue.put(Clients.text("abcdefghij"));
        MQMessage cut = new MQMessage();
        MQException failed =
                assertThrows(MQException.class, () -> queue.get(cut, new MQGetMessageOptions(), 4));
        assertEquals(CMQC.MQRC_TRUNCATED_MSG_FAILED, failed.reasonCode);
        assertEquals(CMQC.MQCC_WARNING, failed.completionCode);
        assertEquals(10, cut.getTotalMessageLength());
        assertEquals(1, queue.getCurrentDepth());

        MQMessage accepted = new MQMessage();
        MQException warned = assertThrows(
                MQException.class, () -> queue.get(accepted, options(CMQC.MQGMO_ACCEPT_TRUNCATED_MSG), 4));
        assertEquals(CMQC.MQRC_TRUNCATED_MSG_ACCEPTED, warned.reasonCode);
        assertEquals("abcd", accepted.readStringOfByteLength(4));
        assertEquals(0, queue.getCurrentDepth());
    }

    @Test
    void aWaitEndsWithAMessageOrWithout() throws Exception {
        MQGetMessageOptions wait = options(CMQC.MQGMO_WAIT);
        wait.waitInterval = 300;
        assertEmpty(wait);

        Thread late = new Thread(() -> {
            try {
                Thread.sleep(300);
                MQQueueManager other = Clients.connect(qm);
                other.put(name, Clients.text("late"));
                other.disconnect();
            } catch (Exception error) {
                throw new IllegalStateException(error);
            }
        });
        late.start();
        wait.waitInterval = Wait.MILLIS_MAX;
        assertEquals("late", Clients.textOf(get(wait)));
        late.join();
    }

    @Test
    void aWaitEndsWhenGetsAreInhibited() throws Exception {
        Thread administrator = new Thread(() -> qm.mqsc("ALTER QLOCAL('" + name + "') GET(DISABLED)"));
        administrator.start();
        MQGetMessageOptions wait = options(CMQC.MQGMO_WAIT);
        wait.waitInterval = Wait.MILLIS_MAX;
        MQException inhibited = assertThrows(MQException.class, () -> queue.get(new MQMessage(), wait));
        assertEquals(CMQC.MQRC_GET_INHIBITED, inhibited.reasonCode);
        administrator.join();
        qm.mqsc("ALTER QLOCAL('" + name + "') GET(ENABLED) PUT(DISABLED)");
        assertEmpty(new MQGetMessageOptions());
        MQException put = assertThrows(MQException.class, () -> queue.put(Clients.text("x")));
        assertEquals(CMQC.MQRC_PUT_INHIBITED, put.reasonCode);
    }

    /** A get is streamed: its failure travels as a notification, after which the connection goes on. */
    @ParameterizedTest
    @ValueSource(ints = {CMQC.MQGMO_NO_WAIT, CMQC.MQGMO_WAIT})
    void aGetThatIsRefusedSaysWhy(int wait) throws Exception {
        queue.put(Clients.text("still there"));
        MQGetMessageOptions grouped = options(wait | CMQC.MQGMO_LOGICAL_ORDER);
        // The client now and then misses a failure that comes at once, and then hears it at the end of its wait.
        grouped.waitInterval = 3000;
        MQException refused = assertThrows(MQException.class, () -> get(grouped));
        assertEquals(CMQC.MQRC_OPTIONS_ERROR, refused.reasonCode);
        assertEquals("still there", Clients.textOf(get(new MQGetMessageOptions())));
        assertEmpty(new MQGetMessageOptions());
    }

    /** The client tells what it wants once, and not again after a refusal. */
    @Test
    void aGetAfterARefusalWantsTheSameMessage() throws Exception {
        queue.put(Clients.text("first"));
        MQMessage second = Clients.text("second");
        queue.put(second);
        MQMessage got = new MQMessage();
        got.messageId = second.messageId;
        MQException refused =
                assertThrows(MQException.class, () -> queue.get(got, options(CMQC.MQGMO_LOGICAL_ORDER)));
        assertEquals(CMQC.MQRC_OPTIONS_ERROR, refused.reasonCode);
        queue.get(got, new MQGetMessageOptions());
        assertEquals("second", Clients.textOf(got));
    }

    @Test
    void aFullQueueSaysSo() throws Exception {
        MQQueue small = connection.accessQueue(qm.queue("MAXDEPTH(2)"), ALL);
        small.put(Clients.text("1"));
        small.put(Clients.text("2"));
        assertEquals(CMQC.MQRC_Q_FULL, assertThrows(MQException.class, () -> small.put(Clients.text("3"))).reasonCode);
    }

    @Test
    void aMessageIsConvertedWhenAsked() throws Exception {
        MQMessage put = new MQMessage();
        put.format = CMQC.MQFMT_STRING;
        put.characterSet = 1208;
        put.writeString("Größe €");
        queue.put(put);
        MQMessage got = new MQMessage();
        got.characterSet = 1200;
        got.encoding = CMQC.MQENC_INTEGER_NORMAL | CMQC.MQENC_DECIMAL_NORMAL | CMQC.MQENC_FLOAT_IEEE_NORMAL;
        queue.get(got, options(CMQC.MQGMO_CONVERT));
        assertEquals(1200, got.characterSet);
        assertEquals(14, got.getDataLength());
        assertEquals("Größe €", Clients.textOf(got));
    }

    @Test
    void headersStayInFrontOfTheirData() throws Exception {
        MQMessage put = new MQMessage();
        put.setStringProperty("colour", "red");
        put.setIntProperty("size", 42);
        put.format = CMQC.MQFMT_STRING;
        put.characterSet = 1208;
        put.writeString("with properties");
        queue.put(put);
        MQMessage got = get(options(CMQC.MQGMO_PROPERTIES_IN_HANDLE));
        assertEquals("red", got.getStringProperty("colour"));
        assertEquals(42, got.getIntProperty("size"));
        assertEquals("with properties", Clients.textOf(got));
    }

    @Test
    void unitsOfWorkCommitAndBackOut() throws Exception {
        MQPutMessageOptions put = new MQPutMessageOptions();
        put.options = CMQC.MQPMO_SYNCPOINT;
        queue.put(Clients.text("one"), put);
        queue.put(Clients.text("two"), put);
        assertEmpty(new MQGetMessageOptions());
        connection.backout();
        assertEquals(0, queue.getCurrentDepth());
        queue.put(Clients.text("three"), put);
        connection.commit();

        MQMessage taken = get(options(CMQC.MQGMO_SYNCPOINT));
        assertEquals(0, taken.backoutCount);
        assertEmpty(new MQGetMessageOptions());
        connection.backout();
        MQMessage again = get(options(CMQC.MQGMO_SYNCPOINT));
        assertEquals("three", Clients.textOf(again));
        assertEquals(1, again.backoutCount);
        connection.commit();
        assertEquals(0, queue.getCurrentDepth());
    }

    @Test
    void asynchronousPutsAreCountedAfterwards() throws Exception {
        MQPutMessageOptions async = new MQPutMessageOptions();
        async.options = CMQC.MQPMO_ASYNC_RESPONSE | CMQC.MQPMO_NEW_MSG_ID;
        byte[][] ids = new byte[300][];
        for (int i = 0; i < ids.length; i++) {
            MQMessage message = Clients.text(String.valueOf(i));
            queue.put(message, async);
            ids[i] = message.messageId;
        }
        assertEquals(ids.length, connection.getAsyncStatus().putSuccessCount);
        for (int i = 0; i < ids.length; i++) {
            MQMessage got = get(new MQGetMessageOptions());
            assertEquals(String.valueOf(i), Clients.textOf(got));
            assertArrayEquals(ids[i], got.messageId);
        }
    }

    private MQMessage get(MQGetMessageOptions options) throws MQException {
        MQMessage message = new MQMessage();
        queue.get(message, options);
        return message;
    }

    private void assertEmpty(MQGetMessageOptions options) {
        MQException empty = assertThrows(MQException.class, () -> get(options));
        assertEquals(CMQC.MQRC_NO_MSG_AVAILABLE, empty.reasonCode);
    }

    private int openRefusal(String queueName) {
        return assertThrows(MQException.class, () -> connection.accessQueue(queueName, CMQC.MQOO_OUTPUT)).reasonCode;
    }

    private static MQGetMessageOptions options(int options) {
        MQGetMessageOptions made = new MQGetMessageOptions();
        made.options = options;
        return made;
    }
}
