// SPDX-License-Identifier: Apache-2.0
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.TopicListing;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * DumpBroker HOST:PORT FILE: all that Apache Kafka's admin client and consumer see of a broker, as lines of JSON.
 * Each line has the name of its check in "check". Host and port of brokers are omitted: they differ from run to run.
 */
public final class DumpBroker {
    private static final long START = 1_700_000_000_000L;
    private static final long[] TIMES = {0, 1, START - 1, START, START + 1, START + 1000, START + 5000, START + 8999,
        START + 9000, START + 9001, START + 20_000, START + 31_000, START + 99_999, START + 100_000, START + 100_001,
        4_000_000_000_000L};
    private static final int DIGESTED_FROM = 1000;
    private static final int MANY_RECORDS = 70;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Comparator<TopicPartition> ORDER =
        Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition);

    private final String bootstrap;
    private final Admin admin;
    private final PrintStream out;
    private final Collection<String> names = new TreeSet<>();
    private final List<TopicPartition> partitions = new ArrayList<>();

    private DumpBroker(String bootstrap, PrintStream out) {
        this.bootstrap = bootstrap;
        this.out = out;
        this.admin = Admin.create(Map.of("bootstrap.servers", bootstrap, "request.timeout.ms", 5000,
            "default.api.timeout.ms", 10000));
    }

    public static void main(String[] arguments) throws Exception {
        try (PrintStream out = new PrintStream(arguments[1], "UTF-8")) {
            DumpBroker dump = new DumpBroker(arguments[0], out);
            dump.cluster();
            dump.topics();
            for (IsolationLevel level : IsolationLevel.values()) {
                dump.adminOffsets(level);
                dump.consumerOffsets(level);
                dump.records(level, "records", 1 << 20, 50 << 20);
            }
            dump.records(IsolationLevel.READ_COMMITTED, "records in small fetches", 300, 700);
            dump.recordsFromEveryOffset();
            dump.outOfRange();
        }
        Runtime.getRuntime().halt(0);
    }

    private static ObjectNode line(String check) {
        return JSON.createObjectNode().put("check", check);
    }

    private void write(ObjectNode node) {
        out.println(node);
    }

    // Descriptions

    private void cluster() throws Exception {
        var cluster = admin.describeCluster();
        ObjectNode node = line("describeCluster").put("id", cluster.clusterId().get());
        node.put("controller", text(cluster.controller().get()));
        node.put("nodes", cluster.nodes().get().stream().map(DumpBroker::text).toList().toString());
        write(node);
    }

    private static String text(Node node) {
        return node == null ? null : node.id() + " rack " + node.rack() + (node.isFenced() ? " fenced" : "");
    }

    private static String text(List<Node> nodes) {
        return nodes == null ? null : nodes.stream().map(DumpBroker::text).toList().toString();
    }

    private void topics() throws Exception {
        Map<String, TopicListing> listed = new TreeMap<>();
        admin.listTopics(new ListTopicsOptions().listInternal(true)).listings().get()
            .forEach(topic -> listed.put(topic.name(), topic));
        listed.values().forEach(topic -> write(line("listTopics").put("name", topic.name())
            .put("id", topic.topicId().toString()).put("internal", topic.isInternal())));
        names.addAll(listed.keySet());
        List<Uuid> ids = listed.values().stream().map(TopicListing::topicId).toList();

        var byName = admin.describeTopics(names).allTopicNames().get();
        new TreeMap<>(byName).values().forEach(topic -> write(described("describeTopics by name", topic)));
        DescribeTopicsOptions paged = new DescribeTopicsOptions().partitionSizeLimitPerResponse(2)
            .includeAuthorizedOperations(true);
        new TreeMap<>(admin.describeTopics(names, paged).allTopicNames().get()).values()
            .forEach(topic -> write(described("describeTopics in pages of two partitions", topic)));
        var byId = admin.describeTopics(TopicCollection.ofTopicIds(ids)).allTopicIds().get();
        for (Uuid id : ids) {
            write(described("describeTopics by id", byId.get(id)));
        }
        write(line("describeTopics of unknown topics").put("name",
            why(admin.describeTopics(List.of("no-such-topic")).allTopicNames())));
        write(line("describeTopics of unknown topics").put("id",
            why(admin.describeTopics(TopicCollection.ofTopicIds(List.of(new Uuid(1, 2)))).allTopicIds())));
        byName.values().forEach(topic -> topic.partitions()
            .forEach(info -> partitions.add(new TopicPartition(topic.name(), info.partition()))));
        partitions.sort(ORDER);
    }

    private static ObjectNode described(String check, TopicDescription topic) {
        ObjectNode node = line(check).put("name", topic.name()).put("id", topic.topicId().toString())
            .put("internal", topic.isInternal());
        node.put("operations", topic.authorizedOperations() == null ? null
            : new TreeSet<>(topic.authorizedOperations()).toString());
        ArrayNode array = node.putArray("partitions");
        for (TopicPartitionInfo info : topic.partitions()) {
            array.addObject().put("partition", info.partition()).put("leader", text(info.leader()))
                .put("replicas", text(info.replicas())).put("isr", text(info.isr())).put("elr", text(info.elr()))
                .put("lastKnownElr", text(info.lastKnownElr()));
        }
        return node;
    }

    private static String why(Future<?> future) throws InterruptedException {
        try {
            return "no error: " + future.get();
        } catch (ExecutionException error) {
            return error.getCause().getClass().getSimpleName();
        }
    }

    // Offsets

    private static String of(TopicPartition partition) {
        return partition.topic() + "-" + partition.partition();
    }

    private void adminOffsets(IsolationLevel level) throws Exception {
        Map<String, OffsetSpec> specs = new TreeMap<>(Map.of("earliest", OffsetSpec.earliest(), "latest",
            OffsetSpec.latest(), "max timestamp", OffsetSpec.maxTimestamp(), "earliest local",
            OffsetSpec.earliestLocal(), "latest tiered", OffsetSpec.latestTiered(), "earliest pending upload",
            OffsetSpec.earliestPendingUpload()));
        for (long time : TIMES) {
            specs.put("time " + time, OffsetSpec.forTimestamp(time));
        }
        for (Map.Entry<String, OffsetSpec> spec : specs.entrySet()) {
            Map<TopicPartition, OffsetSpec> asked = new TreeMap<>(ORDER);
            partitions.forEach(partition -> asked.put(partition, spec.getValue()));
            ListOffsetsResult result = admin.listOffsets(asked, new ListOffsetsOptions(level));
            for (TopicPartition partition : partitions) {
                write(offset(level, spec.getKey(), partition, result.partitionResult(partition)));
            }
        }
    }

    private static ObjectNode offset(IsolationLevel level, String spec, TopicPartition partition,
                                     Future<ListOffsetsResultInfo> future) throws InterruptedException {
        ObjectNode node = line("listOffsets " + level + " " + spec).put("partition", of(partition));
        try {
            ListOffsetsResultInfo info = future.get();
            return node.put("offset", info.offset()).put("timestamp", info.timestamp())
                .put("leaderEpoch", info.leaderEpoch().orElse(null));
        } catch (ExecutionException error) {
            return node.put("error", error.getCause().getClass().getSimpleName());
        }
    }

    private void consumerOffsets(IsolationLevel level) {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(level, Map.of())) {
            Map<TopicPartition, Long> first = consumer.beginningOffsets(partitions);
            Map<TopicPartition, Long> last = consumer.endOffsets(partitions);
            for (TopicPartition partition : partitions) {
                write(line("consumer offsets " + level).put("partition", of(partition))
                    .put("first", first.get(partition)).put("last", last.get(partition)));
            }
            for (long time : TIMES) {
                Map<TopicPartition, Long> asked = new TreeMap<>(ORDER);
                partitions.forEach(partition -> asked.put(partition, time));
                Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(asked);
                for (TopicPartition partition : partitions) {
                    write(line("offsetsForTimes " + level).put("time", time).put("partition", of(partition))
                        .put("found", String.valueOf(found.get(partition))));
                }
            }
            for (String name : names) {
                List<PartitionInfo> infos = new ArrayList<>(consumer.partitionsFor(name));
                infos.sort(Comparator.comparing(PartitionInfo::partition));
                for (PartitionInfo info : infos) {
                    write(line("partitionsFor " + level).put("partition", name + "-" + info.partition())
                        .put("leader", text(info.leader())).put("replicas", text(List.of(info.replicas())))
                        .put("isr", text(List.of(info.inSyncReplicas())))
                        .put("offline", text(List.of(info.offlineReplicas()))));
                }
            }
        }
    }

    // Records

    private KafkaConsumer<byte[], byte[]> consumer(IsolationLevel level, Map<String, Object> more) {
        Map<String, Object> map = new TreeMap<>(Map.of("bootstrap.servers", bootstrap,
            "isolation.level", level.toString().toLowerCase(), "auto.offset.reset", "none", "fetch.max.wait.ms", 10,
            "key.deserializer", ByteArrayDeserializer.class, "value.deserializer", ByteArrayDeserializer.class));
        map.putAll(more);
        return new KafkaConsumer<>(map);
    }

    private void records(IsolationLevel level, String what, int partitionBytes, int fetchBytes) {
        Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> found = new TreeMap<>(ORDER);
        Map<String, Object> limits = Map.of("max.partition.fetch.bytes", partitionBytes, "fetch.max.bytes", fetchBytes);
        Map<TopicPartition, Long> ends;
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(level, limits)) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            ends = consumer.endOffsets(partitions);
            partitions.forEach(partition -> found.put(partition, new ArrayList<>()));
            long deadline = System.nanoTime() + Duration.ofSeconds(40).toNanos();
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                consumer.poll(Duration.ofMillis(100))
                    .forEach(record -> found.get(new TopicPartition(record.topic(), record.partition())).add(record));
                if (System.nanoTime() > deadline) {
                    write(line(what + " " + level).put("stuck", positions(consumer, ends)));
                    break;
                }
            }
        }
        found.values().forEach(records -> records.forEach(
            record -> write(described(what + " " + level + " " + shortened(record.topic()), record))));
    }

    private static String positions(KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends) {
        Map<String, String> behind = new TreeMap<>();
        ends.forEach((partition, end) -> {
            if (consumer.position(partition) < end) {
                behind.put(of(partition), consumer.position(partition) + " of " + end);
            }
        });
        return behind.toString();
    }

    private static String shortened(String topic) {
        return topic.length() > 40 ? topic.substring(0, 40) : topic;
    }

    private static ObjectNode described(String check, ConsumerRecord<byte[], byte[]> record) {
        ObjectNode node = line(check).put("topic", record.topic()).put("partition", record.partition())
            .put("offset", record.offset()).put("timestamp", record.timestamp())
            .put("timestampType", record.timestampType().name).put("leaderEpoch", record.leaderEpoch().orElse(null))
            .put("key", encoded(record.key())).put("value", encoded(record.value()));
        ArrayNode headers = node.putArray("headers");
        for (Header header : record.headers()) {
            headers.addArray().add(header.key()).add(encoded(header.value()));
        }
        return node;
    }

    private static String encoded(byte[] bytes) {
        if (bytes == null || bytes.length < DIGESTED_FROM) {
            return Optional.ofNullable(bytes).map(Base64.getEncoder()::encodeToString).orElse(null);
        }
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            return bytes.length + " bytes, " + Base64.getEncoder().encodeToString(digest);
        } catch (java.security.GeneralSecurityException error) {
            throw new IllegalStateException(error);
        }
    }

    /** A consumer may start in the middle of a batch, in a hole, on a marker: what is the first record then? */
    private void recordsFromEveryOffset() {
        Map<String, Object> single = Map.of("max.poll.records", 1, "fetch.max.wait.ms", 1);
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(IsolationLevel.READ_COMMITTED, single)) {
            Map<TopicPartition, Long> first = consumer.beginningOffsets(partitions);
            Map<TopicPartition, Long> last = consumer.endOffsets(partitions);
            for (TopicPartition partition : partitions) {
                if (last.get(partition) - first.get(partition) > MANY_RECORDS) {
                    continue;
                }
                consumer.assign(List.of(partition));
                for (long offset = first.get(partition); offset < last.get(partition); offset++) {
                    consumer.seek(partition, offset);
                    List<Long> found = new ArrayList<>();
                    while (found.isEmpty() && consumer.position(partition) < last.get(partition)) {
                        consumer.poll(Duration.ofMillis(20)).forEach(record -> found.add(record.offset()));
                    }
                    write(line("first record from every offset").put("partition", of(partition)).put("from", offset)
                        .put("found", found.toString()).put("position", consumer.position(partition)));
                }
            }
        }
    }

    private void outOfRange() {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(IsolationLevel.READ_UNCOMMITTED, Map.of())) {
            for (TopicPartition partition : partitions) {
                consumer.assign(List.of(partition));
                long first = consumer.beginningOffsets(List.of(partition)).get(partition);
                long last = consumer.endOffsets(List.of(partition)).get(partition);
                for (long offset : new long[] {first - 1, last + 1}) {
                    if (offset >= 0) {
                        consumer.seek(partition, offset);
                        write(line("fetch out of range").put("partition", of(partition)).put("from", offset)
                            .put("found", poll(consumer)));
                    }
                }
            }
        }
    }

    private static String poll(KafkaConsumer<byte[], byte[]> consumer) {
        try {
            for (int i = 0; i < 20; i++) {
                if (!consumer.poll(Duration.ofMillis(50)).isEmpty()) {
                    return "records";
                }
            }
            return "nothing";
        } catch (OffsetOutOfRangeException error) {
            return error.getClass().getSimpleName() + " " + error.offsetOutOfRangePartitions();
        }
    }
}
