package packhorse;

import com.ibm.mq.MQException;
import com.ibm.mq.MQMessage;
import com.ibm.mq.MQQueueManager;
import com.ibm.mq.constants.CMQC;
import com.ibm.msg.client.jms.JmsConnectionFactory;
import com.ibm.msg.client.jms.JmsFactoryFactory;
import com.ibm.msg.client.wmq.WMQConstants;
import java.util.Hashtable;
import java.util.Map;
import javax.jms.Connection;
import javax.jms.JMSException;

/** Ways into a queue manager: classes for Java and JMS, as the user {@code app} on {@code DEV.APP.SVRCONN}. */
final class Clients {
    static final String CHANNEL = "DEV.APP.SVRCONN";

    private Clients() {}

    /** Properties for {@link MQQueueManager}; the caller may change them. */
    static Hashtable<String, Object> properties(QueueManager qm) {
        Hashtable<String, Object> properties = new Hashtable<>();
        properties.put(CMQC.HOST_NAME_PROPERTY, "127.0.0.1");
        properties.put(CMQC.PORT_PROPERTY, qm.port);
        properties.put(CMQC.CHANNEL_PROPERTY, CHANNEL);
        properties.put(CMQC.TRANSPORT_PROPERTY, CMQC.TRANSPORT_MQSERIES_CLIENT);
        properties.put(CMQC.USER_ID_PROPERTY, "app");
        properties.put(CMQC.PASSWORD_PROPERTY, QueueManager.PASSWORD);
        return properties;
    }

    static MQQueueManager connect(QueueManager qm) throws MQException {
        return new MQQueueManager(qm.name, properties(qm));
    }

    static MQQueueManager connect(QueueManager qm, Map<String, Object> changes) throws MQException {
        Hashtable<String, Object> properties = properties(qm);
        properties.putAll(changes);
        return new MQQueueManager(qm.name, properties);
    }

    static JmsConnectionFactory factory(QueueManager qm) throws JMSException {
        JmsConnectionFactory factory =
                JmsFactoryFactory.getInstance(WMQConstants.WMQ_PROVIDER).createConnectionFactory();
        factory.setStringProperty(WMQConstants.WMQ_HOST_NAME, "127.0.0.1");
        factory.setIntProperty(WMQConstants.WMQ_PORT, qm.port);
        factory.setStringProperty(WMQConstants.WMQ_CHANNEL, CHANNEL);
        factory.setIntProperty(WMQConstants.WMQ_CONNECTION_MODE, WMQConstants.WMQ_CM_CLIENT);
        factory.setStringProperty(WMQConstants.WMQ_QUEUE_MANAGER, qm.name);
        factory.setStringProperty(WMQConstants.USERID, "app");
        factory.setStringProperty(WMQConstants.PASSWORD, QueueManager.PASSWORD);
        factory.setStringProperty(WMQConstants.WMQ_TEMPORARY_MODEL, "DEV.APP.MODEL.QUEUE");
        return factory;
    }

    static Connection jms(QueueManager qm) throws JMSException {
        return factory(qm).createConnection();
    }

    static MQMessage text(String text) throws java.io.IOException {
        MQMessage message = new MQMessage();
        message.format = CMQC.MQFMT_STRING;
        message.characterSet = 1208;
        message.writeString(text);
        return message;
    }

    static String textOf(MQMessage message) throws java.io.IOException {
        return message.readStringOfByteLength(message.getDataLength());
    }

    /** The reason code at the bottom of an exception's causes; 0 if there is none. */
    static int reason(Throwable error) {
        int reason = 0;
        for (Throwable cause = error; cause != null && cause.getCause() != cause; cause = cause.getCause()) {
            if (cause instanceof MQException) {
                reason = ((MQException) cause).reasonCode;
            }
        }
        return reason;
    }
}
