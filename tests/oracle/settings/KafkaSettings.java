/* SPDX-License-Identifier: Apache-2.0 */

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import kafka.server.KafkaConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.apache.kafka.server.config.ConfigSynonym;
import org.apache.kafka.server.config.DynamicBrokerConfig;
import org.apache.kafka.server.config.DynamicConfig;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.apache.kafka.server.metrics.ClientMetricsConfigs;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * Kafka's settings of brokers, topics, groups and client metrics, one line each, "|" between the fields:
 *
 * settings: scope, name, type, default, valid values, update mode, broker settings that give a topic its default.
 * values: scope, name, value, then "ok" and the value as Kafka prints it, or "bad" and Kafka's message. One setting of
 * each type and each kind of valid values is tested.
 *
 * "-" is an empty field.
 */
public final class KafkaSettings {
    private static final Map<String, String> MODES = DynamicBrokerConfig.dynamicConfigUpdateModes();
    private static final Map<String, ConfigKey> BROKER = KafkaConfig.configDef().configKeys();
    /** Not tested: only Kafka can look for classes, and passwords are not shown. */
    private static final List<ConfigDef.Type> UNASKED = List.of(ConfigDef.Type.CLASS, ConfigDef.Type.PASSWORD);
    private static final List<String> VALUES = List.of(
            "", " ", "x", "0", "1", "-1", "+7", " 08 ", "-0", "--1", "+", "1 2", "1.0", "0x10", "32767", "32768",
            "-32769", "2147483647", "2147483648", "-2147483648", "9223372036854775807", "9223372036854775808",
            "-9223372036854775809", "0.5", "0.25", ".5", "1e2", "1e-5", "12345678.9", "1e400", "NaN", "nan",
            "Infinity", "inf", "1d", "0x1p3", "0x1", "true", " FALSE ", "yes", "a,b", " a , b ", "a,a", "a,,b",
            ",a", "a,", ",", "*", "1:2", "1:2,3:4", "1:2,x", "1@h:9", "h:9", "1@h", ":9", "h:x");

    private static final List<String> DURATIONS = List.of(
            "PT1H", "P1D", "P1DT2H3M4.5S", "-PT1H", "PT-1H", "PT0S", "-PT0S", "P", "PT", "P1DT", "pt1h2m", "P1Y",
            "PT1M1H", "PT1.5H", "PT.5S", "PT-0.5S", "-PT-0.5S", "-PT0.5S", "PT1.S", "PT1,5S", "PT1.1234567890S",
            "PT1H-1M", "+PT+1H", "P-1DT25H", "PT9223372036854775807S", "PT9223372036854775808S",
            "P106751991167301D", " PT1H", "PT1H ", "P1H", "1H", "PT1S1S");

