// SPDX-License-Identifier: Apache-2.0
package kwire.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BinaryNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.util.Collection;

/** Walks over data objects and their JSON together, to add what Kafka's converters leave out. */
final class JsonTrees {
    private JsonTrees() {
    }

    /** Kafka's converters write every non-null records field as empty: puts the real bytes into the tree. */
    static void putRecords(Schema.Struct struct, Object data, JsonNode value, int version)
            throws ReflectiveOperationException {
        for (Schema.Field field : struct.fields()) {
            JsonNode member = value.get(field.key());
            if (member == null || member.isNull() || !(field.isRecords() || field.struct() != null)) {
                continue;
            }
            Object content = get(data, field);
            if (field.isRecords()) {
                ((ObjectNode) value).set(field.key(), BinaryNode.valueOf(recordBytes(content)));
            } else if (field.array()) {
                int i = 0;
                for (Object element : (Collection<?>) content) {
                    putRecords(field.struct(), element, member.get(i++), version);
                }
            } else {
                putRecords(field.struct(), content, member, version);
            }
        }
    }

    /** The content of a field of one of Kafka's data objects. */
    static Object get(Object data, Schema.Field field) throws ReflectiveOperationException {
        return invoke(data, field.key());
    }

    static Object invoke(Object target, String method) throws ReflectiveOperationException {
        Method getter = target.getClass().getMethod(method);
        try {
            return getter.invoke(target);
        } catch (InvocationTargetException e) {
            throw new IllegalStateException(target.getClass().getSimpleName() + "." + method, e.getCause());
        }
    }

    /** MemoryRecords moved between packages from release to release, hence no cast. */
    private static byte[] recordBytes(Object records) throws ReflectiveOperationException {
        ByteBuffer buffer = ((ByteBuffer) invoke(records, "buffer")).duplicate();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }
}
