// SPDX-License-Identifier: Apache-2.0

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.StringReader;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.AbortedTxn;
import org.apache.kafka.common.message.KRaftVersionRecord;
import org.apache.kafka.common.message.LeaderChangeMessage;
import org.apache.kafka.common.message.VotersRecord;
import org.apache.kafka.common.metadata.FeatureLevelRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.MetadataRecordSerde;
import org.apache.kafka.metadata.properties.MetaProperties;
import org.apache.kafka.metadata.properties.MetaPropertiesVersion;
import org.apache.kafka.metadata.properties.PropertiesUtils;
import org.apache.kafka.raft.ElectionState;
import org.apache.kafka.raft.FileQuorumStateStore;
import org.apache.kafka.raft.ReplicaKey;
import org.apache.kafka.raft.VoterSet;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.apache.kafka.server.common.KRaftVersion;
import org.apache.kafka.server.common.OffsetAndEpoch;
import org.apache.kafka.snapshot.FileRawSnapshotWriter;
import org.apache.kafka.snapshot.RecordsSnapshotWriter;
import org.apache.kafka.snapshot.Snapshots;
import org.apache.kafka.storage.internals.checkpoint.CleanShutdownFileHandler;
import org.apache.kafka.storage.internals.checkpoint.LeaderEpochCheckpointFile;
import org.apache.kafka.storage.internals.checkpoint.OffsetCheckpointFile;
import org.apache.kafka.storage.internals.checkpoint.PartitionMetadataFile;
import org.apache.kafka.storage.internals.log.EpochEntry;
import org.apache.kafka.storage.internals.log.LocalLog;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.LogFileUtils;
import org.apache.kafka.storage.internals.log.OffsetIndex;
import org.apache.kafka.storage.internals.log.ProducerStateEntry;
import org.apache.kafka.storage.internals.log.ProducerStateManager;
import org.apache.kafka.storage.internals.log.TimeIndex;
import org.apache.kafka.storage.internals.log.TransactionIndex;

/**
 * usage: MakeGolden DIR
 *
 * Writes a file of each format with the classes that the broker uses, and Java's verdicts on texts of properties.
 */
final class MakeGolden {
    private static final long NOW = 1_764_000_000_123L;
    private static final Uuid DIRECTORY = Uuid.fromString("Yk4SPvywTOu7bg29-fvagA");
    private static final Uuid TOPIC = Uuid.fromString("2YsbQxqWQkisZivwijJHWw");
    private static final String CLUSTER = "kw1reKw1reKw1reKw1reKQ";
    private static final int INDEX_SIZE = 1024;

    private final Path folder;

    private MakeGolden(Path folder) {
        this.folder = folder;
    }

    public static void main(String[] args) throws Exception {
        MakeGolden golden = new MakeGolden(Path.of(args[0]));
        golden.checkpoints();
        golden.indexes();
        golden.producers();
        golden.metaProperties();
        golden.others();
        golden.snapshots();
        golden.leaderChange();
        golden.names();
        golden.properties();
        golden.metaVerdicts();
    }

    private File file(String name) {
        return folder.resolve(name).toFile();
    }

    private static LogDirFailureChannel failures() {
        return new LogDirFailureChannel(1);
    }

    private void checkpoints() throws IOException {
        Map<TopicPartition, Long> offsets = new LinkedHashMap<>();
        offsets.put(new TopicPartition("__consumer_offsets", 49), Long.MAX_VALUE);
        offsets.put(new TopicPartition("a-b.c_1", 0), 0L);
        offsets.put(new TopicPartition("plain", 10), 4_294_967_296L);
        offsets.put(new TopicPartition("plain", 9), 17L);
        for (String name : List.of("recovery-point", "replication", "log-start", "cleaner"))
            new OffsetCheckpointFile(file(name + "-offset-checkpoint"), failures()).write(offsets);
        new OffsetCheckpointFile(file("empty-offset-checkpoint"), failures()).write(Map.of());
        new LeaderEpochCheckpointFile(file("leader-epoch-checkpoint"), failures()).write(
            List.of(new EpochEntry(0, 0), new EpochEntry(4, 4_294_967_297L),
                new EpochEntry(Integer.MAX_VALUE, Long.MAX_VALUE)));
    }

