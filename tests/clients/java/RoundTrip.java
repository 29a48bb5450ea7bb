// SPDX-License-Identifier: Apache-2.0
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** RoundTrip HOST:PORT: Apache Kafka's own clients create, produce, read back, alter, and delete. */
public final class RoundTrip {
    private static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");
    /** 0 last: a broker that does not lead a new partition yet would drop them unseen. */
    private static final List<String> ACKS = List.of("all", "1", "0");
    private static final String PREFIX = "java";
    private static final String AUTO_TOPIC = "java-auto";
    private static final String OFFSETS_TOPIC = "java-offsets";
    private static final String GROUP = "java-assigns";
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final String address;
    private final Admin admin;
    private final Map<String, Integer> ends = new HashMap<>();

    private RoundTrip(String address, Admin admin) {
        this.address = address;
        this.admin = admin;
    }

    private static String topicOf(String codec) {
        return PREFIX + "-" + codec;
    }

    private Producer<byte[], byte[]> producer(Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(settings);
        all.put("bootstrap.servers", address);
        return new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** The offsets that the broker gave to them; -1 for acks 0. */
    private List<Long> produce(List<ProducerRecord<byte[], byte[]>> records, Map<String, Object> settings)
            throws Exception {
        List<Long> offsets = new ArrayList<>();
        try (Producer<byte[], byte[]> producer = producer(settings)) {
            List<Future<RecordMetadata>> answers = new ArrayList<>();
            for (ProducerRecord<byte[], byte[]> record : records) {
                answers.add(producer.send(record));
            }
            for (Future<RecordMetadata> answer : answers) {
                offsets.add(answer.get().offset());
            }
        }
        return offsets;
    }

    /** Reads partition 0 without a group; the offsets must follow each other. */
    private List<ConsumerRecord<byte[], byte[]>> read(String topic, long first, int count) {
        TopicPartition partition = new TopicPartition(topic, 0);
        Map<String, Object> settings = Map.of("bootstrap.servers", address);
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        try (Consumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, first);
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (records.size() < count && System.nanoTime() < deadline) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
                    Report.same(record.offset(), first + records.size());
                    records.add(record);
                }
            }
            Report.same(records.size(), count);
            Report.same(consumer.endOffsets(List.of(partition)).get(partition), first + count);
        }
        return records;
    }

    private static List<Long> offsets(long first, int count) {
        List<Long> offsets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            offsets.add(first + i);
        }
        return offsets;
    }

    private void produceAndRead(String topic, List<ProducerRecord<byte[], byte[]>> records,
            Map<String, Object> settings) throws Exception {
        int first = ends.getOrDefault(topic, 0);
        ends.put(topic, first + records.size());
        List<Long> got = produce(records, settings);
        if (!"0".equals(settings.get("acks"))) {
            Report.same(got, offsets(first, records.size()));
        }
        OddRecords.same(read(topic, first, records.size()), records);
    }

    private void checkCreate() throws Exception {
        List<NewTopic> topics = new ArrayList<>();
        for (String codec : CODECS) {
            NewTopic topic = new NewTopic(topicOf(codec), 2, (short) 1);
            topics.add(topic.configs(Map.of("max.message.bytes", "2000000")));
        }
        var created = admin.createTopics(topics);
        created.all().get();
        Report.same(created.numPartitions(topicOf("none")).get(), 2);
        Report.expect(TopicExistsException.class, () -> admin.createTopics(topics).all().get());
    }

    private void checkDefaults() throws Exception {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            records.addAll(OddRecords.forTopic(topicOf("none")));
        }
        produceAndRead(topicOf("none"), records, Map.of());
    }

    private void checkTooLarge() throws Exception {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topicOf("none"), 0, null, new byte[3_000_000]);
        Report.expect(RecordTooLargeException.class,
            () -> produce(List.of(record), Map.of("max.request.size", 10_000_000)));
    }

    private void checkDescribe() throws Exception {
        List<String> names = CODECS.stream().map(RoundTrip::topicOf).toList();
        Report.eventually(() -> admin.listTopics().names().get().containsAll(names), true);
        for (TopicDescription topic : admin.describeTopics(names).allTopicNames().get().values()) {
            Report.same(topic.partitions().size(), 2);
            for (TopicPartitionInfo partition : topic.partitions()) {
                Report.same(partition.replicas(), List.of(partition.leader()));
                Report.same(partition.isr(), List.of(partition.leader()));
                Report.same(partition.elr(), List.of());
            }
        }
    }

    private List<String> settings(String topic, String... names) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Config config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
        List<String> found = new ArrayList<>();
        for (String name : names) {
            ConfigEntry entry = config.get(name);
            found.add(entry.value() + (entry.isDefault() ? " (default)" : ""));
        }
        return found;
    }

    private void alter(String topic, Collection<AlterConfigOp> changes) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        admin.incrementalAlterConfigs(Map.of(resource, changes)).all().get();
    }

    private void checkConfigs() throws Exception {
        String topic = topicOf("none");
        String[] names = {"max.message.bytes", "retention.ms", "cleanup.policy"};
        Report.same(settings(topic, names), List.of("2000000", "604800000 (default)", "delete (default)"));
        alter(topic, List.of(
            new AlterConfigOp(new ConfigEntry("retention.ms", "86400000"), AlterConfigOp.OpType.SET),
            new AlterConfigOp(new ConfigEntry("cleanup.policy", "compact"), AlterConfigOp.OpType.APPEND),
            new AlterConfigOp(new ConfigEntry("max.message.bytes", ""), AlterConfigOp.OpType.DELETE)));
        Report.eventually(() -> settings(topic, names), List.of("1048588 (default)", "86400000", "delete,compact"));
        alter(topic, List.of(new AlterConfigOp(new ConfigEntry("cleanup.policy", "delete"),
            AlterConfigOp.OpType.SUBTRACT)));
        Report.eventually(() -> settings(topic, names), List.of("1048588 (default)", "86400000", "compact"));
        alter(topic, List.of(new AlterConfigOp(new ConfigEntry("cleanup.policy", ""), AlterConfigOp.OpType.DELETE)));
    }

    private void checkInvalidConfig() throws Exception {
        Report.expect(InvalidConfigurationException.class, () -> alter(topicOf("none"),
            List.of(new AlterConfigOp(new ConfigEntry("retention.ms", "soon"), AlterConfigOp.OpType.SET))));
    }

    private void checkBrokerConfig() throws Exception {
        String node = admin.describeCluster().nodes().get().iterator().next().idString();
        ConfigResource resource = new ConfigResource(ConfigResource.Type.BROKER, node);
        Config config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
        Report.same(config.get("node.id").value(), node);
        Report.same(config.get("num.partitions").value(), "1");
    }

    private void checkPartitions() throws Exception {
        String topic = topicOf("gzip");
        admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(5))).all().get();
        Report.eventually(() -> admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions()
            .size(), 5);
        Report.expect(InvalidPartitionsException.class,
            () -> admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(3))).all().get());
    }

    private long offsetOf(OffsetSpec spec) throws Exception {
        TopicPartition partition = new TopicPartition(OFFSETS_TOPIC, 0);
        return admin.listOffsets(Map.of(partition, spec)).partitionResult(partition).get().offset();
    }

    private void checkOffsets() throws Exception {
        admin.createTopics(List.of(new NewTopic(OFFSETS_TOPIC, 1, (short) 1))).all().get();
        List<ProducerRecord<byte[], byte[]>> records = OddRecords.forTopic(OFFSETS_TOPIC);
        produce(records, Map.of("batch.size", 1000));
        long end = records.size();
        Report.same(offsetOf(OffsetSpec.earliest()), 0L);
        Report.same(offsetOf(OffsetSpec.latest()), end);
        Report.same(offsetOf(OffsetSpec.maxTimestamp()), end - 1);
        Report.same(offsetOf(OffsetSpec.earliestLocal()), 0L);
        Report.same(offsetOf(OffsetSpec.latestTiered()), -1L);
        Report.same(offsetOf(OffsetSpec.forTimestamp(records.get(55).timestamp())), 55L);
        Report.same(offsetOf(OffsetSpec.forTimestamp(records.get((int) end - 1).timestamp() + 1)), -1L);
    }

    private void checkDeleteRecords() throws Exception {
        TopicPartition partition = new TopicPartition(OFFSETS_TOPIC, 0);
        var deleted = admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(40)));
        Report.same(deleted.lowWatermarks().get(partition).get().lowWatermark(), 40L);
        Report.same(offsetOf(OffsetSpec.earliest()), 40L);
        int count = OddRecords.forTopic(OFFSETS_TOPIC).size();
        Report.same(read(OFFSETS_TOPIC, 40, count - 40).size(), count - 40);
        Report.expect(OffsetOutOfRangeException.class,
            () -> admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(count + 1))).all().get());
    }

    private void checkLogDirs() throws Exception {
        int node = admin.describeCluster().nodes().get().iterator().next().id();
        Map<String, LogDirDescription> directories =
            admin.describeLogDirs(List.of(node)).allDescriptions().get().get(node);
        long bytes = 0;
        for (LogDirDescription directory : directories.values()) {
            var replica = directory.replicaInfos().get(new TopicPartition(topicOf("none"), 0));
            bytes += replica == null ? 0 : replica.size();
        }
        Report.same(bytes > 800_000, true);
    }

    private void checkProducers() throws Exception {
        TopicPartition partition = new TopicPartition(topicOf("none"), 0);
        var states = admin.describeProducers(List.of(partition)).partitionResult(partition).get().activeProducers();
        Report.same(states.isEmpty(), false);
        Report.same(states.get(states.size() - 1).currentTransactionStartOffset().isPresent(), false);
    }

    private void checkQuorum() throws Exception {
        var quorum = admin.describeMetadataQuorum().quorumInfo().get();
        Report.same(quorum.voters().size(), 1);
        Report.same(quorum.voters().get(0).replicaId(), quorum.leaderId());
        Report.same(quorum.highWatermark() > 0, true);
    }

    private void checkFeatures() throws Exception {
        var features = admin.describeFeatures().featureMetadata().get();
        Report.same(features.finalizedFeatures().containsKey("metadata.version"), true);
        Report.same(features.supportedFeatures().containsKey("metadata.version"), true);
    }

    private void checkElection() throws Exception {
        Set<TopicPartition> partitions = Set.of(new TopicPartition(topicOf("none"), 0));
        Report.expect(ElectionNotNeededException.class,
            () -> admin.electLeaders(ElectionType.PREFERRED, partitions).all().get());
        Report.same(admin.listPartitionReassignments().reassignments().get(), Map.of());
    }

    private Set<String> topics() throws Exception {
        return admin.listTopics().names().get().stream().filter(name -> name.startsWith(PREFIX))
            .collect(Collectors.toSet());
    }

    /** One that assigns its partitions itself, and resumes where its group was. */
    private Consumer<byte[], byte[]> ofGroup() {
        Map<String, Object> settings = Map.of("bootstrap.servers", address, "group.id", GROUP, "enable.auto.commit",
            false, "auto.offset.reset", "earliest", "max.poll.records", 3);
        Consumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        consumer.assign(List.of(new TopicPartition(topicOf("none"), 0)));
        return consumer;
    }

    private static long nextOffset(Consumer<byte[], byte[]> consumer) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
                return record.offset();
            }
        }
        throw new IllegalStateException("no record comes");
    }

    private Map<TopicPartition, OffsetAndMetadata> committed() throws Exception {
        return admin.listConsumerGroupOffsets(GROUP).partitionsToOffsetAndMetadata().get();
    }

    private void checkCommits() throws Exception {
        TopicPartition partition = new TopicPartition(topicOf("none"), 0);
        OffsetAndMetadata moved = new OffsetAndMetadata(2, Optional.of(0), "where");
        try (Consumer<byte[], byte[]> consumer = ofGroup()) {
            Report.same(consumer.committed(Set.of(partition)).get(partition), null);
            Report.same(nextOffset(consumer), 0L);
            consumer.commitSync(PATIENCE);
        }
        try (Consumer<byte[], byte[]> consumer = ofGroup()) {
            Report.same(consumer.committed(Set.of(partition)).get(partition).offset(), 3L);
            Report.same(nextOffset(consumer), 3L);
            consumer.commitSync(Map.of(partition, moved), PATIENCE);
        }
        Report.same(committed(), Map.of(partition, moved));
    }

    private void checkGroups() throws Exception {
        TopicPartition partition = new TopicPartition(topicOf("none"), 0);
        List<GroupListing> groups = admin.listGroups().all().get().stream().filter(g -> g.groupId().equals(GROUP))
            .collect(Collectors.toList());
        Report.same(groups.size(), 1);
        Report.same(groups.get(0).isSimpleConsumerGroup(), true);
        Report.same(groups.get(0).groupState(), Optional.of(GroupState.EMPTY));
        var described = admin.describeClassicGroups(List.of(GROUP)).all().get().get(GROUP);
        Report.same(described.state() + " " + described.members(), "Empty []");
        admin.alterConsumerGroupOffsets(GROUP, Map.of(partition, new OffsetAndMetadata(9))).all().get();
        Report.same(committed().get(partition).offset(), 9L);
        admin.deleteConsumerGroupOffsets(GROUP, Set.of(partition)).all().get();
        Report.same(committed(), Map.of());
        admin.deleteConsumerGroups(List.of(GROUP)).all().get();
        Report.expect(GroupIdNotFoundException.class, () -> admin.deleteConsumerGroups(List.of(GROUP)).all().get());
    }

    private void checkDelete() throws Exception {
        Set<String> names = topics();
        Report.same(names.size(), CODECS.size() + 2);
        Map<String, TopicDescription> ids = admin.describeTopics(names).allTopicNames().get();
        admin.deleteTopics(TopicCollection.ofTopicIds(List.of(ids.get(topicOf("zstd")).topicId()))).all().get();
        names.remove(topicOf("zstd"));
        admin.deleteTopics(names).all().get();
        Report.eventually(this::topics, Set.of());
    }

    private void run() {
        Report.check("createTopics, and again: TopicExistsException", this::checkCreate);
        for (String codec : CODECS) {
            for (String acks : ACKS) {
                String topic = topicOf(codec);
                Report.check("reads back what it produced with " + codec + " and acks " + acks,
                    () -> produceAndRead(topic, OddRecords.forTopic(topic),
                        Map.of("compression.type", codec, "acks", acks, "enable.idempotence", false)));
            }
        }
        Report.check("reads back what a producer with default settings produced, which is idempotent",
            this::checkDefaults);
        Report.check("a batch larger than max.message.bytes: RecordTooLargeException", this::checkTooLarge);
        Report.check("producing creates the topic", () -> produceAndRead(AUTO_TOPIC,
            OddRecords.forTopic(AUTO_TOPIC), Map.of()));
        Report.check("describeTopics and listTopics agree", this::checkDescribe);
        Report.check("describeConfigs and incrementalAlterConfigs of a topic", this::checkConfigs);
        Report.check("an invalid setting: InvalidConfigurationException", this::checkInvalidConfig);
        Report.check("describeConfigs of the broker", this::checkBrokerConfig);
        Report.check("createPartitions adds partitions and takes none away", this::checkPartitions);
        Report.check("listOffsets: earliest, latest, greatest timestamp, local, tiered, by timestamp",
            this::checkOffsets);
        Report.check("deleteRecords moves the beginning", this::checkDeleteRecords);
        Report.check("describeLogDirs knows the sizes", this::checkLogDirs);
        Report.check("describeProducers lists the idempotent ones", this::checkProducers);
        Report.check("describeMetadataQuorum has one voter, which leads", this::checkQuorum);
        Report.check("describeFeatures has metadata.version", this::checkFeatures);
        Report.check("electLeaders is not needed, no partition is reassigned", this::checkElection);
        Report.check("a consumer that assigns partitions commits, and another one resumes there",
            this::checkCommits);
        Report.check("groups are listed, described, altered and deleted", this::checkGroups);
        Report.check("deleteTopics deletes them all, by id and by name", this::checkDelete);
    }

    public static void main(String[] arguments) {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", arguments[0]))) {
            new RoundTrip(arguments[0], admin).run();
        }
        Report.end();
    }
}
