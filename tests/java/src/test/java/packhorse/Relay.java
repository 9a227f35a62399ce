package packhorse;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Stands between clients and a queue manager and breaks one connection at a chosen place: instead of passing on the first
 * segment of a type, in either direction, it closes both sockets. Later connections are left alone.
 */
final class Relay implements AutoCloseable {
    private static final int REQUEST_MSGS = 0x0E;
    private static final int MQCLOSE_REPLY = 0x94;
    static final int MQCMIT_REPLY = 0x9A;

    /** Identifier and length, which is that of the whole segment. */
    private static final int PREFIX = 8;

    final int port;
    private final int to;
    private final int cutAt;
    private final AtomicBoolean isCut = new AtomicBoolean();
    private final Set<Integer> passed = ConcurrentHashMap.newKeySet();
    private final ServerSocket listener;

    Relay(int to, int cutAt) throws IOException {
        this.to = to;
        this.cutAt = cutAt;
        this.listener = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
        this.port = listener.getLocalPort();
        start(this::accept);
    }

    /** Whether the client has asked for messages since the break, and closed something since then. */
    boolean hasClosedAConsumer() {
        return passed.contains(REQUEST_MSGS) && passed.contains(MQCLOSE_REPLY);
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), to);
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                start(() -> pass(client, server));
                start(() -> pass(server, client));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void pass(Socket from, Socket onto) {
        try (from; onto) {
            DataInputStream in = new DataInputStream(from.getInputStream());
            DataOutputStream out = new DataOutputStream(onto.getOutputStream());
            while (true) {
                byte[] prefix = in.readNBytes(PREFIX);
                if (prefix.length < PREFIX) {
                    return;
                }
                // "TSHM" has conversation and request before byte order and type.
                int typeAt = prefix[3] == 'M' ? 17 : 9;
                int length = ByteBuffer.wrap(prefix).getInt(4);
                byte[] segment = Arrays.copyOf(prefix, length);
                in.readFully(segment, PREFIX, length - PREFIX);
                int type = segment[typeAt] & 0xFF;
                if (type == cutAt && isCut.compareAndSet(false, true)) {
                    return;
                }
                out.write(segment);
                if (isCut.get() && passed.add(type) && type == REQUEST_MSGS) {
                    // What was closed while the client connected and opened is not what is waited for.
                    passed.remove(MQCLOSE_REPLY);
                }
            }
        } catch (IOException broken) {
            // One side has gone; closing tells the other.
        }
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "relay");
        thread.setDaemon(true);
        thread.start();
    }
}
