/* SPDX-License-Identifier: Apache-2.0 */
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * FirstPoll PROTOCOL TOPIC PARTITIONS ROUNDS HOST:PORT...: in each round, for each broker in turn, the milliseconds
 * from a consumer's construction, as the first member of a group of its own, until poll() returns records; one line a
 * round.
 */
public final class FirstPoll {
    private static final int RECORDS = 100; // of each partition
    private static final long PATIENCE = 30_000_000_000L;

    private FirstPoll() {
    }

    private static void produce(String address, String topic, int partitions) {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(Map.of("bootstrap.servers", address),
                new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int i = 0; i < partitions * RECORDS; i++)
                producer.send(new ProducerRecord<>(topic, i % partitions, null, new byte[100]));
        }
    }

    private static double milliseconds(String protocol, String topic, String address) {
        Map<String, Object> settings = Map.of("bootstrap.servers", address, "group.protocol", protocol, "group.id",
                "first-poll-" + UUID.randomUUID(), "auto.offset.reset", "earliest", "enable.auto.commit", "false");
        long began = System.nanoTime();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            consumer.subscribe(List.of(topic));
            while (consumer.poll(Duration.ofSeconds(10)).isEmpty())
                if (System.nanoTime() - began > PATIENCE)
                    throw new IllegalStateException("no records within 30 s");
            return (System.nanoTime() - began) / 1e6;
        }
    }

    public static void main(String[] arguments) {
        String protocol = arguments[0];
        String topic = arguments[1];
        int partitions = Integer.parseInt(arguments[2]);
        int rounds = Integer.parseInt(arguments[3]);
        List<String> addresses = List.of(arguments).subList(4, arguments.length);
        addresses.forEach(address -> produce(address, topic, partitions));
        for (int round = 0; round < rounds; round++) {
            StringBuilder line = new StringBuilder();
            for (String address : addresses)
                line.append(milliseconds(protocol, topic, address)).append(' ');
            System.out.println(line);
        }
    }
}
