// SPDX-License-Identifier: Apache-2.0
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.message.DeleteShareGroupStateRequestData;
import org.apache.kafka.common.message.InitializeShareGroupStateRequestData;
import org.apache.kafka.common.message.ReadShareGroupStateRequestData;
import org.apache.kafka.common.message.ReadShareGroupStateSummaryRequestData;
import org.apache.kafka.common.message.WriteShareGroupStateRequestData;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Timer;
import org.apache.kafka.coordinator.common.runtime.CoordinatorMetadataDelta;
import org.apache.kafka.coordinator.common.runtime.CoordinatorMetadataImage;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.share.ShareCoordinatorConfig;
import org.apache.kafka.coordinator.share.ShareCoordinatorRecordSerde;
import org.apache.kafka.coordinator.share.ShareCoordinatorShard;
import org.apache.kafka.coordinator.share.metrics.ShareCoordinatorMetrics;
import org.apache.kafka.timeline.SnapshotRegistry;

/**
 * Random requests to Kafka's shard of __share_group_state, one a line: the time, what is asked, group, first byte of
 * the topic id, partition, leader epoch, state epoch, start offset, count, batches; then the error, the record's key
 * and value, what was read, the error's message. "-" is none. After "cold" come the records that it writes, and "below"
 * has the offset below which no record is needed. There is one topic, 1, with three partitions.
 */
public final class ShareState {
    private static final int REQUESTS = 1200;
    private static final int PARTITIONS = 3;
    private static final Uuid TOPIC = id(1);

    private static long now = 1_700_000_000_000L;
    private static long offset = 0;
    private static final Random RANDOM = new Random(932);
    private static final ShareCoordinatorRecordSerde SERDE = new ShareCoordinatorRecordSerde();
    private static ShareCoordinatorShard shard;

    /** A clock that the requests move. */
    private static final class Clock implements Time {
        @Override
        public long milliseconds() {
            return now;
        }

        @Override
        public long hiResClockMs() {
            return now;
        }

        @Override
        public long nanoseconds() {
            return now * 1_000_000;
        }

        @Override
        public void sleep(long ms) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void waitObject(Object object, Supplier<Boolean> condition, long deadline) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Timer timer(long timeout) {
            return SYSTEM.timer(timeout);
        }

        @Override
        public Timer timer(Duration timeout) {
            return SYSTEM.timer(timeout);
        }
    }

    private record Topic(String name, Uuid id, int partitionCount)
        implements CoordinatorMetadataImage.TopicMetadata {
        @Override
        public List<String> partitionRacks(int partition) {
            return List.of();
        }
    }

    private static final class Image implements CoordinatorMetadataImage {
        private final Topic topic = new Topic("topic", TOPIC, PARTITIONS);

        @Override
        public Set<Uuid> topicIds() {
            return Set.of(TOPIC);
        }

        @Override
        public Set<String> topicNames() {
            return Set.of(topic.name);
        }

        @Override
        public Optional<TopicMetadata> topicMetadata(String name) {
            return name.equals(topic.name) ? Optional.of(topic) : Optional.empty();
        }

        @Override
        public Optional<TopicMetadata> topicMetadata(Uuid id) {
            return id.equals(TOPIC) ? Optional.of(topic) : Optional.empty();
        }

        @Override
        public CoordinatorMetadataDelta emptyDelta() {
            return null;
        }

        @Override
        public long version() {
            return 1;
        }

        @Override
        public boolean isEmpty() {
            return false;
        }
    }

    private static Uuid id(int first) {
        return new Uuid((long) first << 56, 0);
    }

    private static String hex(byte[] bytes) {
        return bytes == null ? "null" : HexFormat.of().formatHex(bytes);
    }

    private static String replay(CoordinatorRecord record) {
        shard.replay(offset++, -1, (short) -1, record);
        return hex(SERDE.serializeKey(record)) + " " + hex(SERDE.serializeValue(record));
    }

    private static String replay(List<CoordinatorRecord> records) {
        return records.isEmpty() ? "- -" : replay(records.get(0));
    }

    private static String text(String message) {
        return message == null || message.isEmpty() ? "-" : message;
    }

