// SPDX-License-Identifier: Apache-2.0
package kwire.oracle;

/** An inclusive range of message versions, as Kafka's schemas write it: "3", "0-4", "2+" or "none". */
record Versions(int lowest, int highest) {
    static final Versions NONE = new Versions(0, -1);

    static Versions parse(String text) {
        if (text == null || text.isBlank() || text.trim().equals("none")) {
            return NONE;
        }
        String range = text.trim();
        if (range.endsWith("+")) {
            return new Versions(Integer.parseInt(range.substring(0, range.length() - 1)), Short.MAX_VALUE);
        }
        int dash = range.indexOf('-');
        if (dash < 0) {
            int only = Integer.parseInt(range);
            return new Versions(only, only);
        }
        return new Versions(Integer.parseInt(range.substring(0, dash)), Integer.parseInt(range.substring(dash + 1)));
    }

    boolean contains(int version) {
        return lowest <= version && version <= highest;
    }
}
