import com.ibm.mq.jakarta.jms.MQConnectionFactory;
import com.ibm.msg.client.jakarta.wmq.WMQConstants;

/** Puts a message and gets it again. */
public class Hello {
    public static void main(String[] args) throws Exception {
        var factory = new MQConnectionFactory();
        factory.setTransportType(WMQConstants.WMQ_CM_CLIENT);
        factory.setHostName("127.0.0.1");
        factory.setPort(1414);
        factory.setQueueManager("QM1");
        factory.setChannel("DEV.APP.SVRCONN");
        try (var context = factory.createContext("app", System.getenv("MQ_APP_PASSWORD"))) {
            var queue = context.createQueue("DEV.QUEUE.1");
            context.createProducer().send(queue, "hello from Java");
            System.out.println(context.createConsumer(queue).receiveBody(String.class, 5000));
        }
    }
}
