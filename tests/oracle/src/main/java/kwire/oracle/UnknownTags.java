// SPDX-License-Identifier: Apache-2.0
package kwire.oracle;

import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.common.protocol.types.RawTaggedField;

/** Adds tagged fields that no schema has to the structs of a message. */
final class UnknownTags {
    private final Random random;
    private final RandomValues values;
    private final int version;
    private int added;

    UnknownTags(Random random, RandomValues values, int version) {
        this.random = random;
        this.values = values;
        this.version = version;
    }

    /** The number of tags that were added, possibly 0. */
    int addTo(Schema schema, Object message) throws ReflectiveOperationException {
        added = 0;
        if (schema.flexible().contains(version)) {
            visit(schema.body(), message);
        }
        return added;
    }

    private void visit(Schema.Struct struct, Object data) throws ReflectiveOperationException {
        if (random.nextInt(3) == 0) {
            add(struct, data);
        }
        for (Schema.Field field : struct.fields()) {
            boolean present = field.versions().contains(version) || field.isTagged(version);
            Object content = present && field.struct() != null ? JsonTrees.get(data, field) : null;
            if (content instanceof Collection<?> elements) {
                for (Object element : elements) {
                    visit(field.struct(), element);
                }
            } else if (content != null) {
                visit(field.struct(), content);
            }
        }
    }

    private void add(Schema.Struct struct, Object data) throws ReflectiveOperationException {
        Set<Integer> known = struct.fields().stream().map(Schema.Field::tag).filter(tag -> tag >= 0)
            .collect(Collectors.toSet());
        int above = known.stream().mapToInt(tag -> tag + 1).max().orElse(0);
        TreeSet<Integer> tags = new TreeSet<>();
        for (int wanted = 1 + random.nextInt(3); wanted > 0; wanted--) {
            tags.add(switch (random.nextInt(4)) {
                case 0 -> random.nextInt(above + 2);
                case 1 -> 120 + random.nextInt(20);
                case 2 -> 10000 + random.nextInt(20000);
                default -> above + random.nextInt(4);
            });
        }
        tags.removeAll(known);
        @SuppressWarnings("unchecked")
        List<RawTaggedField> fields = (List<RawTaggedField>) JsonTrees.invoke(data, "unknownTaggedFields");
        for (int tag : tags) {
            fields.add(new RawTaggedField(tag, values.bytes()));
        }
        added += tags.size();
    }
}
