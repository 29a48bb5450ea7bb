// SPDX-License-Identifier: Apache-2.0

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Fills a running broker, so that its data directory has one of each thing, and writes what a consumer reads.
 *
 * <p>usage: MakeDataDir.java HOST:PORT first            creates the topics and most of the records
 *           MakeDataDir.java HOST:PORT second FILE      after a restart: deletes, leaves a transaction open, reads all
 */
public final class MakeDataDir {
    private static final long START = 1_700_000_000_000L;
    private static final Base64.Encoder BASE64 = Base64.getEncoder();

    private final String bootstrap;
    private final Admin admin;

    private MakeDataDir(String bootstrap) {
        this.bootstrap = bootstrap;
        this.admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
    }

    public static void main(String[] args) throws Exception {
        MakeDataDir made = new MakeDataDir(args[0]);
        if (args[1].equals("first")) {
            made.createTopics();
            made.fillPlain();
            made.fillRolled();
            made.fillCodecs();
            made.fillCompacted();
            made.fillTransactions();
            made.commitOffsets();
            made.alterConfigs();
        } else {
            made.second();
            made.leaveOpen();
            new ObjectMapper().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
                .writeValue(Path.of(args[2]).toFile(), made.readAll());
        }
        // Without a clean shutdown: closing the producer would abort the transaction, which must stay open.
        Runtime.getRuntime().halt(0);
    }

    private static NewTopic topic(String name, int partitions, String... configs) {
        Map<String, String> map = new TreeMap<>();
        for (int i = 0; i < configs.length; i += 2) {
            map.put(configs[i], configs[i + 1]);
        }
        map.putIfAbsent("index.interval.bytes", "100");
        map.putIfAbsent("segment.jitter.ms", "0");
        map.putIfAbsent("retention.ms", "-1");
        return new NewTopic(name, partitions, (short) 1).configs(map);
    }

    private void createTopics() throws Exception {
        admin.createTopics(List.of(
            topic("plain", 3),
            topic("a-b.c_1-2", 1, "message.timestamp.type", "LogAppendTime"),
            topic("rolled", 1, "segment.ms", "10000"),
            topic("codecs", 5),
            topic("compacted", 1, "cleanup.policy", "compact", "segment.ms", "10000",
                "min.cleanable.dirty.ratio", "0.001", "delete.retention.ms", "864000000000"),
            topic("transactions", 2),
            topic("empty", 2),
            topic("deleted", 1))).all().get();
    }

    private KafkaProducer<byte[], byte[]> producer(String... configs) {
        Map<String, Object> map = new TreeMap<>();
        map.put("bootstrap.servers", bootstrap);
        map.put("key.serializer", ByteArraySerializer.class);
        map.put("value.serializer", ByteArraySerializer.class);
        map.put("linger.ms", "50");
        for (int i = 0; i < configs.length; i += 2) {
            map.put(configs[i], configs[i + 1]);
        }
        return new KafkaProducer<>(map);
    }

    private static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    private static ProducerRecord<byte[], byte[]> record(String topic, int partition, long time, String key,
                                                         String value, Header... headers) {
        return new ProducerRecord<>(topic, partition, START + time, bytes(key), bytes(value), List.of(headers));
    }

