// SPDX-License-Identifier: Apache-2.0
package kwire.oracle;

import java.util.HashMap;
import java.util.Map;

/** "--name value" pairs after the verb. */
final class Options {
    static final class UsageException extends Exception {
        private static final long serialVersionUID = 1L;

        UsageException(String message) {
            super(message);
        }
    }

    private static final java.util.Set<String> NAMES =
        java.util.Set.of("--seed", "--count", "--only", "--skip-versions-from", "--max-bytes");

    private final Map<String, String> values = new HashMap<>();

    Options(String[] args) throws UsageException {
        for (int i = 1; i < args.length; i += 2) {
            if (!NAMES.contains(args[i])) {
                throw new UsageException("unknown option " + args[i]);
            }
            if (i + 1 == args.length) {
                throw new UsageException(args[i] + " needs a value");
            }
            values.put(args[i], args[i + 1]);
        }
    }

    String text(String name, String otherwise) {
        return values.getOrDefault(name, otherwise);
    }

    long number(String name, long otherwise) throws UsageException {
        String text = values.get(name);
        try {
            return text == null ? otherwise : Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new UsageException(name + " needs a number, not " + text);
        }
    }
}