    private void indexes() throws IOException {
        long base = 4_294_967_296L;
        try (OffsetIndex index = new OffsetIndex(file("trimmed.index"), base, INDEX_SIZE)) {
            index.append(base + 4, 4096);
            index.append(base + 300, 70_000);
            index.append(base + Integer.MAX_VALUE, Integer.MAX_VALUE);
            index.trimToValidSize();
        }
        OffsetIndex allocated = new OffsetIndex(file("allocated.index"), 0, 64);
        allocated.append(9, 4111);
        allocated.append(25, 9000);
        allocated.flush();
        try (TimeIndex index = new TimeIndex(file("trimmed.timeindex"), base, INDEX_SIZE)) {
            index.maybeAppend(NOW, base);
            index.maybeAppend(NOW + 5000, base + 300);
            index.maybeAppend(Long.MAX_VALUE, base + Integer.MAX_VALUE);
            index.trimToValidSize();
        }
        try (TransactionIndex index = new TransactionIndex(base, file("aborted.txnindex"))) {
            index.append(aborted(9, base + 1, base + 7, base + 1));
            index.append(aborted(Long.MAX_VALUE, base + 2, base + 11, base + 8));
            index.flush();
        }
    }

    private static AbortedTxn aborted(long producer, long first, long last, long stable) {
        return new AbortedTxn().setProducerId(producer).setFirstOffset(first).setLastOffset(last)
            .setLastStableOffset(stable);
    }

    private void producers() throws Exception {
        ProducerStateManager.writeSnapshot(file("empty.snapshot"), Map.of(), false);
        Map<Long, ProducerStateEntry> entries = new LinkedHashMap<>();
        entries.put(1000L, new ProducerStateEntry(1000, (short) 3, 7, NOW, OptionalLong.of(4_294_967_300L)));
        entries.put(1001L, new ProducerStateEntry(1001, Short.MAX_VALUE, -1, NOW + 1, OptionalLong.empty()));
        entries.put(2L, new ProducerStateEntry(2, (short) 0, -1, NOW, OptionalLong.empty()));
        Method add = ProducerStateEntry.class.getDeclaredMethod("addBatch", short.class, int.class, long.class,
            int.class, long.class);
        add.setAccessible(true);
        add.invoke(entries.get(1000L), (short) 3, Integer.MAX_VALUE, 4_294_967_310L, 10, NOW + 2);
        add.invoke(entries.get(2L), (short) 0, 0, 0L, 0, -1L);
        ProducerStateManager.writeSnapshot(file("producers.snapshot"), entries, false);
    }

    private void metaProperties() throws IOException {
        MetaProperties.Builder v1 = new MetaProperties.Builder().setVersion(MetaPropertiesVersion.V1).setNodeId(1);
        PropertiesUtils.writePropertiesFile(v1.setClusterId(CLUSTER).setDirectoryId(DIRECTORY).build().toProperties(),
            file("v1-meta.properties").getPath(), false);
        PropertiesUtils.writePropertiesFile(
            v1.setClusterId(" #a=b\\ c\u00e9").setNodeId(Integer.MAX_VALUE).build().toProperties(),
            file("escaped-meta.properties").getPath(), false);
        MetaProperties.Builder v0 = new MetaProperties.Builder().setVersion(MetaPropertiesVersion.V0).setNodeId(7);
        PropertiesUtils.writePropertiesFile(v0.setClusterId(CLUSTER).setDirectoryId(DIRECTORY).build().toProperties(),
            file("v0-meta.properties").getPath(), false);
    }

    private void others() throws Exception {
        PartitionMetadataFile metadata = new PartitionMetadataFile(file("partition.metadata"), failures());
        metadata.record(TOPIC);
        metadata.maybeFlush();
        new CleanShutdownFileHandler(folder.toString()).write(4_294_967_296L);
        Set<Integer> voters = new TreeSet<>(List.of(1, 2, 3000));
        ElectionState leader = ElectionState.withElectedLeader(5, 1, Optional.of(ReplicaKey.of(2, DIRECTORY)), voters);
        ElectionState none = ElectionState.withUnknownLeader(Integer.MAX_VALUE, voters);
        for (KRaftVersion version : List.of(KRaftVersion.KRAFT_VERSION_0, KRaftVersion.KRAFT_VERSION_1)) {
            String end = "-v" + version.featureLevel() + "-quorum-state";
            new FileQuorumStateStore(file("leader" + end)).writeElectionState(leader, version);
            new FileQuorumStateStore(file("none" + end)).writeElectionState(none, version);
        }
    }

    // ---- records of the metadata log ----

    private static VotersRecord voters() {
        VotersRecord.EndpointCollection endpoints = new VotersRecord.EndpointCollection();
        endpoints.add(new VotersRecord.Endpoint().setName("CONTROLLER").setHost("localhost").setPort(65_535));
        VotersRecord.Voter voter = new VotersRecord.Voter().setVoterId(1).setVoterDirectoryId(DIRECTORY)
            .setEndpoints(endpoints).setKRaftVersionFeature(new VotersRecord.KRaftVersionFeature()
                .setMinSupportedVersion((short) 0).setMaxSupportedVersion((short) 1));
        return new VotersRecord().setVersion((short) 0).setVoters(List.of(voter));
    }

