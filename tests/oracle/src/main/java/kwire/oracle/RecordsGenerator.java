// SPDX-License-Identifier: Apache-2.0
package kwire.oracle;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.message.KRaftVersionRecord;
import org.apache.kafka.common.message.LeaderChangeMessage;
import org.apache.kafka.common.message.SnapshotFooterRecord;
import org.apache.kafka.common.message.SnapshotHeaderRecord;
import org.apache.kafka.common.message.VotersRecord;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;

/** Records fields as clients, brokers and the log cleaner write them, with random content. */
final class RecordsGenerator {
    private static final long NOW = 1_750_000_000_000L;
    private static final int ROOM = 1 << 16;

    private final Random random;
    private final List<CompressionType> codecs;

    RecordsGenerator(long seed, List<CompressionType> codecs) {
        random = new Random(seed);
        this.codecs = codecs;
    }

    /** Most have one batch; each magic, codec and property is used in turn, so that none depends on chance. */
    byte[] next(int index) {
        if (index % 8 == 7) {
            ByteArrayOutputStream mixed = new ByteArrayOutputStream();
            for (int i = 0; i < 3; i++) {
                mixed.writeBytes(batch(random.nextInt(1000)));
            }
            byte[] all = mixed.toByteArray();
            return random.nextBoolean() ? all : Arrays.copyOf(all, all.length - 1 - random.nextInt(70));
        }
        return batch(index - index / 8);
    }

    private byte[] batch(int index) {
        byte magic = List.of((byte) 2, (byte) 1, (byte) 2, (byte) 0).get(index % 4);
        if (magic == RecordBatch.MAGIC_VALUE_V2 && index % 14 == 0) {
            return control();
        }
        CompressionType codec = codecs.get(index / 4 % codecs.size());
        if (magic < RecordBatch.MAGIC_VALUE_V2 && codec == CompressionType.ZSTD) {
            codec = CompressionType.NONE;
        }
        byte[] bytes = data(magic, codec);
        byte[] compacted = random.nextInt(3) == 0 ? compact(bytes) : bytes;
        if (compacted.length != 0) {
            bytes = compacted;
        }
        if (magic == RecordBatch.MAGIC_VALUE_V1 && codec != CompressionType.NONE && random.nextInt(4) == 0) {
            ByteBuffer.wrap(bytes).putLong(0, 0); // as some clients produced it
        }
        return bytes;
    }

    private byte[] data(byte magic, CompressionType codec) {
        boolean v2 = magic == RecordBatch.MAGIC_VALUE_V2;
        boolean appendTime = magic != RecordBatch.MAGIC_VALUE_V0 && random.nextInt(4) == 0;
        boolean idempotent = v2 && random.nextInt(3) == 0;
        boolean transactional = idempotent && random.nextBoolean();
        int sequence = random.nextInt(3) == 0 ? Integer.MAX_VALUE - random.nextInt(3) : random.nextInt(1 << 20);
        long offset = random.nextInt(4) == 0 ? random.nextLong() >>> 8 : random.nextInt(1000);
        int count = random.nextInt(25) == 0 ? 40 : 1 + random.nextInt(5);
        MemoryRecordsBuilder builder = new MemoryRecordsBuilder(
            new ByteBufferOutputStream(ROOM), magic, Compression.of(codec).build(),
            magic == RecordBatch.MAGIC_VALUE_V0 ? TimestampType.NO_TIMESTAMP_TYPE
                : appendTime ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME,
            offset, appendTime ? NOW + random.nextInt(1000) : RecordBatch.NO_TIMESTAMP,
            idempotent ? random.nextInt(5000) : RecordBatch.NO_PRODUCER_ID,
            idempotent ? (short) random.nextInt(Short.MAX_VALUE) : RecordBatch.NO_PRODUCER_EPOCH,
            idempotent ? sequence : RecordBatch.NO_SEQUENCE, transactional, false,
            v2 ? random.nextInt(100) - 1 : RecordBatch.NO_PARTITION_LEADER_EPOCH, ROOM);
        for (int i = 0; i < count; i++) {
            long timestamp = magic == RecordBatch.MAGIC_VALUE_V0 ? RecordBatch.NO_TIMESTAMP : timestamp();
            builder.appendWithOffset(offset, timestamp, bytes(), bytes(), v2 ? headers() : Record.EMPTY_HEADERS);
            offset += random.nextInt(8) == 0 ? 1 + random.nextInt(100) : 1;
        }
        return bytesOf(builder.build().buffer());
    }

