// SPDX-License-Identifier: Apache-2.0
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Clients of a broker that may be killed at any time. */
final class Clients {
    final String address;

    Clients(String address) {
        this.address = address;
    }

    private Map<String, Object> settings(Map<String, Object> more) {
        Map<String, Object> all = new HashMap<>(Map.of("bootstrap.servers", address, "reconnect.backoff.ms", 20,
                "reconnect.backoff.max.ms", 200, "retry.backoff.ms", 20, "retry.backoff.max.ms", 200));
        all.putAll(more);
        return all;
    }

    KafkaProducer<String, String> producer() {
        return new KafkaProducer<>(settings(Map.of()), new StringSerializer(), new StringSerializer());
    }

    KafkaProducer<String, String> producer(String transactionalId, int timeoutMs) {
        return new KafkaProducer<>(settings(Map.of("transactional.id", transactionalId, "transaction.timeout.ms",
                timeoutMs, "linger.ms", 0)), new StringSerializer(), new StringSerializer());
    }

    KafkaConsumer<String, String> member(String group, String protocol, int mostRecords) {
        Map<String, Object> own = new HashMap<>(Map.of("group.id", group, "group.protocol", protocol,
                "enable.auto.commit", false, "auto.offset.reset", "earliest", "isolation.level", "read_committed",
                "max.poll.records", mostRecords));
        if (protocol.equals("classic")) {
            own.putAll(Map.of("session.timeout.ms", 6000, "heartbeat.interval.ms", 500));
        }
        return new KafkaConsumer<>(settings(own), new StringDeserializer(), new StringDeserializer());
    }

    KafkaConsumer<String, String> reader(String isolation) {
        return new KafkaConsumer<>(settings(Map.of("isolation.level", isolation, "auto.offset.reset", "earliest")),
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

    static List<TopicPartition> partitions(String topic, int count) {
        List<TopicPartition> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(new TopicPartition(topic, i));
        }
        return all;
    }
}