    private static final Time FIXED = new Time() {
        @Override
        public long milliseconds() {
            return NOW;
        }

        @Override
        public long nanoseconds() {
            return NOW * 1_000_000;
        }

        @Override
        public void sleep(long ms) {
        }
    };

    private void snapshot(long offset, int epoch, KRaftVersion version, List<List<ApiMessageAndVersion>> batches) {
        RecordsSnapshotWriter.Builder builder = new RecordsSnapshotWriter.Builder().setTime(FIXED)
            .setKraftVersion(version).setLastContainedLogTimestamp(NOW - 1).setMaxBatchSizeBytes(1 << 20)
            .setRawSnapshotWriter(FileRawSnapshotWriter.create(folder, new OffsetAndEpoch(offset, epoch)));
        if (version == KRaftVersion.KRAFT_VERSION_1)
            builder.setVoterSet(Optional.of(VoterSet.fromVotersRecord(voters())));
        try (RecordsSnapshotWriter<ApiMessageAndVersion> writer = builder.build(MetadataRecordSerde.INSTANCE)) {
            batches.forEach(writer::append);
            writer.freeze();
        }
    }

    private static ApiMessageAndVersion feature(String name, int level) {
        FeatureLevelRecord record = new FeatureLevelRecord().setName(name).setFeatureLevel((short) level);
        return new ApiMessageAndVersion(record, (short) 0);
    }

    private void snapshots() {
        List<ApiMessageAndVersion> features = List.of(feature("metadata.version", 33), feature("group.version", 1));
        List<ApiMessageAndVersion> topics = List.of(
            new ApiMessageAndVersion(new TopicRecord().setName("plain").setTopicId(TOPIC), (short) 0));
        snapshot(4_294_967_296L, 7, KRaftVersion.KRAFT_VERSION_1, List.of(features, topics));
        snapshot(70, 2, KRaftVersion.KRAFT_VERSION_0, List.of(features));
        snapshot(0, 0, KRaftVersion.KRAFT_VERSION_0, List.of());
    }

