package packhorse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.ibm.mq.MQException;
import com.ibm.mq.MQMessage;
import com.ibm.mq.MQQueue;
import com.ibm.mq.MQQueueManager;
import com.ibm.mq.constants.CMQC;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Classes for Java: attributes of objects, dynamic queues, topics that are not there yet. */
class ObjectsTest {
    private final QueueManager qm = QueueManager.shared();
    private MQQueueManager connection;

    @BeforeEach
    void open() throws Exception {
        connection = Clients.connect(qm);
    }

    @AfterEach
    void close() throws Exception {
        connection.disconnect();
    }

    @Test
    void theQueueManagerTellsItsAttributes() throws Exception {
        String level = System.getProperty("packhorse.cmdlevel", "");
        if (!level.isEmpty()) {
            assertEquals(Integer.parseInt(level), connection.getCommandLevel());
        }
        assertTrue(connection.getCommandLevel() >= 900);
        int[] platform = new int[1];
        connection.inquire(new int[] {CMQC.MQIA_PLATFORM}, platform, new byte[0]);
        assertEquals(CMQC.MQPL_UNIX, platform[0]);
        assertEquals(
                "DEV.DEAD.LETTER.QUEUE",
                connection.getAttributeString(CMQC.MQCA_DEAD_LETTER_Q_NAME, CMQC.MQ_Q_NAME_LENGTH).trim());
        assertEquals(QueueManager.MESSAGE_MAX, connection.getMaximumMessageLength());
    }

    @Test
    void aQueueTellsItsAttributesInTheOrderAsked() throws Exception {
        String name = qm.queue("DESCR('a queue') MAXDEPTH(123) BOTHRESH(4) BOQNAME('DEV.QUEUE.3')");
        MQQueue queue = connection.accessQueue(name, CMQC.MQOO_INQUIRE | CMQC.MQOO_OUTPUT);
        queue.put(Clients.text("x"));
        int[] selectors = {
            CMQC.MQCA_Q_DESC, CMQC.MQIA_MAX_Q_DEPTH, CMQC.MQCA_BACKOUT_REQ_Q_NAME, CMQC.MQIA_BACKOUT_THRESHOLD,
            CMQC.MQIA_CURRENT_Q_DEPTH, CMQC.MQIA_Q_TYPE, CMQC.MQIA_OPEN_OUTPUT_COUNT, CMQC.MQCA_Q_NAME
        };
        int[] numbers = new int[5];
        byte[] texts = new byte[CMQC.MQ_Q_DESC_LENGTH + 2 * CMQC.MQ_Q_NAME_LENGTH];
        queue.inquire(selectors, numbers, texts);
        assertEquals(123, numbers[0]);
        assertEquals(4, numbers[1]);
        assertEquals(1, numbers[2]);
        assertEquals(CMQC.MQQT_LOCAL, numbers[3]);
        assertEquals(1, numbers[4]);
        String read = new String(texts, "ISO-8859-1");
        assertEquals("a queue", read.substring(0, 64).trim());
        assertEquals("DEV.QUEUE.3", read.substring(64, 112).trim());
        assertEquals(name, read.substring(112, 160).trim());
        queue.close();
    }

    @Test
    void settingAnAttributeNeedsAuthority() throws Exception {
        String name = qm.queue("");
        MQException refused = assertThrows(MQException.class, () -> connection.accessQueue(name, CMQC.MQOO_SET));
        assertEquals(CMQC.MQRC_NOT_AUTHORIZED, refused.reasonCode);

        qm.mqsc("SET AUTHREC PROFILE('" + name + "') PRINCIPAL('app') OBJTYPE(QUEUE) AUTHADD(SET,GET,PUT,INQ)");
        MQQueue queue = connection.accessQueue(name, CMQC.MQOO_SET | CMQC.MQOO_INQUIRE | CMQC.MQOO_INPUT_SHARED);
        queue.set(new int[] {CMQC.MQIA_INHIBIT_GET}, new int[] {CMQC.MQQA_GET_INHIBITED}, new byte[0]);
        assertEquals(CMQC.MQQA_GET_INHIBITED, queue.getInhibitGet());
        MQException inhibited = assertThrows(MQException.class, () -> queue.get(new MQMessage()));
        assertEquals(CMQC.MQRC_GET_INHIBITED, inhibited.reasonCode);
        queue.close();
    }

    @Test
    void aModelQueueMakesOne() throws Exception {
        int open = CMQC.MQOO_INPUT_EXCLUSIVE | CMQC.MQOO_OUTPUT | CMQC.MQOO_INQUIRE;
        MQQueue made = connection.accessQueue("DEV.APP.MODEL.QUEUE", open, "", "DEV.TEMP.*", "");
        String name = made.getName().trim();
        assertTrue(name.startsWith("DEV.TEMP.") && name.length() > "DEV.TEMP.".length(), name);
        assertEquals(CMQC.MQQDT_TEMPORARY_DYNAMIC, made.getDefinitionType());
        made.put(Clients.text("x"));
        made.get(new MQMessage());
        made.close();
        MQException gone =
                assertThrows(MQException.class, () -> connection.accessQueue(name, CMQC.MQOO_OUTPUT));
        assertEquals(CMQC.MQRC_UNKNOWN_OBJECT_NAME, gone.reasonCode);
    }

    @Test
    void exclusiveInputKeepsOthersOut() throws Exception {
        String name = qm.queue("");
        MQQueue first = connection.accessQueue(name, CMQC.MQOO_INPUT_EXCLUSIVE);
        MQQueueManager other = Clients.connect(qm);
        MQException inUse =
                assertThrows(MQException.class, () -> other.accessQueue(name, CMQC.MQOO_INPUT_SHARED));
        assertEquals(CMQC.MQRC_OBJECT_IN_USE, inUse.reasonCode);
        first.close();
        other.accessQueue(name, CMQC.MQOO_INPUT_SHARED).close();
        other.disconnect();
    }

    @Test
    void anAliasLeadsToItsTarget() throws Exception {
        String name = qm.queue("");
        qm.mqsc("DEFINE QALIAS('" + name + ".ALIAS') TARGET('" + name + "')");
        MQQueue alias = connection.accessQueue(name + ".ALIAS", CMQC.MQOO_OUTPUT);
        alias.put(Clients.text("through the alias"));
        MQMessage got = new MQMessage();
        connection.accessQueue(name, CMQC.MQOO_INPUT_AS_Q_DEF).get(got);
        assertEquals("through the alias", Clients.textOf(got));
    }

    @Test
    void subscriptionsAreRefusedCleanly() {
        MQException refused = assertThrows(MQException.class, () -> connection.accessTopic(
                "dev/x", null, CMQC.MQTOPIC_OPEN_AS_SUBSCRIPTION,
                CMQC.MQSO_CREATE | CMQC.MQSO_NON_DURABLE | CMQC.MQSO_MANAGED));
        assertEquals(CMQC.MQRC_FUNCTION_NOT_SUPPORTED, refused.reasonCode);
        assertTrue(connection.isConnected());
    }
}
