package packhorse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.ibm.mq.MQQueueManager;
import com.ibm.mq.constants.CMQC;
import com.ibm.mq.constants.CMQCFC;
import com.ibm.mq.headers.pcf.PCFException;
import com.ibm.mq.headers.pcf.PCFMessage;
import com.ibm.mq.headers.pcf.PCFMessageAgent;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The PCF agent of the classes for Java, as {@code admin} on {@code DEV.ADMIN.SVRCONN}. */
@Tag("smoke")
class PcfTest {
    /** The agent waits 30 seconds for a reply and then goes on as if nothing were wrong: less than that. */
    private static final Duration REPLY_MAX = Duration.ofSeconds(25);

    private final QueueManager qm = QueueManager.shared();
    private MQQueueManager connection;

    @BeforeEach
    void open() throws Exception {
        connection = Clients.connect(
                qm, Map.of(CMQC.CHANNEL_PROPERTY, "DEV.ADMIN.SVRCONN", CMQC.USER_ID_PROPERTY, "admin"));
    }

    @AfterEach
    void close() throws Exception {
        connection.disconnect();
    }

    @Test
    void anAgentHearsTheRepliesToItsRequests() throws Exception {
        PCFMessageAgent agent = assertTimeoutPreemptively(REPLY_MAX, () -> new PCFMessageAgent(connection));
        assertEquals(qm.name, agent.getQManagerName());
        assertEquals(CMQC.MQPL_UNIX, agent.getPlatform());
        PCFMessage escape = escape("DISPLAY QLOCAL('SYSTEM.DEFAULT.LOCAL.QUEUE') DESCR");
        PCFMessage[] replies = agent.send(escape);
        assertEquals(1, replies.length);
        assertEquals(CMQCFC.MQCMD_ESCAPE, replies[0].getCommand());
        assertEquals(CMQCFC.MQCFC_LAST, replies[0].getControl());
        String text = replies[0].getStringParameterValue(CMQCFC.MQCACF_ESCAPE_TEXT);
        assertEquals("AMQ8409I: Display Queue details.", text.lines().findFirst().orElse(""));
        agent.disconnect();
    }

    @Test
    void aRefusedCommandIsAnExceptionOfThatCommand() throws Exception {
        PCFMessageAgent agent = assertTimeoutPreemptively(REPLY_MAX, () -> new PCFMessageAgent(connection));
        refused(agent, new PCFMessage(CMQCFC.MQCMD_PING_Q_MGR), CMQCFC.MQRCCF_CFH_COMMAND_ERROR);
        refused(agent, new PCFMessage(CMQCFC.MQCMD_INQUIRE_Q_STATUS), CMQCFC.MQRCCF_CFH_COMMAND_ERROR);
        refused(agent, escape("DISPLAY QLOCAL('NO.SUCH.QUEUE')"), CMQC.MQRC_UNKNOWN_OBJECT_NAME);
        refused(agent, escape("DEFINE"), CMQCFC.MQRCCF_COMMAND_FAILED);
        agent.disconnect();
    }

    private static PCFMessage escape(String mqsc) {
        PCFMessage escape = new PCFMessage(CMQCFC.MQCMD_ESCAPE);
        escape.addParameter(CMQCFC.MQIACF_ESCAPE_TYPE, CMQCFC.MQET_MQSC);
        escape.addParameter(CMQCFC.MQCACF_ESCAPE_TEXT, mqsc);
        return escape;
    }

    private static void refused(PCFMessageAgent agent, PCFMessage request, int reason) throws Exception {
        PCFException refusal =
                assertTimeoutPreemptively(REPLY_MAX, () -> assertThrows(PCFException.class, () -> agent.send(request)));
        assertEquals(reason, refusal.reasonCode);
        PCFMessage[] responses = (PCFMessage[]) refusal.exceptionSource;
        assertEquals(request.getCommand(), responses[0].getCommand());
    }
}