    /** The batch that a new leader writes first. */
    private void leaderChange() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(1024);
        List<LeaderChangeMessage.Voter> voter =
            List.of(new LeaderChangeMessage.Voter().setVoterId(1));
        try (MemoryRecordsBuilder builder = new MemoryRecordsBuilder(buffer, (byte) 2, Compression.NONE,
                TimestampType.CREATE_TIME, 40, NOW, -1, (short) -1, -1, false, true, 3, buffer.capacity())) {
            builder.appendLeaderChangeMessage(NOW, new LeaderChangeMessage().setVersion((short) 0).setLeaderId(1)
                .setVoters(voter).setGrantingVoters(voter));
            builder.appendKRaftVersionMessage(NOW,
                new KRaftVersionRecord().setVersion((short) 0).setKRaftVersion((short) 1));
            builder.appendVotersMessage(NOW, voters());
        }
        byte[] bytes = new byte[buffer.position()];
        buffer.get(0, bytes);
        Files.write(folder.resolve("leader-change.log"), bytes);
    }

    // ---- names ----

    private void names() throws IOException {
        List<String> lines = new ArrayList<>();
        String longest = "a".repeat(249);
        for (TopicPartition p : List.of(new TopicPartition("plain", 0),
                new TopicPartition("a-b.c_1-2", Integer.MAX_VALUE), new TopicPartition(longest, 12))) {
            String end = " " + p.topic() + " " + p.partition();
            lines.add("dir " + LocalLog.logDirName(p) + " live" + end);
            lines.add("dir " + LocalLog.logDeleteDirName(p) + " delete" + end);
            lines.add("dir " + LocalLog.logStrayDirName(p) + " stray" + end);
            lines.add("dir " + LocalLog.logFutureDirName(p) + " future" + end);
        }
        File here = new File(".");
        for (long offset : new long[] {0, 42, Long.MAX_VALUE}) {
            for (String state : List.of("", ".deleted", ".cleaned", ".swap")) {
                String end = " " + (state.isEmpty() ? "live" : state.substring(1)) + " " + offset;
                lines.add("file " + LogFileUtils.logFile(here, offset, state).getName() + " log" + end);
                lines.add("file " + LogFileUtils.offsetIndexFile(here, offset, state).getName() + " index" + end);
                lines.add("file " + LogFileUtils.timeIndexFile(here, offset, state).getName() + " timeindex" + end);
                lines.add("file " + LogFileUtils.transactionIndexFile(here, offset, state).getName() + " txnindex"
                    + end);
            }
            lines.add("file " + LogFileUtils.producerSnapshotFile(here, offset).getName() + " snapshot live " + offset);
            OffsetAndEpoch id = new OffsetAndEpoch(offset, 2_147_483_647);
            lines.add("file " + Snapshots.snapshotPath(Path.of("."), id).getFileName() + " checkpoint live " + offset);
            Path unfinished = Snapshots.createTempFile(folder, id);
            lines.add("file " + unfinished.getFileName() + " checkpoint part " + offset);
            Files.delete(unfinished);
        }
        Files.write(folder.resolve("names.txt"), lines);
    }

    // ---- properties: each line is a text in hex, and what Java reads ----

    private static final String[] PIECES = {
        "a", "b", "key", "=", ":", " ", "\t", "\f", "\n", "\r", "\r\n", "\\", "\\\\", "\\\n", "\\\r\n",
        "\\\r", "#", "!", "\\u0041", "\\u00e9", "\\ud83d\\ude00", "\\ud83d", "\\ude00", "\\u00", "\\t", "\\n",
        "\\:", "\\ ", "\u00e9", "\ud83d\ude00", "1", "\\u", "  ", "x=y\n", "\\x"};

    /** Keeps what is put in the order of the text, repetitions included. */
    private static final class Recorder extends Properties {
        private static final long serialVersionUID = 1L;
        private final transient List<String> found = new ArrayList<>();

        @Override
        public synchronized Object put(Object key, Object value) {
            found.add(hex((String) key) + "=" + hex((String) value));
            return super.put(key, value);
        }
    }

    private static String hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
    }

    private void properties() throws IOException {
        Random random = new Random(1);
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 1500; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(12) + 1; n > 0; n--)
                text.append(PIECES[random.nextInt(PIECES.length)]);
            Recorder recorder = new Recorder();
            String end = "";
            try (BufferedReader reader = new BufferedReader(new StringReader(text.toString()))) {
                recorder.load(reader);
            } catch (IllegalArgumentException e) {
                end = " !";
            }
            lines.add((hex(text.toString()) + " " + String.join(" ", recorder.found)).strip() + end);
        }
        Files.write(folder.resolve("properties.txt"), lines);
    }

    private static final String[] META_LINES = {
        "version=1", "version=0", "version = 1 ", "version=2", "version=x", "node.id=1", "node.id=+5",
        "node.id=1 ", "node.id=", "node.id=2147483648", "node.id=0x1", "broker.id=3", "broker.id=x",
        "cluster.id=kw1reKw1reKw1reKw1reKQ", "cluster.id=", "cluster.id=9f6a1c3e-2b4d-4f5a-8c7e-0123456789ab",
        "other=1", "directory.id=Yk4SPvywTOu7bg29-fvagA", "directory.id=Yk4SPvywTOu7bg29-fvagB",
        "directory.id=Yk4SPvywTOu7bg29-fvagA==", "directory.id=9f6a1c3e-2b4d-4f5a-8c7e-0123456789ab",
        "directory.id=Yk4SPvywTOu7bg29+fvagA", "directory.id=short", "directory.id=",
        "directory.id=Yk4SPvywTOu7bg29-fvagA=", "directory.id=Yk4SPvywTOu7bg29-fvagAA", "# version=2"};

    private void metaVerdicts() throws IOException {
        Random random = new Random(2);
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            StringBuilder text = new StringBuilder();
            if (random.nextInt(3) > 0)
                text.append("version=1\nnode.id=1\ncluster.id=x\n");
            for (int n = random.nextInt(5); n > 0; n--)
                text.append(META_LINES[random.nextInt(META_LINES.length)]).append('\n');
            Properties properties = new Properties();
            properties.load(new StringReader(text.toString()));
            String verdict;
            try {
                MetaProperties meta = new MetaProperties.Builder(properties).build();
                verdict = meta.version().number() + " " + meta.nodeId().orElse(-1) + " "
                    + meta.clusterId().map(id -> "=" + id).orElse("-") + " "
                    + meta.directoryId().map(Uuid::toString).orElse("AAAAAAAAAAAAAAAAAAAAAA");
            } catch (RuntimeException e) {
                verdict = "!";
            }
            lines.add((text.isEmpty() ? "-" : hex(text.toString())) + " " + verdict);
        }
        Files.write(folder.resolve("meta-properties.txt"), lines);
    }
}
