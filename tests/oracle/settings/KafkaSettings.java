/* SPDX-License-Identifier: Apache-2.0 */

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import kafka.server.KafkaConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.server.config.ConfigSynonym;
import org.apache.kafka.server.config.DynamicBrokerConfig;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * The settings of a broker and of a topic, one line each, tabs between the fields: scope, name, type, default, valid
 * values, update mode, broker settings that give a topic its default. "-" is an empty field; names that a user must not
 * set (internal ones) have a mode that says so.
 */
public final class KafkaSettings {
    private static final Map<String, String> MODES = DynamicBrokerConfig.dynamicConfigUpdateModes();

    private static String defaultOf(ConfigKey key) {
        if (!key.hasDefault())
            return "(required)";
        if (key.defaultValue == null)
            return "(null)";
        String text = ConfigDef.convertToString(key.defaultValue, key.type);
        return text.isEmpty() ? "(empty)" : text;
    }

    private static String modeOf(String scope, ConfigKey key) {
        String mode = scope.equals("topic") ? "topic" : MODES.getOrDefault(key.name, "read-only");
        return key.internalConfig ? mode + ",internal" : mode;
    }

    private static String validOf(ConfigKey key) {
        return key.validator == null ? "-" : key.validator.toString().replaceAll("\\$\\$Lambda.*", "").strip();
    }

    private static String synonymsOf(String scope, ConfigKey key) {
        List<ConfigSynonym> synonyms = scope.equals("topic")
                ? ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS.getOrDefault(key.name, List.of()) : List.of();
        String text = synonyms.stream().map(ConfigSynonym::name).collect(Collectors.joining(","));
        return text.isEmpty() ? "-" : text;
    }

    private static void print(String scope, Map<String, ConfigKey> keys) {
        for (ConfigKey key : new TreeMap<>(keys).values())
            System.out.println(String.join("\t", scope, key.name, key.type.name(), defaultOf(key), validOf(key),
                    modeOf(scope, key), synonymsOf(scope, key)));
    }

    public static void main(String[] args) {
        print("broker", KafkaConfig.configDef().configKeys());
        print("topic", LogConfig.configKeys());
    }
}
