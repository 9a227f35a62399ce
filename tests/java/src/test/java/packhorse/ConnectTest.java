package packhorse;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.ibm.mq.MQException;
import com.ibm.mq.MQQueueManager;
import com.ibm.mq.constants.CMQC;
import com.ibm.msg.client.jms.JmsConnectionFactory;
import com.ibm.msg.client.wmq.WMQConstants;
import java.util.Hashtable;
import java.util.Map;
import javax.jms.Connection;
import javax.jms.JMSException;
import javax.jms.JMSSecurityException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets in, how, and what those are told who do not. */
class ConnectTest {
    private final QueueManager qm = QueueManager.shared();

    @Test
    @Tag("smoke")
    void anApplicationConnectsAndDisconnects() throws Exception {
        MQQueueManager connection = Clients.connect(qm);
        assertTrue(connection.isConnected());
        assertEquals(qm.name, connection.getName().trim());
        connection.disconnect();
    }

    @Test
    @Tag("smoke")
    void jmsConnects() throws Exception {
        try (Connection connection = Clients.jms(qm)) {
            connection.start();
            assertTrue(connection.getMetaData().getJMSProviderName().startsWith("IBM MQ"));
            // In migration mode, without shared conversations, the client would refuse this.
            connection.createSession().close();
        }
    }

    /** Both ways of sending a password: the user data segment (12 characters) and the security parameters. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void bothModesOfAuthenticationWork(boolean mqcsp) throws Exception {
        Clients.connect(qm, Map.of(CMQC.USE_MQCSP_AUTHENTICATION_PROPERTY, mqcsp)).disconnect();
        int reason = refusal(Map.of(
                CMQC.USE_MQCSP_AUTHENTICATION_PROPERTY, mqcsp, CMQC.PASSWORD_PROPERTY, "wrong"));
        assertEquals(CMQC.MQRC_NOT_AUTHORIZED, reason);

        JmsConnectionFactory factory = Clients.factory(qm);
        factory.setBooleanProperty(WMQConstants.USER_AUTHENTICATION_MQCSP, mqcsp);
        factory.createConnection().close();
    }

    @Test
    void aWrongPasswordIsRefusedAsSuch() throws Exception {
        assertEquals(CMQC.MQRC_NOT_AUTHORIZED, refusal(Map.of(CMQC.PASSWORD_PROPERTY, "wrong")));
        assertEquals(CMQC.MQRC_NOT_AUTHORIZED, refusal(Map.of(CMQC.USER_ID_PROPERTY, "nobody")));

        JmsConnectionFactory factory = Clients.factory(qm);
        factory.setStringProperty(WMQConstants.PASSWORD, "wrong");
        assertThrows(JMSSecurityException.class, factory::createConnection);
    }

    @Test
    void withoutAPasswordNobodyGetsIn() {
        Hashtable<String, Object> properties = Clients.properties(qm);
        properties.remove(CMQC.USER_ID_PROPERTY);
        properties.remove(CMQC.PASSWORD_PROPERTY);
        MQException refused = assertThrows(MQException.class, () -> new MQQueueManager(qm.name, properties));
        assertEquals(CMQC.MQRC_NOT_AUTHORIZED, refused.reasonCode);
    }

    /** A name alone, on each of the developer's channels, proves nothing. */
    @ParameterizedTest
    @CsvSource({"DEV.APP.SVRCONN, app", "DEV.ADMIN.SVRCONN, admin", "DEV.ADMIN.SVRCONN, mqm"})
    void aNameWithoutAPasswordIsRefused(String channel, String user) {
        Hashtable<String, Object> properties = Clients.properties(qm);
        properties.put(CMQC.CHANNEL_PROPERTY, channel);
        properties.put(CMQC.USER_ID_PROPERTY, user);
        properties.remove(CMQC.PASSWORD_PROPERTY);
        MQException refused = assertThrows(MQException.class, () -> new MQQueueManager(qm.name, properties));
        assertEquals(CMQC.MQRC_NOT_AUTHORIZED, refused.reasonCode);
    }

    @Test
    void theBackStopBlocksOtherChannels() {
        assertEquals(CMQC.MQRC_NOT_AUTHORIZED, refusal(Map.of(CMQC.CHANNEL_PROPERTY, "SYSTEM.DEF.SVRCONN")));
    }

    @Test
    void anUnknownChannelIsNamed() throws Exception {
        assertEquals(CMQC.MQRC_UNKNOWN_CHANNEL_NAME, refusal(Map.of(CMQC.CHANNEL_PROPERTY, "NO.SUCH.CHANNEL")));

        JmsConnectionFactory factory = Clients.factory(qm);
        factory.setStringProperty(WMQConstants.WMQ_CHANNEL, "NO.SUCH.CHANNEL");
        JMSException refused = assertThrows(JMSException.class, factory::createConnection);
        assertEquals(CMQC.MQRC_UNKNOWN_CHANNEL_NAME, Clients.reason(refused));
    }

    @Test
    void aChannelOfAnotherTypeIsRefused() {
        assertEquals(CMQC.MQRC_CHANNEL_CONFIG_ERROR, refusal(Map.of(CMQC.CHANNEL_PROPERTY, "SYSTEM.DEF.SENDER")));
    }

    /** A channel that was made for TLS must not let anybody in without it. */
    @Test
    void aChannelWithACipherSpecRefusesThoseInTheClear() {
        String define = "DEFINE CHANNEL('DEV.TLS') CHLTYPE(SVRCONN) MCAUSER('app') REPLACE SSLCIPH(";
        qm.mqsc("SET CHLAUTH('DEV.TLS') TYPE(ADDRESSMAP) ADDRESS('*') USERSRC(CHANNEL) ACTION(REPLACE)\n"
                + define + "ANY_TLS12_OR_HIGHER)");
        assertEquals(CMQC.MQRC_JSSE_ERROR, refusal(Map.of(CMQC.CHANNEL_PROPERTY, "DEV.TLS")));
        qm.mqsc(define + "' ')");
        assertDoesNotThrow(() -> Clients.connect(qm, Map.of(CMQC.CHANNEL_PROPERTY, "DEV.TLS")).disconnect());
    }

    @Test
    void anotherQueueManagersNameIsRefused() {
        MQException refused =
                assertThrows(MQException.class, () -> new MQQueueManager("OTHER", Clients.properties(qm)));
        assertEquals(CMQC.MQRC_Q_MGR_NAME_ERROR, refused.reasonCode);
    }

    @Test
    void aBlankNameMeansWhoeverListens() throws Exception {
        MQQueueManager connection = new MQQueueManager("", Clients.properties(qm));
        assertTrue(connection.isConnected());
        connection.disconnect();
    }

    @Test
    void twoConnectionsOfOneProgramAreIndependent() throws Exception {
        MQQueueManager first = Clients.connect(qm);
        MQQueueManager second = Clients.connect(qm);
        first.disconnect();
        assertEquals(qm.name, attributeName(second));
        second.disconnect();
    }

    private static String attributeName(MQQueueManager connection) throws MQException {
        return connection.getAttributeString(CMQC.MQCA_Q_MGR_NAME, CMQC.MQ_Q_MGR_NAME_LENGTH).trim();
    }

    private int refusal(Map<String, Object> changes) {
        return assertThrows(MQException.class, () -> Clients.connect(qm, changes)).reasonCode;
    }
}