    private static List<WriteShareGroupStateRequestData.StateBatch> batches() {
        List<WriteShareGroupStateRequestData.StateBatch> out = new ArrayList<>();
        for (int i = RANDOM.nextInt(5); i > 0; i--) {
            long first = RANDOM.nextInt(40);
            out.add(new WriteShareGroupStateRequestData.StateBatch().setFirstOffset(first)
                .setLastOffset(first + RANDOM.nextInt(12))
                .setDeliveryState((byte) List.of(0, 2, 4).get(RANDOM.nextInt(3)).intValue())
                .setDeliveryCount((short) (1 + RANDOM.nextInt(3))));
        }
        return out;
    }

    private static <T> String join(List<T> batches, Function<T, String> each) {
        return batches.isEmpty() ? "-" : batches.stream().map(each).collect(Collectors.joining(","));
    }

    private static void initialize(String group, Uuid topic, int partition, int stateEpoch, long start) {
        var result = shard.initializeState(
            new InitializeShareGroupStateRequestData().setGroupId(group).setTopics(List.of(
            new InitializeShareGroupStateRequestData.InitializeStateData().setTopicId(topic).setPartitions(List.of(
                new InitializeShareGroupStateRequestData.PartitionData().setPartition(partition)
                    .setStateEpoch(stateEpoch).setStartOffset(start))))));
        var answer = result.response().results().get(0).partitions().get(0);
        System.out.println(" 0 " + stateEpoch + " " + start + " 0 - " + answer.errorCode() + " "
            + replay(result.records()) + " - " + text(answer.errorMessage()));
    }

    private static void write(String group, Uuid topic, int partition, int leaderEpoch, int stateEpoch, long start) {
        var batches = batches();
        int count = RANDOM.nextInt(4) - 1;
        String asked = " " + leaderEpoch + " " + stateEpoch + " " + start + " " + count + " "
            + join(batches, b -> b.firstOffset() + ":" + b.lastOffset() + ":" + b.deliveryState() + ":"
                + b.deliveryCount());
        var result = shard.writeState(new WriteShareGroupStateRequestData().setGroupId(group).setTopics(List.of(
            new WriteShareGroupStateRequestData.WriteStateData().setTopicId(topic).setPartitions(List.of(
                new WriteShareGroupStateRequestData.PartitionData().setPartition(partition).setStateEpoch(stateEpoch)
                    .setLeaderEpoch(leaderEpoch).setStartOffset(start).setDeliveryCompleteCount(count)
                    .setStateBatches(batches))))));
        var answer = result.response().results().get(0).partitions().get(0);
        System.out.println(asked + " " + answer.errorCode() + " " + replay(result.records()) + " - "
            + text(answer.errorMessage()));
    }

    private static void read(String group, Uuid topic, int partition, int leaderEpoch) {
        var result = shard.readStateAndMaybeUpdateLeaderEpoch(
            new ReadShareGroupStateRequestData().setGroupId(group).setTopics(List.of(
                new ReadShareGroupStateRequestData.ReadStateData().setTopicId(topic).setPartitions(List.of(
                    new ReadShareGroupStateRequestData.PartitionData().setPartition(partition)
                        .setLeaderEpoch(leaderEpoch))))));
        var answer = result.response().results().get(0).partitions().get(0);
        System.out.println(" " + leaderEpoch + " 0 0 0 - " + answer.errorCode() + " " + replay(result.records()) + " "
            + answer.startOffset() + ";" + answer.stateEpoch() + ";"
            + join(answer.stateBatches(), b -> b.firstOffset() + ":" + b.lastOffset() + ":" + b.deliveryState() + ":"
                + b.deliveryCount()) + " " + text(answer.errorMessage()));
    }

