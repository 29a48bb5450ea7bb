// SPDX-License-Identifier: Apache-2.0
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/** Connected HOST:PORT TOPIC PARTITIONS COUNT: each partition must get the numbers below COUNT, each once, in order. */
public final class Connected {
    private static final long PATIENCE_MS = 240_000;
    private static final Duration QUIET = Duration.ofSeconds(1);

    private Connected() {
    }

    private static void follow(Clients clients, String topic, int partitions, int count) {
        Map<Integer, Integer> next = new HashMap<>();
        long deadline = System.currentTimeMillis() + PATIENCE_MS;
        try (KafkaConsumer<String, String> consumer = clients.reader("read_committed")) {
            List<TopicPartition> all = Clients.partitions(topic, partitions);
            consumer.assign(all);
            consumer.seekToBeginning(all);
            while (next.values().stream().filter(number -> number == count).count() < partitions) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                    int number = next.getOrDefault(record.partition(), 0);
                    if (!record.value().equals(String.valueOf(number))) {
                        throw new IllegalStateException(topic + "-" + record.partition() + " has " + record.value()
                                + " at offset " + record.offset() + ", not " + number);
                    }
                    next.put(record.partition(), number + 1);
                }
                if (System.currentTimeMillis() > deadline) {
                    throw new IllegalStateException("of " + count + " numbers each partition has " + next);
                }
            }
            if (!consumer.poll(QUIET).isEmpty()) {
                throw new IllegalStateException(topic + " has more than " + count + " numbers");
            }
        }
    }

    public static void main(String[] arguments) {
        int partitions = Integer.parseInt(arguments[2]);
        int count = Integer.parseInt(arguments[3]);
        try {
            follow(new Clients(arguments[0]), arguments[1], partitions, count);
        } catch (IllegalStateException | KafkaException failure) {
            System.out.println("FAILED " + failure);
            Runtime.getRuntime().halt(1);
        }
        System.out.printf("ok %d tasks have written %d numbers, each once, in order%n", partitions, count);
    }
}
