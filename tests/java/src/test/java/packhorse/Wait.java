package packhorse;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.concurrent.Callable;

/** Waits for conditions. The bound is there to end a broken run, no test passes or fails by how long it took. */
final class Wait {
    static final int MILLIS_MAX = 30_000;

    private Wait() {}

    static void until(String what, Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + MILLIS_MAX * 1_000_000L;
        while (!condition.call()) {
            if (System.nanoTime() > end) {
                fail("waited in vain: " + what);
            }
            Thread.sleep(20);
        }
    }
}
