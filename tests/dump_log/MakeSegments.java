// SPDX-License-Identifier: Apache-2.0

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMetadataValue;
import org.apache.kafka.coordinator.group.generated.OffsetCommitKey;
import org.apache.kafka.coordinator.share.ShareCoordinatorRecordSerde;
import org.apache.kafka.coordinator.share.generated.ShareSnapshotKey;
import org.apache.kafka.coordinator.share.generated.ShareSnapshotValue;
import org.apache.kafka.coordinator.share.generated.ShareUpdateKey;
import org.apache.kafka.coordinator.share.generated.ShareUpdateValue;
import org.apache.kafka.server.common.ApiMessageAndVersion;

/**
 * usage: MakeSegments DIR SEED
 *
 * Writes logs with Kafka's own code: of every magic and codec, with transactions, markers, an empty batch and a delete
 * horizon, and with records of Kafka's internal topics. Keys and values are text of one line, or not UTF-8.
 */
final class MakeSegments {
    private static final long NOW = 1_764_000_000_000L;
    private static final int CAPACITY = 1 << 16;
    private static final int BATCHES = 20;
    private static final List<String> WORDS = List.of("alpha", "{\"a\":\"b\\n\"}", "\u00e9t\u00e9", "\u65e5\u672c",
        "\ud83d\ude00", "a \\ b", "\u0080", "", "tab\there");

    private final Path folder;
    private final Random random;
    private long offset;

    private MakeSegments(Path folder, long seed) {
        this.folder = folder;
        this.random = new Random(seed);
    }

    public static void main(String[] args) throws IOException {
        new MakeSegments(Path.of(args[0]), Long.parseLong(args[1])).run();
    }

    private void run() throws IOException {
        for (byte magic = 0; magic <= 2; magic++) {
            for (CompressionType codec : CompressionType.values()) {
                if (magic == 2 || codec != CompressionType.ZSTD) {
                    write("magic" + magic + "." + codec.name + "-0", data(magic, codec));
                }
            }
        }
        write("transactions-0", transactions());
        write("__share_group_state-0", shareGroupState());
        write("__consumer_offsets-0", consumerOffsets());
        write("__cluster_metadata-0", metadataThatCannotBeRead());
    }

    private void write(String name, List<MemoryRecords> batches) throws IOException {
        Path log = Files.createDirectories(folder.resolve(name)).resolve("00000000000000000000.log");
        try (OutputStream out = Files.newOutputStream(log); WritableByteChannel channel = Channels.newChannel(out)) {
            for (MemoryRecords batch : batches) {
                channel.write(batch.buffer().duplicate());
            }
        }
        offset = 0;
    }

    private List<MemoryRecords> data(byte magic, CompressionType codec) {
        List<MemoryRecords> batches = new ArrayList<>();
        for (int i = 0; i < BATCHES; i++) {
            boolean appendTime = magic > 0 && random.nextInt(4) == 0;
            TimestampType type = magic == 0 ? TimestampType.NO_TIMESTAMP_TYPE
                : appendTime ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME;
            boolean idempotent = magic == 2 && random.nextBoolean();
            long horizon = magic == 2 && random.nextInt(5) == 0 ? NOW - 1 : RecordBatch.NO_TIMESTAMP;
            MemoryRecordsBuilder builder = new MemoryRecordsBuilder(
                new ByteBufferOutputStream(CAPACITY), magic, Compression.of(codec).build(), type, offset,
                appendTime ? NOW + i : RecordBatch.NO_TIMESTAMP,
                idempotent ? random.nextInt(1000) : RecordBatch.NO_PRODUCER_ID,
                idempotent ? (short) random.nextInt(100) : RecordBatch.NO_PRODUCER_EPOCH,
                idempotent ? random.nextInt() & Integer.MAX_VALUE : RecordBatch.NO_SEQUENCE, false, false,
                magic == 2 ? i / 4 : RecordBatch.NO_PARTITION_LEADER_EPOCH, CAPACITY, horizon);
            for (int count = 1 + random.nextInt(9); count > 0; count--) {
                builder.appendWithOffset(offset, NOW + random.nextInt(100_000), bytes(), bytes(), headers(magic));
                offset += 1 + random.nextInt(8) / 7;
            }
            batches.add(builder.build());
        }
        return batches;
    }

