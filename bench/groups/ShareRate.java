/* SPDX-License-Identifier: Apache-2.0 */
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * ShareRate TOPIC PARTITIONS MEMBERS RECORDS ROUNDS HOST:PORT:PID...: in each round, for each broker in turn, a new
 * share group reads and acknowledges the records of the topic; one line a round with, for each broker, records a second
 * from the first record to the last, and microseconds of the broker's processor time for each record meanwhile.
 */
public final class ShareRate {
    private static final long PATIENCE = 60_000_000_000L;
    private static final int BYTES = 100;

    /** One round of one broker. */
    private static final class Round {
        private final String address;
        private final String topic;
        private final String group = "share-" + UUID.randomUUID();
        private final int records;
        private final ProcessHandle broker;
        private final AtomicInteger found = new AtomicInteger();
        private final AtomicBoolean hasBegun = new AtomicBoolean();
        private final AtomicLong began = new AtomicLong();
        private final AtomicLong ended = new AtomicLong();
        private final AtomicLong busy = new AtomicLong();

        private Round(String broker, String topic, int records) {
            int colon = broker.lastIndexOf(':');
            this.address = broker.substring(0, colon);
            this.broker = ProcessHandle.of(Long.parseLong(broker.substring(colon + 1))).orElseThrow();
            this.topic = topic;
            this.records = records;
        }

        private long processorTime() {
            return broker.info().totalCpuDuration().orElseThrow().toNanos();
        }

        private void startAtEarliest() throws Exception {
            ConfigResource resource = new ConfigResource(ConfigResource.Type.GROUP, group);
            AlterConfigOp set = new AlterConfigOp(new ConfigEntry("share.auto.offset.reset", "earliest"),
                    AlterConfigOp.OpType.SET);
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
                admin.incrementalAlterConfigs(Map.of(resource, List.of(set))).all().get();
            }
        }

        private void consume() {
            long start = System.nanoTime();
            try (KafkaShareConsumer<byte[], byte[]> consumer = new KafkaShareConsumer<>(
                    Map.of("bootstrap.servers", address, "group.id", group), new ByteArrayDeserializer(),
                    new ByteArrayDeserializer())) {
                consumer.subscribe(List.of(topic));
                while (found.get() < records) {
                    int more = consumer.poll(Duration.ofMillis(200)).count();
                    if (more > 0 && hasBegun.compareAndSet(false, true)) {
                        busy.set(processorTime());
                        began.set(System.nanoTime());
                    }
                    if (more > 0 && found.addAndGet(more) >= records)
                        ended.compareAndSet(0, System.nanoTime());
                    if (System.nanoTime() - start > PATIENCE)
                        throw new IllegalStateException(found + " records within 60 s");
                }
                consumer.commitSync();
            }
        }

        private String run(int members) throws Exception {
            startAtEarliest();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < members; i++)
                threads.add(new Thread(this::consume));
            threads.forEach(Thread::start);
            for (Thread thread : threads)
                thread.join();
            if (ended.get() == 0)
                throw new IllegalStateException("not all records were found");
            return records / ((ended.get() - began.get()) / 1e9) + " " + (processorTime() - busy.get()) / 1e3 / records;
        }
    }

    private ShareRate() {
    }

    private static void produce(String address, String topic, int partitions, int records) {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(Map.of("bootstrap.servers", address),
                new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int i = 0; i < records; i++)
                producer.send(new ProducerRecord<>(topic, i % partitions, null, new byte[BYTES]));
        }
    }

    public static void main(String[] arguments) throws Exception {
        String topic = arguments[0];
        int partitions = Integer.parseInt(arguments[1]);
        int members = Integer.parseInt(arguments[2]);
        int records = Integer.parseInt(arguments[3]);
        int rounds = Integer.parseInt(arguments[4]);
        List<String> brokers = List.of(arguments).subList(5, arguments.length);
        for (String broker : brokers)
            produce(broker.substring(0, broker.lastIndexOf(':')), topic, partitions, records);
        for (int round = 0; round < rounds; round++) {
            StringBuilder line = new StringBuilder();
            for (String broker : brokers)
                line.append(new Round(broker, topic, records).run(members)).append(' ');
            System.out.println(line);
        }
    }
}
