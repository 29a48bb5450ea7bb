// SPDX-License-Identifier: Apache-2.0
package kwire.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.compress.GzipCompression;
import org.apache.kafka.common.compress.Lz4Compression;
import org.apache.kafka.common.compress.ZstdCompression;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;

/** Kafka's compression of records: {"codec","magic","hex"}, perhaps with "level", to the same with other bytes. */
final class Compressions {
    private Compressions() {
    }

    /** A step from bytes to bytes. */
    private interface Step {
        byte[] apply(Compression compression, byte magic, byte[] bytes) throws IOException;
    }

    static ObjectNode compress(JsonNode question) {
        return answer(question, Compressions::compressed);
    }

    static ObjectNode decompress(JsonNode question) {
        return answer(question, Compressions::decompressed);
    }

    private static ObjectNode answer(JsonNode question, Step step) {
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        String codec = question.path("codec").asText();
        int magic = question.path("magic").asInt(2);
        answer.put("codec", codec).put("magic", magic);
        try {
            Compression compression = compression(codec, question.get("level"));
            byte[] bytes = HexFormat.of().parseHex(question.path("hex").asText());
            answer.put("hex", HexFormat.of().formatHex(step.apply(compression, (byte) magic, bytes)));
        } catch (Throwable e) { // an exception of a native library is a verdict too
            answer.put("error", e.getClass().getName() + ": " + e.getMessage());
        }
        return answer;
    }

    private static Compression compression(String codec, JsonNode level) {
        Compression.Builder<?> builder = Compression.of(codec);
        if (level != null) {
            if (builder instanceof GzipCompression.Builder gzip) {
                gzip.level(level.asInt());
            } else if (builder instanceof Lz4Compression.Builder lz4) {
                lz4.level(level.asInt());
            } else if (builder instanceof ZstdCompression.Builder zstd) {
                zstd.level(level.asInt());
            } else {
                throw new IllegalArgumentException(codec + " has no levels");
            }
        }
        return builder.build();
    }

    private static byte[] compressed(Compression compression, byte magic, byte[] bytes) throws IOException {
        ByteBufferOutputStream buffer = new ByteBufferOutputStream(512);
        try (OutputStream out = compression.wrapForOutput(buffer, magic)) {
            out.write(bytes);
        }
        buffer.buffer().flip();
        byte[] written = new byte[buffer.buffer().remaining()];
        buffer.buffer().get(written);
        return written;
    }

    private static byte[] decompressed(Compression compression, byte magic, byte[] bytes) throws IOException {
        try (InputStream in = compression.wrapForInput(ByteBuffer.wrap(bytes), magic, BufferSupplier.NO_CACHING)) {
            return in.readAllBytes();
        }
    }
}
