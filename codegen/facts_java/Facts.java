// SPDX-License-Identifier: Apache-2.0
import java.io.File;
import java.io.PrintStream;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.net.URL;
import java.net.URLClassLoader;

/**
 * Prints facts of kafka-clients jars, by reflection:
 *
 *   jar FILE
 *   error CODE NAME HANDLING        what the Java client does about it, see HANDLINGS; "-" is nothing
 *   api KEY NAME OLDEST LATEST      the versions the release's clients and brokers exchange, stable ones only
 *   has CLASS FIELD                 for each given static field that the jar has
 *
 * Arguments: LIBRARY.jar, then class#field words, then the kafka-clients jars.
 */
public final class Facts {
    private static final PrintStream OUT = System.out;
    /** Classes of the errors' exceptions, the special ones first; not every release has all of them. */
    private static final String[][] HANDLINGS = {
        {"RefreshRetriableException", "refresh"},
        {"RetriableException", "retriable"},
        {"ApplicationRecoverableException", "recoverable"},
        {"TransactionAbortableException", "abortable"},
        {"InvalidConfigurationException", "configuration"},
    };

    private final ClassLoader loader;

    private Facts(ClassLoader loader) {
        this.loader = loader;
    }

    public static void main(String[] arguments) throws Exception {
        for (int i = 1; i < arguments.length; i++) {
            if (!arguments[i].endsWith(".jar")) {
                continue;
            }
            URL[] path = {url(arguments[i]), url(arguments[0])};
            try (URLClassLoader loader = new URLClassLoader(path, ClassLoader.getPlatformClassLoader())) {
                OUT.println("jar " + new File(arguments[i]).getName());
                Facts facts = new Facts(loader);
                facts.errors();
                facts.apis();
                for (String word : arguments) {
                    if (word.contains("#")) {
                        facts.witness(word);
                    }
                }
            }
        }
    }

    private static URL url(String file) throws Exception {
        return new File(file).toURI().toURL();
    }

    private Class<?> type(String name) throws ClassNotFoundException {
        return Class.forName("org.apache.kafka." + name, true, loader);
    }

    private void errors() throws Exception {
        for (Object error : type("common.protocol.Errors").getEnumConstants()) {
            OUT.println("error " + call(error, "code") + " " + ((Enum<?>) error).name() + " "
                + handling(call(error, "exception")));
        }
    }

    private String handling(Object exception) {
        for (String[] pair : HANDLINGS) {
            try {
                if (type("common.errors." + pair[0]).isInstance(exception)) {
                    return pair[1];
                }
            } catch (ClassNotFoundException ofNewerReleases) {
                continue;
            }
        }
        return "-";
    }

    private void apis() throws Exception {
        for (Object api : type("common.protocol.ApiKeys").getEnumConstants()) {
            int key = ((Number) api.getClass().getField("id").get(api)).intValue();
            int[] versions = has(api.getClass(), "latestVersion") ? ofApiKeys(api) : ofTables(key);
            OUT.println("api " + key + " " + ((Enum<?>) api).name() + " " + versions[0] + " " + versions[1]);
        }
    }

    private static int[] ofApiKeys(Object api) throws Exception {
        if (has(api.getClass(), "hasValidVersion") && !(boolean) call(api, "hasValidVersion")) {
            return new int[] {0, -1};
        }
        Object latest = has(api.getClass(), "latestVersion", boolean.class)
            ? api.getClass().getMethod("latestVersion", boolean.class).invoke(api, false)
            : call(api, "latestVersion");
        return new int[] {((Number) call(api, "oldestVersion")).intValue(), ((Number) latest).intValue()};
    }

    /** Before 0.11: one array of schemas for each API, with null for a version that the classes do not speak. */
    private int[] ofTables(int key) throws Exception {
        Object schemas = Array.get(field("common.protocol.Protocol", "REQUESTS").get(null), key);
        int latest = Array.getLength(schemas) - 1;
        int oldest = 0;
        while (oldest < latest && Array.get(schemas, oldest) == null) {
            oldest++;
        }
        return new int[] {oldest, latest};
    }

    private void witness(String word) {
        String[] parts = word.split("#");
        try {
            field(parts[0], parts[1]);
            OUT.println("has " + parts[0] + " " + parts[1]);
        } catch (ReflectiveOperationException absent) {
            return;
        }
    }

    private Field field(String type, String name) throws ReflectiveOperationException {
        Field field = type(type).getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }

    private static boolean has(Class<?> type, String method, Class<?>... parameters) {
        try {
            type.getMethod(method, parameters);
            return true;
        } catch (NoSuchMethodException absent) {
            return false;
        }
    }

    private static Object call(Object target, String method) throws Exception {
        return ((Enum<?>) target).getDeclaringClass().getMethod(method).invoke(target);
    }
}
