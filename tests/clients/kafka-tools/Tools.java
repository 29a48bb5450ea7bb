// SPDX-License-Identifier: Apache-2.0
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.common.utils.internals.Exit;

/**
 * Runs main() of Apache Kafka's tools one after the other, in one process since most of their time is that of starting.
 * A line of standard input is a class and its arguments, separated by tabs; the answer is a line with the exit status
 * and the count of bytes that it printed, and these bytes.
 */
public final class Tools {
    private static final String PACKAGE = "org.apache.kafka.tools.";

    private Tools() {
    }

    /** In the place of the process's end. */
    private static final class Exited extends Error {
        private static final long serialVersionUID = 1;
        private final int status;

        Exited(int status) {
            super("exit with status " + status);
            this.status = status;
        }
    }

    private static int run(String name, String[] arguments) throws ReflectiveOperationException {
        try {
            Class.forName(PACKAGE + name).getMethod("main", String[].class).invoke(null, (Object) arguments);
            return 0;
        } catch (InvocationTargetException failure) {
            if (failure.getCause() instanceof Exited exited) {
                return exited.status;
            }
            failure.getCause().printStackTrace();
            return 1;
        }
    }

    public static void main(String[] none) throws Exception {
        Exit.setExitProcedure((status, message) -> {
            throw new Exited(status);
        });
        PrintStream answers = System.out;
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            String[] words = line.split("\t");
            ByteArrayOutputStream said = new ByteArrayOutputStream();
            PrintStream stream = new PrintStream(said, true, StandardCharsets.UTF_8);
            System.setOut(stream);
            System.setErr(stream);
            int status = run(words[0], Arrays.copyOfRange(words, 1, words.length));
            stream.flush();
            answers.println(status + " " + said.size());
            answers.write(said.toByteArray());
            answers.flush();
        }
    }
}