    private long timestamp() {
        return switch (random.nextInt(8)) {
            case 0 -> random.nextInt(1000); // 1970
            case 1 -> random.nextLong() >>> 2;
            default -> NOW + random.nextInt(5000);
        };
    }

    private byte[] bytes() {
        return switch (random.nextInt(8)) {
            case 0 -> null;
            case 1 -> new byte[0];
            case 2 -> text(60 + random.nextInt(100));
            default -> text(1 + random.nextInt(8));
        };
    }

    private byte[] text(int size) {
        byte[] text = new byte[size];
        for (int i = 0; i < size; i++) {
            text[i] = (byte) ('a' + random.nextInt(4));
        }
        return text;
    }

    private Header[] headers() {
        Header[] headers = new Header[random.nextInt(3) == 0 ? 1 + random.nextInt(3) : 0];
        for (int i = 0; i < headers.length; i++) {
            headers[i] = new RecordHeader(new String(text(random.nextInt(4))), bytes());
        }
        return headers;
    }

    /** As the log cleaner rewrites a batch: fewer records or none, with the same offsets, and a delete horizon. */
    private byte[] compact(byte[] bytes) {
        ByteBuffer output = ByteBuffer.allocate(ROOM);
        boolean empty = random.nextBoolean();
        MemoryRecords.RecordFilter filter = new MemoryRecords.RecordFilter(NOW, 60_000) {
            @Override
            protected BatchRetentionResult checkBatchRetention(RecordBatch batch) {
                BatchRetention retention = batch.magic() == RecordBatch.MAGIC_VALUE_V2
                    ? BatchRetention.RETAIN_EMPTY : BatchRetention.DELETE_EMPTY;
                return new BatchRetentionResult(retention, random.nextBoolean());
            }

            @Override
            protected boolean shouldRetainRecord(RecordBatch batch, Record record) {
                return !empty && random.nextBoolean();
            }
        };
        MemoryRecords.readableRecords(ByteBuffer.wrap(bytes))
            .filterTo(filter, output, BufferSupplier.NO_CACHING, Integer.MAX_VALUE);
        return bytesOf(output.flip());
    }

    private byte[] control() {
        long offset = random.nextInt(1000);
        int epoch = random.nextInt(10);
        ByteBuffer room = ByteBuffer.allocate(ROOM);
        MemoryRecords records = switch (random.nextInt(6)) {
            case 0 -> MemoryRecords.withLeaderChangeMessage(offset, NOW, epoch, room, new LeaderChangeMessage()
                .setLeaderId(random.nextInt(9)).setVoters(List.of(voter(), voter()))
                .setGrantingVoters(List.of(voter())));
            case 1 -> MemoryRecords.withSnapshotHeaderRecord(offset, NOW, epoch, room,
                new SnapshotHeaderRecord().setLastContainedLogTimestamp(NOW - 1));
            case 2 -> MemoryRecords.withSnapshotFooterRecord(offset, NOW, epoch, room, new SnapshotFooterRecord());
            case 3 -> MemoryRecords.withKRaftVersionRecord(offset, NOW, epoch, room,
                new KRaftVersionRecord().setKRaftVersion((short) random.nextInt(2)));
            case 4 -> MemoryRecords.withVotersRecord(offset, NOW, epoch, room, voters());
            default -> MemoryRecords.withEndTransactionMarker(offset, NOW, epoch, random.nextInt(100),
                (short) random.nextInt(10), new EndTransactionMarker(
                    random.nextBoolean() ? ControlRecordType.COMMIT : ControlRecordType.ABORT, random.nextInt(100)));
        };
        return bytesOf(records.buffer());
    }

    private LeaderChangeMessage.Voter voter() {
        return new LeaderChangeMessage.Voter().setVoterId(random.nextInt(9));
    }

    private VotersRecord voters() {
        VotersRecord.EndpointCollection endpoints = new VotersRecord.EndpointCollection();
        endpoints.add(new VotersRecord.Endpoint().setName("CONTROLLER").setHost("localhost").setPort(9093));
        return new VotersRecord().setVoters(List.of(new VotersRecord.Voter()
            .setVoterId(random.nextInt(9))
            .setVoterDirectoryId(new Uuid(random.nextLong(), random.nextLong()))
            .setEndpoints(endpoints)
            .setKRaftVersionFeature(new VotersRecord.KRaftVersionFeature().setMaxSupportedVersion((short) 1))));
    }

    private static byte[] bytesOf(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}