    private static void summary(String group, Uuid topic, int partition) {
        var result = shard.readStateSummary(
            new ReadShareGroupStateSummaryRequestData().setGroupId(group).setTopics(List.of(
                new ReadShareGroupStateSummaryRequestData.ReadStateSummaryData().setTopicId(topic).setPartitions(
                    List.of(new ReadShareGroupStateSummaryRequestData.PartitionData().setPartition(partition))))));
        var answer = result.response().results().get(0).partitions().get(0);
        System.out.println(" 0 0 0 0 - " + answer.errorCode() + " " + replay(result.records()) + " "
            + answer.startOffset() + ";" + answer.deliveryCompleteCount() + ";" + answer.leaderEpoch() + ";"
            + answer.stateEpoch() + " " + text(answer.errorMessage()));
    }

    private static void delete(String group, Uuid topic, int partition) {
        var result = shard.deleteState(new DeleteShareGroupStateRequestData().setGroupId(group).setTopics(List.of(
            new DeleteShareGroupStateRequestData.DeleteStateData().setTopicId(topic).setPartitions(List.of(
                new DeleteShareGroupStateRequestData.PartitionData().setPartition(partition))))));
        var answer = result.response().results().get(0).partitions().get(0);
        System.out.println(" 0 0 0 0 - " + answer.errorCode() + " " + replay(result.records()) + " - "
            + text(answer.errorMessage()));
    }

    private static void cold() {
        System.out.println(now + " cold");
        List<CoordinatorRecord> records = new ArrayList<>(shard.snapshotColdPartitions().records());
        Map<String, CoordinatorRecord> byKey = new HashMap<>();
        records.forEach(r -> byKey.put(hex(SERDE.serializeKey(r)), r));
        List<String> keys = new ArrayList<>(byKey.keySet());
        Collections.sort(keys);
        keys.forEach(k -> System.out.println("record " + replay(byKey.get(k))));
    }

    private static void request() {
        String group = RANDOM.nextInt(4) == 0 ? "g2" : "group";
        int first = RANDOM.nextInt(25) == 0 ? 2 : 1;
        int partition =
            RANDOM.nextInt(30) == 0 ? -1 : RANDOM.nextInt(20) == 0 ? PARTITIONS : RANDOM.nextInt(PARTITIONS);
        int leaderEpoch = RANDOM.nextInt(40) == 0 ? -1 : (int) (offset / 200) + RANDOM.nextInt(2);
        int stateEpoch = RANDOM.nextInt(40) == 0 ? -1 : (int) (offset / 300) + RANDOM.nextInt(2);
        long start = RANDOM.nextInt(4) == 0 ? -1 : RANDOM.nextInt(30);
        String[] kinds = {
            "initialize", "write", "write", "write", "write", "write", "read", "read", "summary", "delete"};
        String kind = kinds[RANDOM.nextInt(kinds.length)];
        if (kind.equals("delete") && RANDOM.nextInt(4) != 0)
            kind = "write";
        System.out.print(now + " " + kind + " " + group + " " + first + " " + partition);
        switch (kind) {
            case "initialize" -> initialize(group, id(first), partition, stateEpoch, start);
            case "write" -> write(group, id(first), partition, leaderEpoch, stateEpoch, start);
            case "read" -> read(group, id(first), partition, leaderEpoch);
            case "summary" -> summary(group, id(first), partition);
            default -> delete(group, id(first), partition);
        }
    }

    public static void main(String[] args) {
        shard = new ShareCoordinatorShard.Builder(new ShareCoordinatorConfig(new AbstractConfig(
            ShareCoordinatorConfig.CONFIG_DEF, Map.of("share.coordinator.snapshot.update.records.per.snapshot", 4))))
            .withSnapshotRegistry(new SnapshotRegistry(new org.apache.kafka.common.utils.internals.LogContext()))
            .withTime(new Clock())
            .withCoordinatorMetrics(new ShareCoordinatorMetrics(new Metrics()))
            .withTopicPartition(new TopicPartition("__share_group_state", 0))
            .build();
        shard.onLoaded(new Image());
        for (int i = 0; i < REQUESTS; i++) {
            now += RANDOM.nextInt(3) == 0 ? RANDOM.nextInt(100_000) : 1;
            if (RANDOM.nextInt(20) == 0)
                cold();
            else
                request();
            if (RANDOM.nextInt(10) == 0)
                System.out.println("below " + shard.lastRedundantOffset().response().orElse(-1L));
        }
    }
}
