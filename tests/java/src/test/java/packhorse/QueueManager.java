package packhorse;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A queue manager of this test run: a data directory of its own, a free port on loopback, the developer's objects,
 * the users {@code app} and {@code admin}.
 *
 * <p>The commands are those an administrator types; nothing of the server is linked in. The process can be killed
 * and started again. {@link #shared} is one for all tests that do not stop it; it goes away with the JVM.
 */
final class QueueManager {
    static final String PASSWORD = "passw0rd";
    /** Longest message that the queues made by {@link #queue} take. */
    static final int MESSAGE_MAX = 104_857_600;

    private static final long COMMAND_SECONDS = 60;
    private static final AtomicInteger QUEUES = new AtomicInteger();
    private static QueueManager shared;

    final String name;
    final int port;
    private final Path root;

    private QueueManager(String name) throws IOException {
        this.name = name;
        this.root = Files.createTempDirectory("packhorse-java-");
        this.port = freePort();
    }

    /** The queue manager that most tests use; created at the first call. */
    static synchronized QueueManager shared() {
        if (shared == null) {
            shared = create("QM1");
        }
        return shared;
    }

    /** A new one, running, with the developer's objects; it is removed when the JVM ends, at the latest. */
    static QueueManager create(String name) {
        try {
            QueueManager made = new QueueManager(name);
            Runtime.getRuntime().addShutdownHook(new Thread(made::remove));
            made.command("", "crtmqm", "-p", String.valueOf(made.port), name);
            made.setCommandLevel(System.getProperty("packhorse.cmdlevel", ""));
            made.command(PASSWORD + "\n", "passwd", "-m", name, "app");
            made.command(PASSWORD + "\n", "passwd", "-m", name, "admin");
            made.start();
            made.mqsc(Files.readString(Path.of(System.getProperty("packhorse.objects"))));
            made.mqsc("ALTER CHANNEL('DEV.APP.SVRCONN') CHLTYPE(SVRCONN) MAXMSGL(" + MESSAGE_MAX + ")\n"
                    + "ALTER QMGR MAXMSGL(" + MESSAGE_MAX + ")\n"
                    + "ALTER QMODEL('DEV.APP.MODEL.QUEUE') MAXMSGL(" + MESSAGE_MAX + ")\n");
            return made;
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    void start() {
        command("", "strmqm", name);
    }

    /** Ends it as an administrator does who does not wait for applications. */
    void end() {
        command("", "endmqm", "-i", name);
    }

    /** Ends it in some other way. */
    void end(String... how) {
        List<String> words = new ArrayList<>(List.of("endmqm"));
        words.addAll(List.of(how));
        words.add(name);
        command("", words.toArray(new String[0]));
    }

    /** Kills its processes the hard way and waits until they are gone. */
    void kill() {
        List<ProcessHandle> processes = processes();
        if (processes.isEmpty()) {
            throw new IllegalStateException("no process of " + name + " runs below " + root);
        }
        for (ProcessHandle process : processes) {
            process.destroyForcibly();
            process.onExit().orTimeout(COMMAND_SECONDS, TimeUnit.SECONDS).join();
        }
    }

    /** Runs MQSC commands; all of them must succeed. Returns what was printed. */
    String mqsc(String commands) {
        return command(commands.endsWith("\n") ? commands : commands + "\n", "runmqsc", name);
    }

    /** Defines a local queue that {@code app} may use, for messages of any length, and returns its name. */
    String queue(String attributes) {
        String queue = "DEV.JAVA." + QUEUES.incrementAndGet();
        mqsc("DEFINE QLOCAL('" + queue + "') MAXMSGL(" + MESSAGE_MAX + ") " + attributes);
        return queue;
    }

    /** Messages on a queue, as the administrator sees it: those of units of work not yet committed count. */
    int depth(String queue) {
        String shown = mqsc("DISPLAY QLOCAL('" + queue + "') CURDEPTH");
        int at = shown.lastIndexOf("CURDEPTH(") + "CURDEPTH(".length();
        return Integer.parseInt(shown.substring(at, shown.indexOf(')', at)).trim());
    }

    /** Ends it if it runs and removes everything that it has made. */
    void remove() {
        if (!System.getProperty("packhorse.keep", "").isEmpty()) {
            System.err.println("kept: " + root);
            return;
        }
        for (ProcessHandle process : processes()) {
            process.destroyForcibly();
            process.onExit().orTimeout(COMMAND_SECONDS, TimeUnit.SECONDS).join();
        }
        try (Stream<Path> files = Files.walk(root)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        } catch (IOException | UncheckedIOException error) {
            System.err.println("left behind: " + root + ": " + error);
        }
    }

    private void setCommandLevel(String level) throws IOException {
        if (!level.isEmpty()) {
            Path ini = root.resolve("qmgrs").resolve(name).resolve("qm.ini");
            Files.writeString(ini, Files.readString(ini) + "TuningParameters:\n   CommandLevel=" + level + "\n");
        }
    }

    /** Runs one command with our data root; its exit code must be 0. */
    private String command(String input, String... words) {
        List<String> line = new ArrayList<>(List.of(System.getProperty("packhorse.bin")));
        line.addAll(List.of(words));
        try {
            // Output goes to a file: a started queue manager may hold on to a pipe.
            Path output = Files.createTempFile(root, "command-", ".out");
            ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(output.toFile());
            builder.environment().put("MQ_OVERRIDE_DATA_PATH", root.toString());
            Process process = builder.start();
            try (var stdin = process.getOutputStream()) {
                stdin.write(input.getBytes(StandardCharsets.UTF_8));
            }
            boolean ended = process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS);
            if (!ended) {
                process.destroyForcibly();
            }
            String printed = Files.readString(output);
            Files.delete(output);
            if (!ended || process.exitValue() != 0) {
                String end = ended ? "exit code " + process.exitValue() : "no end after " + COMMAND_SECONDS + " s";
                throw new IllegalStateException(String.join(" ", line) + ": " + end + "\n" + input + "\n" + printed);
            }
            return printed;
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(error);
        }
    }

    /** The queue manager's processes: those that were given our data root and are no command of ours. */
    private List<ProcessHandle> processes() {
        byte[] wanted = ("MQ_OVERRIDE_DATA_PATH=" + root + "\0").getBytes(StandardCharsets.UTF_8);
        String needle = new String(wanted, StandardCharsets.ISO_8859_1);
        return ProcessHandle.allProcesses().filter(process -> {
            try {
                Path environment = Path.of("/proc", String.valueOf(process.pid()), "environ");
                return Files.readString(environment, StandardCharsets.ISO_8859_1).contains(needle);
            } catch (IOException | UncheckedIOException gone) {
                return false;
            }
        }).collect(Collectors.toList());
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
