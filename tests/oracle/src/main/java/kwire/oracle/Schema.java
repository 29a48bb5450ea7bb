// SPDX-License-Identifier: Apache-2.0
package kwire.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One message as its schema describes it. */
record Schema(String name, String kind, Versions versions, Versions flexible, Struct body) {

    /** The fields of a message or of one of its structs. */
    record Struct(String name, List<Field> fields) {
    }

    /** A field; struct is null unless the (element) type is a struct. */
    record Field(String name, String type, boolean array, Struct struct, Versions versions, Versions nullable,
                 int tag, Versions tagged, String defaultValue) {

        /** The name of the field in JSON and of its getter in Java. */
        String key() {
            return Character.toLowerCase(name.charAt(0)) + name.substring(1);
        }

        boolean isTagged(int version) {
            return tag >= 0 && tagged.contains(version);
        }

        boolean isRecords() {
            return type.equals("records");
        }
    }

    static Schema parse(JsonNode json) {
        Map<String, JsonNode> common = new HashMap<>();
        for (JsonNode struct : json.path("commonStructs")) {
            common.put(struct.get("name").asText(), struct.get("fields"));
        }
        String name = json.get("name").asText();
        return new Schema(name, json.get("type").asText(),
            Versions.parse(json.get("validVersions").asText()),
            Versions.parse(json.path("flexibleVersions").asText(null)),
            new Struct(name, fields(json.path("fields"), common)));
    }

    private static List<Field> fields(JsonNode list, Map<String, JsonNode> common) {
        List<Field> fields = new ArrayList<>();
        for (JsonNode json : list) {
            fields.add(field(json, common));
        }
        return List.copyOf(fields);
    }

    private static Field field(JsonNode json, Map<String, JsonNode> common) {
        String declared = json.get("type").asText();
        boolean array = declared.startsWith("[]");
        String type = array ? declared.substring(2) : declared;
        Struct struct = null;
        if (json.has("fields")) {
            struct = new Struct(type, fields(json.get("fields"), common));
        } else if (common.containsKey(type)) {
            struct = new Struct(type, fields(common.get(type), common));
        } else if (Character.isUpperCase(type.charAt(0))) {
            throw new IllegalArgumentException(json.get("name").asText() + ": unknown struct " + type);
        }
        String tagged = json.path("taggedVersions").asText(null);
        return new Field(json.get("name").asText(), type, array, struct,
            Versions.parse(json.path("versions").asText(tagged)),
            Versions.parse(json.path("nullableVersions").asText(null)),
            json.path("tag").asInt(-1),
            Versions.parse(tagged),
            json.hasNonNull("default") ? json.get("default").asText() : null);
    }
}