    private static boolean flag(Object object, String field) {
        try {
            var f = object.getClass().getDeclaredField(field);
            f.setAccessible(true);
            return f.getBoolean(object);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String defaultOf(ConfigKey key) {
        if (!key.hasDefault())
            return "(required)";
        if (key.defaultValue == null)
            return "(null)";
        String text = ConfigDef.convertToString(key.defaultValue, key.type);
        return text.isEmpty() ? "(empty)" : text;
    }

    /** ConfigDefs that Kafka keeps to itself. */
    private static Map<String, ConfigKey> keysOf(Class<?> owner) {
        for (var field : owner.getDeclaredFields()) {
            if (field.getType() != ConfigDef.class)
                continue;
            try {
                field.setAccessible(true);
                return new TreeMap<>(((ConfigDef) field.get(null)).configKeys());
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }
        throw new IllegalStateException("no settings: " + owner);
    }

    private static String modeOf(String scope, ConfigKey key) {
        String mode = !scope.equals("broker") ? scope : MODES.getOrDefault(key.name, "read-only");
        return key.internalConfig ? mode + ",internal" : mode;
    }

    private static String validOf(ConfigKey key) {
        if (key.validator == null)
            return "-";
        return switch (key.validator.getClass().getSimpleName()) {
            case "ValidList" -> {
                String values = key.validator.toString();
                yield (values.isEmpty() ? "list" : values)
                        + (flag(key.validator, "isEmptyAllowed") ? "" : ", not empty");
            }
            case "ThrottledReplicaListValidator" -> "partition:broker,... or *";
            case "ControllerQuorumVotersValidator" -> "id@host:port,...";
            case "ControllerQuorumBootstrapServersValidator" -> "host:port,...";
            default -> key.validator.toString().strip();
        };
    }

    private static String synonymsOf(String scope, ConfigKey key) {
        if (scope.equals("group"))
            return BROKER.containsKey("group." + key.name) ? "group." + key.name
                    : key.name.equals("streams.assignor.name") ? "group.streams.assignors" : "-";
        List<ConfigSynonym> synonyms = scope.equals("topic")
                ? ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS.getOrDefault(key.name, List.of()) : List.of();
        String text = synonyms.stream().map(ConfigSynonym::name).collect(Collectors.joining(","));
        return text.isEmpty() ? "-" : text;
    }

    private static void printSettings(String scope, Map<String, ConfigKey> keys) {
        for (ConfigKey key : keys.values())
            System.out.println(String.join("|", scope, key.name, key.type.name().toLowerCase(), defaultOf(key),
                    validOf(key), modeOf(scope, key), synonymsOf(scope, key)));
    }

    private static String verdict(ConfigKey key, String text) {
        try {
            Object value = ConfigDef.parseType(key.name, text, key.type);
            if (key.validator != null)
                key.validator.ensureValid(key.name, value);
            return "ok|" + ConfigDef.convertToString(value, key.type);
        } catch (ConfigException e) {
            return "bad|" + e.getMessage();
        }
    }

    /** All values for the first setting of a type and kind; for the others those at the limits of the valid range. */
    private static Set<String> valuesFor(ConfigKey key, Set<String> kinds) {
        Set<String> values = new LinkedHashSet<>();
        String valid = validOf(key);
        if (UNASKED.contains(key.type) || !kinds.add(key.type + " " + valid))
            return values;
        if (kinds.add("kind " + key.type + " " + valid.replaceAll("-?[0-9.,]+", "").replaceAll("^\\[.+", "")))
            values.addAll(VALUES);
        if (valid.matches("\\[-?\\d+,.*")) {
            for (String number : valid.replaceAll("[^-0-9]+", " ").strip().split(" ")) {
                values.add(number);
                values.add(String.valueOf(Long.parseLong(number) - 1));
                values.add(String.valueOf(Long.parseLong(number) + 1));
            }
        } else if (valid.contains("by_duration")) {
            for (String text : DURATIONS)
                values.add("by_duration:" + text);
            values.addAll(List.of("latest", "Latest", "earliest ", "latest,earliest", "by_duration", "by_duration:"));
        } else if (valid.contains("[")) {
            List<String> names = List.of(valid.replaceAll(".*\\[|\\].*", "").split(", "));
            for (String name : names) {
                values.add(name);
                values.add(name.toUpperCase());
                values.add(name.toLowerCase());
                values.add(name + "," + name);
            }
            values.add(String.join(" , ", names));
        }
        return values;
    }

    private static void printValues(String scope, Map<String, ConfigKey> keys, Set<String> kinds) {
        for (ConfigKey key : keys.values())
            for (String value : valuesFor(key, kinds))
                System.out.println(String.join("|", scope, key.name, value, verdict(key, value)));
    }

    public static void main(String[] args) {
        Map<String, ConfigKey> broker = new TreeMap<>(DynamicConfig.Broker.configKeys());
        broker.keySet().retainAll(MODES.keySet());
        broker.putAll(KafkaConfig.configDef().configKeys());
        Map<String, ConfigKey> topic = new TreeMap<>(LogConfig.configKeys());
        Map<String, ConfigKey> group = keysOf(GroupConfig.class);
        Map<String, ConfigKey> metrics = keysOf(ClientMetricsConfigs.class);
        if (args[0].equals("settings")) {
            printSettings("broker", broker);
            printSettings("topic", topic);
            printSettings("group", group);
            printSettings("client-metrics", metrics);
        } else {
            Set<String> kinds = new LinkedHashSet<>();
            printValues("broker", broker, kinds);
            printValues("topic", topic, kinds);
            printValues("group", group, kinds);
            printValues("client-metrics", metrics, kinds);
        }
    }
}
