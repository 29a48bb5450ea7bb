// SPDX-License-Identifier: Apache-2.0
package kwire.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** One line of generate's output. */
record Line(String message, int version, String hex, JsonNode value, boolean unknownTags) {
    ObjectNode toJson() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("message", message).put("version", version).put("hex", hex).set("value", value);
        if (unknownTags) {
            json.put("unknownTags", true);
        }
        return json;
    }
}
