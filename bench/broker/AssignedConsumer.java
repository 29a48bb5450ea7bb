/* SPDX-License-Identifier: Apache-2.0 */
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** As ConsumerPerformance, but with assign() instead of a group. */
public final class AssignedConsumer {
    private AssignedConsumer() {
    }

    public static void main(String[] arguments) {
        String topic = arguments[1];
        int partitions = Integer.parseInt(arguments[2]);
        long count = Long.parseLong(arguments[3]);
        Properties settings = new Properties();
        settings.put("bootstrap.servers", arguments[0]);
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", "false");
        settings.put("receive.buffer.bytes", "2097152"); // as ConsumerPerformance
        settings.put("check.crcs", "false");
        settings.put("key.deserializer", ByteArrayDeserializer.class.getName());
        settings.put("value.deserializer", ByteArrayDeserializer.class.getName());
        List<TopicPartition> assigned = new ArrayList<>();
        for (int i = 0; i < partitions; i++)
            assigned.add(new TopicPartition(topic, i));
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings)) {
            consumer.assign(assigned);
            long began = System.nanoTime();
            long last = began;
            for (long seen = 0; seen < count;) {
                int more = consumer.poll(Duration.ofMillis(100)).count();
                seen += more;
                long now = System.nanoTime();
                if (more > 0)
                    last = now;
                else if (now - last > 20_000_000_000L)
                    throw new IllegalStateException(seen + " records within 20 s, of " + count);
            }
            System.out.println(count / ((last - began) / 1e9));
        }
    }
}
