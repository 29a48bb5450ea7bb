// SPDX-License-Identifier: Apache-2.0
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Clients of a broker that may be killed at any time, and may not answer. */
final class Clients {
    final String address;
    private final int requestTimeoutMs;

    Clients(String address) {
        this(address, 0);
    }

    /** Others than the usual timeouts, unless it is 0. */
    Clients(String address, int requestTimeoutMs) {
        this.address = address;
        this.requestTimeoutMs = requestTimeoutMs;
    }

    private Map<String, Object> settings(Map<String, Object> more) {
        Map<String, Object> all = new HashMap<>(Map.of("bootstrap.servers", address, "reconnect.backoff.ms", 20,
                "reconnect.backoff.max.ms", 200, "retry.backoff.ms", 20, "retry.backoff.max.ms", 200));
        if (requestTimeoutMs > 0) {
            all.put("request.timeout.ms", requestTimeoutMs);
        }
        all.putAll(more);
        return all;
    }

    private Map<String, Object> producing(Map<String, Object> more) {
        Map<String, Object> all = settings(more);
        if (requestTimeoutMs > 0) {
            all.putAll(Map.of("delivery.timeout.ms", 2 * requestTimeoutMs, "max.block.ms", 3 * requestTimeoutMs));
        }
        return all;
    }

    private Map<String, Object> consuming(Map<String, Object> more) {
        Map<String, Object> all = settings(more);
        if (requestTimeoutMs > 0) {
            all.put("default.api.timeout.ms", 4 * requestTimeoutMs);
        }
        return all;
    }

    KafkaProducer<String, String> producer() {
        return new KafkaProducer<>(producing(Map.of()), new StringSerializer(), new StringSerializer());
    }

    KafkaProducer<String, String> producer(String transactionalId, int timeoutMs) {
        return new KafkaProducer<>(producing(Map.of("transactional.id", transactionalId, "transaction.timeout.ms",
                timeoutMs, "linger.ms", 0)), new StringSerializer(), new StringSerializer());
    }

    KafkaConsumer<String, String> member(String group, String protocol, int mostRecords) {
        Map<String, Object> own = new HashMap<>(Map.of("group.id", group, "group.protocol", protocol,
                "enable.auto.commit", false, "auto.offset.reset", "earliest", "isolation.level", "read_committed",
                "max.poll.records", mostRecords));
        if (protocol.equals("classic")) {
            own.putAll(Map.of("session.timeout.ms", requestTimeoutMs > 0 ? 3 * requestTimeoutMs : 6000,
                    "heartbeat.interval.ms", 500));
        }
        return new KafkaConsumer<>(consuming(own), new StringDeserializer(), new StringDeserializer());
    }

    KafkaConsumer<String, String> reader(String isolation) {
        return new KafkaConsumer<>(consuming(Map.of("isolation.level", isolation, "auto.offset.reset", "earliest")),
                new StringDeserializer(), new StringDeserializer());
    }

    Admin admin() {
        return Admin.create(settings(Map.of()));
    }

    /** Creates topics, or finds that an earlier attempt has. */
    void create(Set<String> names, int partitions) throws InterruptedException, ExecutionException {
        try (Admin admin = admin()) {
            for (String name : names) {
                try {
                    admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1))).all().get();
                } catch (ExecutionException failure) {
                    if (!(failure.getCause() instanceof TopicExistsException)) {
                        throw failure;
                    }
                }
            }
        }
    }

    /** 0 removes it. */
    void setFeature(String name, int level) throws InterruptedException, ExecutionException {
        try (Admin admin = admin()) {
            FinalizedVersionRange now = admin.describeFeatures().featureMetadata().get().finalizedFeatures().get(name);
            int before = now == null ? 0 : now.maxVersionLevel();
            if (before != level) {
                FeatureUpdate.UpgradeType type = before < level ? FeatureUpdate.UpgradeType.UPGRADE
                        : FeatureUpdate.UpgradeType.SAFE_DOWNGRADE;
                admin.updateFeatures(Map.of(name, new FeatureUpdate((short) level, type)), new UpdateFeaturesOptions())
                        .all().get();
            }
        }
    }

    static List<TopicPartition> partitions(String topic, int count) {
        List<TopicPartition> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(new TopicPartition(topic, i));
        }
        return all;
    }
}
