// SPDX-License-Identifier: Apache-2.0
package kwire.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BinaryNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.Random;
import org.apache.kafka.common.Uuid;

/** Random JSON values that fit a schema. */
final class RandomValues {
    enum Kind {
        /** Every field at its default, arrays empty. */
        DEFAULTS,
        /** Every field present, not null and not at its default. */
        FULL,
        /** Anything the schema allows, boundary values often. */
        RANDOM
    }

    private static final String[] TEXTS = {
        "a", "topic", "my-group.1_x", "localhost", "0", " ", "null", "\u00e9t\u00e9", "\u0416\u0438\u0437\u043d\u044c",
        "\u65e5\u672c\u8a9e", "\ud83d\ude80 \ud834\udd1e", "a\"b\\c/d", "tab\tline\nreturn\rbell\u0007",
        "\u0000", "\u0001\u001f\u007f",
        "\u2028\u2029\ufeff", "\uffff\ufffd", "<&'>\b\f"
    };
    private static final double[] DOUBLES = {
        0.0, -0.0, 1.0, -1.0, 0.1, 1e21, 123456789.0, 1e-7, Math.PI, Double.MAX_VALUE, Double.MIN_VALUE,
        Double.MIN_NORMAL, -4.9e300, 9007199254740993.0, 1e22, 5e-324
    };
    private static final int EDGE = 126; /* lengths 126 to 130: where a compact length takes a second byte */

    private final Random random;
    private final Kind kind;
    private final int version;

    RandomValues(Random random, Kind kind, int version) {
        this.random = random;
        this.kind = kind;
        this.version = version;
    }

    ObjectNode message(Schema schema) {
        return struct(schema.body(), 0);
    }

    private ObjectNode struct(Schema.Struct struct, int depth) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        for (Schema.Field field : struct.fields()) {
            if (field.isTagged(version)) {
                if (kind == Kind.FULL || kind == Kind.RANDOM && random.nextInt(3) > 0) {
                    object.set(field.key(), value(field, depth));
                }
            } else if (field.versions().contains(version)) {
                object.set(field.key(), value(field, depth));
            }
        }
        return object;
    }

    private JsonNode value(Schema.Field field, int depth) {
        boolean nullable = field.nullable().contains(version);
        if (nullable && (kind == Kind.RANDOM && random.nextInt(5) == 0
                         || kind == Kind.DEFAULTS && "null".equals(field.defaultValue()))) {
            return NullNode.instance;
        }
        if (!field.array()) {
            return element(field, depth);
        }
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        for (int left = length(depth); left > 0; left--) {
            array.add(element(field, depth));
        }
        return array;
    }

    /** Short, and shorter at greater depth, as sizes multiply. */
    private int length(int depth) {
        return switch (kind) {
            case DEFAULTS -> 0;
            case FULL -> depth == 0 ? 1 + random.nextInt(2) : 1;
            case RANDOM -> random.nextInt(depth == 0 ? 4 : depth == 1 ? 3 : 2);
        };
    }

    private JsonNode element(Schema.Field field, int depth) {
        if (field.struct() != null) {
            return struct(field.struct(), depth + 1);
        }
        JsonNode usual = usual(field);
        if (kind == Kind.DEFAULTS) {
            return usual;
        }
        JsonNode value;
        do {
            value = scalar(field.type());
        } while (kind == Kind.FULL && value.equals(usual));
        return value;
    }

    /** The default of a scalar. */
    private static JsonNode usual(Schema.Field field) {
        String text = field.defaultValue();
        boolean absent = field.array() || text == null || text.equals("null");
        return switch (field.type()) {
            case "bool" -> BooleanNode.valueOf(!absent && Boolean.parseBoolean(text));
            case "int8", "int16", "uint16", "int32" -> IntNode.valueOf(absent ? 0 : Long.decode(text).intValue());
            case "int64", "uint32" -> LongNode.valueOf(absent ? 0 : Long.decode(text));
            case "float64" -> DoubleNode.valueOf(absent ? 0.0 : Double.parseDouble(text));
            case "string" -> TextNode.valueOf(absent ? "" : text);
            case "uuid" -> TextNode.valueOf(absent ? Uuid.ZERO_UUID.toString() : text);
            case "bytes", "records" -> BinaryNode.valueOf(new byte[0]);
            default -> throw new IllegalArgumentException(field.name() + ": unknown type " + field.type());
        };
    }

    private JsonNode scalar(String type) {
        return switch (type) {
            case "bool" -> BooleanNode.valueOf(random.nextBoolean());
            case "int8" -> IntNode.valueOf((int) integer(Byte.MIN_VALUE, Byte.MAX_VALUE));
            case "int16" -> IntNode.valueOf((int) integer(Short.MIN_VALUE, Short.MAX_VALUE));
            case "uint16" -> IntNode.valueOf((int) integer(0, 0xffff));
            case "int32" -> IntNode.valueOf((int) integer(Integer.MIN_VALUE, Integer.MAX_VALUE));
            case "uint32" -> LongNode.valueOf(integer(0, 0xffffffffL));
            case "int64" -> LongNode.valueOf(integer(Long.MIN_VALUE, Long.MAX_VALUE));
            case "float64" -> DoubleNode.valueOf(random.nextInt(4) > 0 ? DOUBLES[random.nextInt(DOUBLES.length)]
                                                                       : random.nextGaussian() * 1000);
            case "string" -> TextNode.valueOf(string());
            case "uuid" -> TextNode.valueOf(uuid().toString());
            case "bytes", "records" -> BinaryNode.valueOf(bytes());
            default -> throw new IllegalArgumentException("unknown type " + type);
        };
    }

    private long integer(long min, long max) {
        return switch (random.nextInt(8)) {
            case 0 -> min;
            case 1 -> max;
            case 2 -> Math.max(min, -1);
            case 3 -> 0;
            case 4, 5 -> random.nextInt(128);
            default -> {
                long bits = random.nextLong();
                yield min == 0 ? bits & max : max == Long.MAX_VALUE ? bits : bits % (max + 1);
            }
        };
    }

    private Uuid uuid() {
        return random.nextInt(6) == 0 ? Uuid.ZERO_UUID : new Uuid(random.nextLong(), random.nextLong());
    }

    private String string() {
        int choice = random.nextInt(40);
        if (choice < 4) {
            return "";
        }
        if (choice == 4) {
            return "x".repeat(EDGE + random.nextInt(5));
        }
        if (choice == 5) {
            return "\u20ac".repeat(EDGE / 3) + "y".repeat(random.nextInt(5));
        }
        if (choice < 20) {
            return "n" + Integer.toString(random.nextInt(1000), 36);
        }
        return TEXTS[random.nextInt(TEXTS.length)];
    }

    byte[] bytes() {
        int choice = random.nextInt(40);
        byte[] bytes = new byte[choice == 0 ? EDGE + random.nextInt(5) : choice < 4 ? 0 : random.nextInt(9)];
        if (choice < 20) {
            java.util.Arrays.fill(bytes, (byte) random.nextInt());
        } else {
            random.nextBytes(bytes);
        }
        return bytes;
    }
}
