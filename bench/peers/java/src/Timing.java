// SPDX-License-Identifier: Apache-2.0

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;

/** The timing of an operation: as in kwire-bench, with a longer warm-up for the compiler. */
final class Timing {
    private static final double WARM_S = setting("WARM_S", 2);
    private static final double MEASURE_S = setting("MEASURE_S", 0.3);
    private static final int LEAST_SAMPLES = 9;
    private static final int MOST_SAMPLES = 1 << 16;
    private static final double SAMPLE_NS = 1e6;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** Keeps the compiler from removing the computation of the value. */
    private static final AtomicReference<Object> KEPT = new AtomicReference<>();

    interface Operation {
        Object run() throws Exception;
    }

    private Timing() {}

    private static double setting(String name, double otherwise) {
        String text = System.getenv(name);
        return text == null ? otherwise : Double.parseDouble(text);
    }

    private static long allocated() {
        return THREADS.getThreadAllocatedBytes(Thread.currentThread().getId());
    }

    /** Runs the operation that many times; returns the time. */
    private static long time(Operation operation, long times) throws Exception {
        long begin = System.nanoTime();
        for (long i = 0; i < times; i++) {
            KEPT.lazySet(operation.run());
        }
        return System.nanoTime() - begin;
    }

    /**
     * Warms up in samples, so that the loop of time() is compiled too; returns how many operations make a sample. The
     * processor time counts, or on a busy machine the compiler would not finish.
     */
    private static long warm(Operation operation) throws Exception {
        long each = 1;
        for (long begin = THREADS.getCurrentThreadCpuTime();
                THREADS.getCurrentThreadCpuTime() - begin < WARM_S * 1e9;) {
            double ns = Math.max(time(operation, each), 1);
            each = Math.max(1, Math.round(each * Math.min(2, SAMPLE_NS / ns)));
        }
        return each;
    }

    /** Prints name, op, ns, med=NS and B=bytes with tabs between, as kwire-bench does. */
    static void bench(String name, String op, Operation operation) throws Exception {
        long each = warm(operation);
        double[] samples = new double[MOST_SAMPLES];
        int count = 0;
        long before = allocated();
        for (long begin = System.nanoTime();
                count < LEAST_SAMPLES || (count < MOST_SAMPLES && System.nanoTime() - begin < MEASURE_S * 1e9);) {
            samples[count++] = time(operation, each) / (double) each;
        }
        double bytes = (allocated() - before) / ((double) each * count);
        Arrays.sort(samples, 0, count);
        System.out.printf(Locale.ROOT, "%s\t%s\t%.1f\tmed=%.1f\tB=%.0f%n", name, op, samples[0], samples[count / 2],
                bytes);
    }
}
