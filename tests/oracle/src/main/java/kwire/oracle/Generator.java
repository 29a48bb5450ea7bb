// SPDX-License-Identifier: Apache-2.0
package kwire.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.apache.kafka.common.protocol.Message;

/** Random messages, each with Kafka's bytes and Kafka's JSON for them. */
final class Generator {
    private static final int WITH_UNKNOWN_TAGS = 3; /* one random message in this many tries to have some */

    private final long seed;

    Generator(long seed) {
        this.seed = seed;
    }

    /** The index-th message of a version. It depends on the seed only, not on other messages. */
    Line line(Codec codec, int version, int index) throws Throwable {
        Random random = new Random((seed * 31 + codec.schema.name().hashCode()) * 1000003L + version * 1009L + index);
        RandomValues.Kind kind = switch (index) {
            case 0 -> RandomValues.Kind.DEFAULTS;
            case 1 -> RandomValues.Kind.FULL;
            default -> RandomValues.Kind.RANDOM;
        };
        RandomValues values = new RandomValues(random, kind, version);
        Message message = codec.fromJson(values.message(codec.schema), version);
        boolean unknownTags = kind == RandomValues.Kind.RANDOM && random.nextInt(WITH_UNKNOWN_TAGS) == 0
            && new UnknownTags(random, values, version).addTo(codec.schema, message) > 0;
        byte[] bytes = codec.encode(message, version);
        JsonNode value = codec.toJson(message, version);
        check(codec, version, bytes, value);
        return new Line(codec.schema.name(), version, HexFormat.of().formatHex(bytes), value, unknownTags);
    }

    /** Kafka's three ways must agree, or the line would be no reference. */
    private static void check(Codec codec, int version, byte[] bytes, JsonNode value) throws Throwable {
        Codec.Decoded decoded = codec.decode(bytes, version);
        String where = codec.schema.name() + " version " + version + ": ";
        if (decoded.consumed() != bytes.length || !Arrays.equals(codec.encode(decoded.message(), version), bytes)) {
            throw new IllegalStateException(where + "the bytes do not survive Kafka's decode and encode");
        }
        if (!codec.toJson(decoded.message(), version).equals(value)) {
            throw new IllegalStateException(where + "the JSON does not survive Kafka's encode and decode: " + value);
        }
    }
}
