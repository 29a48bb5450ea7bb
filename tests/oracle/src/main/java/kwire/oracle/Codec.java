// SPDX-License-Identifier: Apache-2.0
package kwire.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

/** Kafka's generated classes for one message: bytes, Java object and JSON, each made from the other. */
final class Codec {
    /** A message and how many bytes of the input it took. */
    record Decoded(Message message, int consumed) {
    }

    final Schema schema;
    private final Constructor<? extends Message> create;
    private final Method readJson;
    private final Method writeJson;

    Codec(Schema schema, String className) throws ReflectiveOperationException {
        this.schema = schema;
        Class<? extends Message> data = Class.forName(className).asSubclass(Message.class);
        Class<?> converter = Class.forName(className + "JsonConverter");
        create = data.getConstructor();
        readJson = converter.getMethod("read", JsonNode.class, short.class);
        writeJson = converter.getMethod("write", data, short.class, boolean.class);
    }

    Decoded decode(byte[] bytes, int version) throws Throwable {
        checkVersion(version);
        try {
            Message message = create.newInstance();
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            message.read(new ByteBufferAccessor(buffer), (short) version);
            return new Decoded(message, buffer.position());
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    byte[] encode(Message message, int version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, (short) version));
        message.write(new ByteBufferAccessor(buffer), cache, (short) version);
        if (buffer.hasRemaining()) {
            throw new IllegalStateException(schema.name() + ": size() and write() disagree");
        }
        return buffer.array();
    }

    Message fromJson(JsonNode value, int version) throws Throwable {
        checkVersion(version);
        try {
            return (Message) readJson.invoke(null, value, (short) version);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    /** The output of Kafka's converter, with the bytes of records fields, which it leaves empty. */
    JsonNode toJson(Message message, int version) throws Throwable {
        try {
            JsonNode value = (JsonNode) writeJson.invoke(null, message, (short) version, true);
            JsonTrees.putRecords(schema.body(), message, value, version);
            return value;
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private void checkVersion(int version) {
        if (!schema.versions().contains(version)) {
            throw new IllegalArgumentException(schema.name() + " has no version " + version);
        }
    }
}
