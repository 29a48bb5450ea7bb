// SPDX-License-Identifier: Apache-2.0
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Fills a running broker with the data that MakeDataDir lacks, mostly because it is large.
 *
 * <p>usage: FillBroker HOST:PORT first     before the broker restarts: data for the log cleaner
 *           FillBroker HOST:PORT second    after it: everything else; leaves a transaction open
 */
public final class FillBroker {
    private static final long START = 1_700_000_000_000L;
    private static final String[] CODECS = {"none", "gzip", "snappy", "lz4", "zstd"};
    private static final String OPEN_MILLISECONDS = "900000";

    private final String bootstrap;
    private final Admin admin;

    private FillBroker(String bootstrap) {
        this.bootstrap = bootstrap;
        this.admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
    }

    public static void main(String[] arguments) throws Exception {
        FillBroker fill = new FillBroker(arguments[0]);
        if (arguments[1].equals("first")) {
            fill.compact();
        } else {
            fill.endOpenTransaction();
            fill.fillLarge();
            fill.fillStamped();
            fill.fillOdd();
            fill.fillTimes();
            fill.fillAborted();
            fill.fillEmptied();
            fill.leaveOpen();
        }
        // No clean end: closing the producer would abort the transaction, which must stay open.
        Runtime.getRuntime().halt(0);
    }

