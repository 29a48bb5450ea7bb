// SPDX-License-Identifier: Apache-2.0
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;

/** The verdict lines of the Java programs. */
final class Report {
    private static final long SETTLE_MILLISECONDS = 5000;
    private static final int SHOWN_CHARACTERS = 300;
    private static boolean failed;

    interface Body {
        void run() throws Exception;
    }

    private Report() {
    }

    /** Runs body, which throws when the broker's answer is wrong, and prints the verdict. */
    static void check(String what, Body body) {
        try {
            body.run();
            System.out.println("ok " + what);
        } catch (Exception error) {
            failed = true;
            System.out.println("FAILED " + what + ": " + error.toString().replaceAll("\\s+", " "));
        }
    }

    static void same(Object got, Object wanted) {
        if (!Objects.equals(got, wanted)) {
            throw new IllegalStateException("got " + shown(got) + ", wanted " + shown(wanted));
        }
    }

    private static String shown(Object value) {
        String text = String.valueOf(value);
        return text.length() <= SHOWN_CHARACTERS ? text : text.substring(0, SHOWN_CHARACTERS) + "...";
    }

    /** Apache Kafka's broker shows a change a moment after its controller has answered. */
    static void eventually(Callable<?> ask, Object wanted) throws Exception {
        long deadline = System.currentTimeMillis() + SETTLE_MILLISECONDS;
        while (!Objects.equals(ask.call(), wanted) && System.currentTimeMillis() < deadline) {
            Thread.sleep(50);
        }
        same(ask.call(), wanted);
    }

    static void expect(Class<? extends Exception> error, Body body) throws Exception {
        try {
            body.run();
        } catch (ExecutionException got) {
            same(got.getCause().getClass(), error);
            return;
        }
        throw new IllegalStateException("no " + error.getSimpleName() + " came");
    }

    static void end() {
        System.exit(failed ? 1 : 0);
    }
}