    private List<MemoryRecords> transactions() {
        List<MemoryRecords> batches = new ArrayList<>();
        for (int i = 0; i < BATCHES; i++) {
            long producer = 7 + i % 3;
            SimpleRecord record = new SimpleRecord(NOW + i, bytes(), bytes());
            batches.add(MemoryRecords.withTransactionalRecords(offset++, Compression.NONE, producer, (short) 1, i, 3,
                record));
            ControlRecordType type = random.nextBoolean() ? ControlRecordType.COMMIT : ControlRecordType.ABORT;
            batches.add(MemoryRecords.withEndTransactionMarker(offset++, NOW + i, 3, producer, (short) 1,
                new EndTransactionMarker(type, i)));
        }
        ByteBuffer empty = ByteBuffer.allocate(100);
        DefaultRecordBatch.writeEmptyHeader(empty, (byte) 2, 7, (short) 1, 5,
            offset, offset + 4, 3, TimestampType.CREATE_TIME, NOW, true, false);
        empty.flip();
        batches.add(MemoryRecords.readableRecords(empty));
        return batches;
    }

    private List<MemoryRecords> coordinator(CoordinatorRecordSerde serde, List<CoordinatorRecord> records) {
        List<MemoryRecords> batches = new ArrayList<>();
        for (CoordinatorRecord record : records) {
            add(batches, serde.serializeKey(record), serde.serializeValue(record));
        }
        return batches;
    }

    private void add(List<MemoryRecords> batches, byte[] key, byte[] value) {
        batches.add(MemoryRecords.withRecords(offset++, Compression.NONE, new SimpleRecord(NOW, key, value)));
    }

    private static CoordinatorRecord record(ApiMessage key, ApiMessage value, int version) {
        return CoordinatorRecord.record(key, new ApiMessageAndVersion(value, (short) version));
    }

    private List<MemoryRecords> shareGroupState() {
        Uuid topic = new Uuid(random.nextLong(), random.nextLong());
        ShareSnapshotKey key = new ShareSnapshotKey().setGroupId("sharing").setTopicId(topic).setPartition(1);
        List<MemoryRecords> batches = coordinator(new ShareCoordinatorRecordSerde(), List.of(
            record(key, new ShareSnapshotValue().setSnapshotEpoch(1).setStateEpoch(2).setLeaderEpoch(3)
                .setStartOffset(4).setCreateTimestamp(NOW).setWriteTimestamp(NOW + 1).setStateBatches(List.of(
                    new ShareSnapshotValue.StateBatch().setFirstOffset(5).setLastOffset(9).setDeliveryState((byte) 2)
                        .setDeliveryCount((short) 1))), 0),
            record(new ShareUpdateKey().setGroupId("sharing").setTopicId(topic).setPartition(1),
                new ShareUpdateValue().setSnapshotEpoch(1).setLeaderEpoch(3).setStartOffset(6), 0),
            CoordinatorRecord.tombstone(key)));
        add(batches, new byte[] {0, 99, 1}, new byte[] {0, 0});
        return batches;
    }

    private List<MemoryRecords> consumerOffsets() {
        List<MemoryRecords> batches = coordinator(new GroupCoordinatorRecordSerde(), List.of(
            record(new ConsumerGroupMetadataKey().setGroupId("g"), new ConsumerGroupMetadataValue().setEpoch(7), 0),
            CoordinatorRecord.tombstone(new OffsetCommitKey().setGroup("g").setTopic("t").setPartition(3))));
        add(batches, new byte[] {0, 99, 1}, new byte[] {0, 0});
        add(batches, new byte[] {0, 2, 0}, new byte[] {0, 0});
        add(batches, new byte[] {0, 2, 0, 1, 'g'}, new byte[] {0, 3, 0});
        return batches;
    }

    private List<MemoryRecords> metadataThatCannotBeRead() {
        List<MemoryRecords> batches = new ArrayList<>();
        add(batches, null, new byte[] {1, 2, 0, 9, 'x'});
        add(batches, null, new byte[] {1, 0x7f, 0});
        add(batches, null, new byte[] {2, 2, 0});
        add(batches, null, new byte[] {1, 24, 0, 0, 0});
        return batches;
    }

    private byte[] bytes() {
        return switch (random.nextInt(8)) {
            case 0 -> null;
            case 1 -> new byte[] {(byte) 0xff, 'x', (byte) 0xfe};
            case 2 -> "long ".repeat(random.nextInt(100)).getBytes(StandardCharsets.UTF_8);
            default -> WORDS.get(random.nextInt(WORDS.size())).getBytes(StandardCharsets.UTF_8);
        };
    }

    private Header[] headers(byte magic) {
        Header[] headers = new Header[magic == 2 && random.nextInt(3) == 0 ? 1 + random.nextInt(3) : 0];
        Arrays.setAll(headers, i -> new RecordHeader("h" + i + "\u00e9", bytes()));
        return headers;
    }
}