    private void fillPlain() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            for (int i = 0; i < 12; i++) {
                String key = i % 3 == 0 ? null : "key-" + i;
                producer.send(record("plain", i % 2, i * 1000L, key, "value-" + i,
                    new RecordHeader("n", bytes("" + i)), new RecordHeader("nothing", null)));
                if (i % 4 == 3) {
                    producer.flush();
                }
            }
            producer.send(record("plain", 1, 500, "late", "older than what is before it")).get();
            producer.send(record("plain", 2, 20_000, null, null)).get();
            producer.send(record("plain", 2, 21_000, "", "")).get();
            producer.send(record("a-b.c_1-2", 0, 0, "k", "stamped by the broker")).get();
            producer.send(record("deleted", 0, 0, "k", "gone")).get();
        }
    }

    private void fillRolled() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = producer("enable.idempotence", "false", "acks", "1")) {
            for (int i = 0; i < 40; i++) {
                producer.send(record("rolled", 0, i * 1500L, "k" + i, "the record number " + i)).get();
            }
        }
        admin.deleteRecords(Map.of(new TopicPartition("rolled", 0), RecordsToDelete.beforeOffset(10))).all().get();
    }

    private void fillCodecs() throws Exception {
        String[] codecs = {"none", "gzip", "snappy", "lz4", "zstd"};
        for (int p = 0; p < codecs.length; p++) {
            try (KafkaProducer<byte[], byte[]> producer = producer("compression.type", codecs[p])) {
                for (int i = 0; i < 10; i++) {
                    producer.send(record("codecs", p, i * 10L, "key", codecs[p] + " repeats ".repeat(5) + i));
                }
            }
        }
    }

    private void fillCompacted() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            for (int i = 0; i < 24; i++) {
                String value = i % 8 == 5 ? null : "version " + i;
                producer.send(record("compacted", 0, i * 2000L, "key-" + i % 5, value)).get();
            }
        }
        TopicPartition partition = new TopicPartition("compacted", 0);
        for (int i = 0; read(List.of(partition), "read_uncommitted").get(partition).size() >= 20; i++) {
            if (i == 600) {
                throw new IllegalStateException("the log cleaner did nothing in a minute");
            }
            Thread.sleep(100);
        }
    }

    private KafkaProducer<byte[], byte[]> transactional(String id) {
        KafkaProducer<byte[], byte[]> producer = producer("transactional.id", id);
        producer.initTransactions();
        return producer;
    }

    private void fillTransactions() throws Exception {
        try (KafkaProducer<byte[], byte[]> a = transactional("alpha");
             KafkaProducer<byte[], byte[]> b = transactional("beta")) {
            a.beginTransaction();
            b.beginTransaction();
            a.send(record("transactions", 0, 0, "a", "committed")).get();
            b.send(record("transactions", 0, 1, "b", "aborted")).get();
            a.send(record("transactions", 1, 2, "a", "committed too")).get();
            a.commitTransaction();
            b.send(record("transactions", 0, 3, "b", "aborted as well")).get();
            b.abortTransaction();
            a.beginTransaction();
            a.send(record("transactions", 0, 4, "a", "aborted later")).get();
            a.abortTransaction();
            b.beginTransaction();
            b.send(record("transactions", 0, 5, "b", "committed at last")).get();
            b.commitTransaction();
        }
    }

    private void commitOffsets() {
        Map<String, Object> map = Map.of("bootstrap.servers", bootstrap, "group.id", "readers",
            "auto.offset.reset", "earliest", "key.deserializer", ByteArrayDeserializer.class,
            "value.deserializer", ByteArrayDeserializer.class);
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(map)) {
            consumer.subscribe(List.of("plain"));
            for (int n = 0; n < 15;) {
                n += consumer.poll(Duration.ofSeconds(1)).count();
            }
            consumer.commitSync();
        }
    }

    private static AlterConfigOp set(String name, String value) {
        return new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
    }

    private void alterConfigs() throws Exception {
        ConfigResource plain = new ConfigResource(ConfigResource.Type.TOPIC, "plain");
        ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
        ConfigResource brokers = new ConfigResource(ConfigResource.Type.BROKER, "");
        admin.incrementalAlterConfigs(Map.of(
            plain, List.of(set("max.message.bytes", "65536"), set("segment.bytes", "1048576")),
            broker, List.of(set("log.cleaner.threads", "2")),
            brokers, List.of(set("message.max.bytes", "2000000")))).all().get();
        admin.incrementalAlterConfigs(Map.of(plain, List.of(
            new AlterConfigOp(new ConfigEntry("segment.bytes", ""), AlterConfigOp.OpType.DELETE)))).all().get();
        admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion("someone",
            new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096), bytes("secret"), bytes("salt")))).all().get();
        admin.alterClientQuotas(List.of(new ClientQuotaAlteration(
            new ClientQuotaEntity(Map.of(ClientQuotaEntity.USER, "someone")),
            List.of(new ClientQuotaAlteration.Op("consumer_byte_rate", 1e6))))).all().get();
    }

    private void second() throws Exception {
        admin.createPartitions(Map.of("plain", NewPartitions.increaseTo(4))).all().get();
        admin.createTopics(List.of(topic("late", 1))).all().get();
        admin.deleteTopics(List.of("deleted")).all().get();
        try (KafkaProducer<byte[], byte[]> producer = producer("compression.type", "lz4")) {
            producer.send(record("plain", 0, 30_000, "second", "in a later leader epoch")).get();
            producer.send(record("plain", 3, 31_000, "second", "in a new partition")).get();
            producer.send(record("rolled", 0, 100_000, "second", "in a new segment")).get();
        }
    }

    private void leaveOpen() throws Exception {
        KafkaProducer<byte[], byte[]> producer = transactional("gamma");
        producer.beginTransaction();
        producer.send(record("transactions", 1, 6, "c", "of an open transaction")).get();
        try (KafkaProducer<byte[], byte[]> other = producer()) {
            other.send(record("transactions", 1, 7, "d", "after the open transaction began")).get();
        }
    }

    private Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> read(Collection<TopicPartition> partitions,
                                                                             String isolation) {
        Map<String, Object> map = Map.of("bootstrap.servers", bootstrap, "isolation.level", isolation,
            "key.deserializer", ByteArrayDeserializer.class, "value.deserializer", ByteArrayDeserializer.class);
        Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> found = new TreeMap<>(
            (a, b) -> a.toString().compareTo(b.toString()));
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(map)) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            for (TopicPartition partition : partitions) {
                found.put(partition, new ArrayList<>());
            }
            while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
                consumer.poll(Duration.ofMillis(200)).forEach(
                    r -> found.get(new TopicPartition(r.topic(), r.partition())).add(r));
            }
        }
        return found;
    }

    private Map<TopicPartition, ListOffsetsResultInfo> offsets(Collection<TopicPartition> partitions, OffsetSpec spec)
        throws Exception {
        Map<TopicPartition, OffsetSpec> asked = new TreeMap<>((a, b) -> a.toString().compareTo(b.toString()));
        partitions.forEach(p -> asked.put(p, spec));
        return admin.listOffsets(asked).all().get();
    }

    private ObjectNode readAll() throws Exception {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode root = mapper.createObjectNode();
        root.put("clusterId", admin.describeCluster().clusterId().get());
        Collection<String> names = new TreeSet<>(
            admin.listTopics(new org.apache.kafka.clients.admin.ListTopicsOptions().listInternal(true)).names().get());
        Map<String, TopicDescription> topics = new TreeMap<>(admin.describeTopics(names).allTopicNames().get());
        List<TopicPartition> partitions = new ArrayList<>();
        topics.forEach((name, t) ->
            t.partitions().forEach(p -> partitions.add(new TopicPartition(name, p.partition()))));
        Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> all = read(partitions, "read_uncommitted");
        Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> committed = read(partitions, "read_committed");
        Map<TopicPartition, ListOffsetsResultInfo> earliest = offsets(partitions, OffsetSpec.earliest());
        Map<TopicPartition, ListOffsetsResultInfo> latest = offsets(partitions, OffsetSpec.latest());
        Map<TopicPartition, ListOffsetsResultInfo> newest = offsets(partitions, OffsetSpec.maxTimestamp());
        Map<TopicPartition, ListOffsetsResultInfo> timed = offsets(partitions, OffsetSpec.forTimestamp(START + 20_000));

        ArrayNode list = root.putArray("topics");
        for (TopicDescription topic : topics.values()) {
            ObjectNode t = list.addObject().put("name", topic.name()).put("id", topic.topicId().toString());
            ArrayNode parts = t.putArray("partitions");
            for (TopicPartitionInfo info : topic.partitions()) {
                TopicPartition tp = new TopicPartition(topic.name(), info.partition());
                ObjectNode p = parts.addObject().put("partition", info.partition());
                p.put("earliest", earliest.get(tp).offset()).put("latest", latest.get(tp).offset());
                p.put("maxTimestamp", newest.get(tp).timestamp()).put("maxTimestampOffset", newest.get(tp).offset());
                p.put("atTime", START + 20_000).put("atTimeOffset", timed.get(tp).offset());
                ArrayNode seen = p.putArray("committed");
                committed.get(tp).forEach(r -> seen.add(r.offset()));
                ArrayNode records = p.putArray("records");
                all.get(tp).forEach(r -> write(records.addObject(), r));
            }
        }
        return root;
    }

    private static void write(ObjectNode out, ConsumerRecord<byte[], byte[]> record) {
        out.put("offset", record.offset()).put("timestamp", record.timestamp());
        out.put("timestampType", record.timestampType().name);
        out.put("leaderEpoch", record.leaderEpoch().orElse(-1));
        out.put("key", encoded(record.key())).put("value", encoded(record.value()));
        ArrayNode headers = out.putArray("headers");
        for (Header header : record.headers()) {
            headers.addArray().add(header.key()).add(encoded(header.value()));
        }
    }

    private static String encoded(byte[] bytes) {
        return Optional.ofNullable(bytes).map(BASE64::encodeToString).orElse(null);
    }
}