    private void create(String name, int partitions, String... configs) throws Exception {
        Map<String, String> map = pairs(configs);
        map.putIfAbsent("retention.ms", "-1");
        map.putIfAbsent("segment.jitter.ms", "0");
        admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1).configs(map))).all().get();
    }

    private static Map<String, String> pairs(String... words) {
        Map<String, String> map = new TreeMap<>();
        for (int i = 0; i < words.length; i += 2) {
            map.put(words[i], words[i + 1]);
        }
        return map;
    }

    private KafkaProducer<byte[], byte[]> producer(String... configs) {
        Map<String, Object> map = new TreeMap<>(pairs(configs));
        map.put("bootstrap.servers", bootstrap);
        map.put("key.serializer", ByteArraySerializer.class);
        map.put("value.serializer", ByteArraySerializer.class);
        map.putIfAbsent("linger.ms", "20");
        return new KafkaProducer<>(map);
    }

    private KafkaProducer<byte[], byte[]> transactional(String id) {
        KafkaProducer<byte[], byte[]> producer = producer("transactional.id", id, "linger.ms", "0",
            "transaction.timeout.ms", OPEN_MILLISECONDS);
        producer.initTransactions();
        return producer;
    }

    private static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    private static ProducerRecord<byte[], byte[]> record(String topic, int partition, long time, String key,
                                                         String value, Header... headers) {
        return new ProducerRecord<>(topic, partition, START + time, bytes(key), bytes(value), List.of(headers));
    }

    /** Compressed batches with holes in them, tombstones, and batches with only a header. */
    private void compact() throws Exception {
        create("compacted-codecs", CODECS.length, "cleanup.policy", "compact", "segment.ms", "10000",
            "min.cleanable.dirty.ratio", "0.001", "delete.retention.ms", "864000000000");
        for (int p = 0; p < CODECS.length; p++) {
            try (KafkaProducer<byte[], byte[]> producer = producer("compression.type", CODECS[p])) {
                for (int i = 0; i < 60; i++) {
                    String value = i % 7 == 3 ? null : "version " + i;
                    String key = i == 20 || i == 22 ? "kept-" + i : "key-" + i * i % 11;
                    producer.send(record("compacted-codecs", p, i * 1000L, key, value));
                    if (i % 6 == 5) {
                        producer.flush();
                    }
                }
            }
            // Another producer replaces most and rolls the segment: the last batch of the first is left empty.
            try (KafkaProducer<byte[], byte[]> producer = producer("compression.type", CODECS[p])) {
                for (int i = 0; i < 11; i++) {
                    producer.send(record("compacted-codecs", p, 70_000 + i * 100, "key-" + i, "at last " + i));
                }
                producer.flush();
                producer.send(record("compacted-codecs", p, 100_000, "end", "in the active segment"));
            }
        }
        for (int p = 0; p < CODECS.length; p++) {
            awaitFewerThan(new TopicPartition("compacted-codecs", p), 15);
        }
    }

    private void awaitFewerThan(TopicPartition partition, int wanted) throws Exception {
        for (int i = 0; count(partition) >= wanted; i++) {
            if (i == 300) {
                throw new IllegalStateException("the log cleaner left " + partition + " alone for 30 seconds");
            }
            Thread.sleep(100);
        }
    }

    private int count(TopicPartition partition) {
        Map<String, Object> map = Map.of("bootstrap.servers", bootstrap,
            "key.deserializer", ByteArrayDeserializer.class, "value.deserializer", ByteArrayDeserializer.class);
        int found = 0;
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(map)) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<byte[], byte[]> ignored : consumer.poll(Duration.ofMillis(200))) {
                    found++;
                }
            }
        }
        return found;
    }

    /** The transaction left open by MakeDataDir would time out while clients read; a new owner ends it now. */
    private void endOpenTransaction() {
        try (KafkaProducer<byte[], byte[]> producer = transactional("gamma")) {
            producer.beginTransaction();
            producer.abortTransaction();
        }
    }

    /** Several segments of the smallest size that Kafka allows, in mixed codecs; and one record larger than a fetch. */
    private void fillLarge() throws Exception {
        Random random = new Random(1);
        create("large", 1, "segment.bytes", "1048576");
        for (String codec : CODECS) {
            try (KafkaProducer<byte[], byte[]> producer = producer("compression.type", codec)) {
                for (int i = 0; i < 700; i++) {
                    byte[] value = new byte[random.nextInt(1800)];
                    random.nextBytes(value);
                    producer.send(new ProducerRecord<>("large", 0, START + i, bytes("k" + i), value));
                }
            }
        }
        create("huge", 2, "max.message.bytes", "4000000");
        try (KafkaProducer<byte[], byte[]> producer = producer("max.request.size", "4000000")) {
            for (int i = 0; i < 6; i++) {
                byte[] value = new byte[i % 3 == 1 ? 2_500_000 : 100];
                random.nextBytes(value);
                producer.send(new ProducerRecord<>("huge", i % 2, START + i, bytes("k"), value)).get();
            }
        }
    }

    private void fillStamped() throws Exception {
        create("stamped", CODECS.length, "message.timestamp.type", "LogAppendTime");
        for (int p = 0; p < CODECS.length; p++) {
            try (KafkaProducer<byte[], byte[]> producer = producer("compression.type", CODECS[p])) {
                for (int i = 0; i < 12; i++) {
                    producer.send(record("stamped", p, i, "k" + i, "stamped by the broker"));
                    if (i % 4 == 3) {
                        producer.flush();
                        Thread.sleep(3);
                    }
                }
            }
        }
    }

    /** Null, empty and not-UTF-8 keys, values and header values; header names that repeat; the longest topic name. */
    private void fillOdd() throws Exception {
        create("odd", CODECS.length);
        byte[] notText = {(byte) 0xff, (byte) 0xfe, 0, '\n', '\r', '\t', '"'};
        byte[][] blobs = {null, {}, {0}, notText, bytes("\u00e4\u20ac\ud83d\ude00")};
        for (int p = 0; p < CODECS.length; p++) {
            try (KafkaProducer<byte[], byte[]> producer = producer("compression.type", CODECS[p])) {
                for (int i = 0; i < blobs.length * blobs.length; i++) {
                    byte[] key = blobs[i % blobs.length];
                    byte[] value = blobs[i / blobs.length];
                    List<Header> headers = i % 2 == 0 ? List.of()
                        : List.of(new RecordHeader("same", value), new RecordHeader("same", bytes("again")),
                            new RecordHeader("", key));
                    producer.send(new ProducerRecord<>("odd", p, START + i, key, value, headers));
                }
            }
        }
        String longest = String.join("", Collections.nCopies(249, "n"));
        create(longest, 1);
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            producer.send(record(longest, 0, 0, "k", "under a long name")).get();
        }
    }

    /** Timestamps that go back, repeat, are 0, and have their maximum inside a batch of an older segment. */
    private void fillTimes() throws Exception {
        long[] times = {5000, 1000, 1000, 9000, -START, 4000, 9000, 8999, 100_000, 99_999, 7000, 100_000, 3000, 50_000};
        create("times", CODECS.length, "segment.ms", "20000");
        for (int p = 0; p < CODECS.length; p++) {
            try (KafkaProducer<byte[], byte[]> producer = producer("compression.type", CODECS[p])) {
                for (int i = 0; i < times.length; i++) {
                    producer.send(record("times", p, times[i], "k" + i, "v" + i));
                    if (i % 3 == 2) {
                        producer.flush();
                    }
                }
            }
        }
    }

    /** Aborted and committed transactions of three producers, interleaved, over several segments. */
    private void fillAborted() throws Exception {
        create("aborted", 2, "segment.ms", "5000");
        try (KafkaProducer<byte[], byte[]> a = transactional("many-a");
             KafkaProducer<byte[], byte[]> b = transactional("many-b");
             KafkaProducer<byte[], byte[]> c = producer("linger.ms", "0", "compression.type", "lz4")) {
            for (int i = 0; i < 18; i++) {
                a.beginTransaction();
                b.beginTransaction();
                for (int j = 0; j < 3; j++) {
                    long time = i * 1000L + j;
                    a.send(record("aborted", j % 2, time, "a", "a-" + i + "-" + j)).get();
                    b.send(record("aborted", j % 2, time, "b", "b-" + i + "-" + j)).get();
                }
                c.send(record("aborted", i % 2, i * 1000L, "c", "c-" + i)).get();
                end(a, i % 3 == 0);
                b.send(record("aborted", 0, i * 1000L, "b", "b-" + i + "-last")).get();
                end(b, i % 4 != 0);
            }
        }
    }

    private static void end(KafkaProducer<byte[], byte[]> producer, boolean commit) {
        if (commit) {
            producer.commitTransaction();
        } else {
            producer.abortTransaction();
        }
    }

    private void fillEmptied() throws Exception {
        create("emptied", 3);
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            for (int i = 0; i < 30; i++) {
                producer.send(record("emptied", i % 2, i, "k" + i, "deleted, or in a batch the log begins in"));
            }
        }
        admin.deleteRecords(Map.of(
            new TopicPartition("emptied", 0), RecordsToDelete.beforeOffset(15),
            new TopicPartition("emptied", 1), RecordsToDelete.beforeOffset(7))).all().get();
    }

    private void leaveOpen() throws Exception {
        create("open", 2);
        KafkaProducer<byte[], byte[]> a = transactional("open-a");
        KafkaProducer<byte[], byte[]> b = transactional("open-b");
        b.beginTransaction();
        b.send(record("open", 0, 0, "b", "committed")).get();
        b.commitTransaction();
        a.beginTransaction();
        a.send(record("open", 0, 1, "a", "of an open transaction")).get();
        b.beginTransaction();
        b.send(record("open", 0, 2, "b", "aborted after the open one began")).get();
        b.abortTransaction();
        b.beginTransaction();
        b.send(record("open", 0, 3, "b", "committed after the open one began")).get();
        b.send(record("open", 1, 3, "b", "committed where nothing is open")).get();
        b.commitTransaction();
    }
}
