// SPDX-License-Identifier: Apache-2.0
package kwire.oracle;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.StringJoiner;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder.RecordsInfo;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;

/**
 * Random batches to build, as words, and what Kafka builds. The words: magic, codec, base offset, append time, delete
 * horizon, producer id, producer epoch, base sequence, leader epoch, 1 if transactional, last offset to reach; then of
 * each record offset, timestamp, key, value, number of headers, key and value of each. "-" is null, "." is empty. To
 * patch: last offset, 1 for append time, max timestamp, leader epoch.
 */
final class RecordsBuilder {
    private static final long NOW = 1_750_000_000_000L;
    private static final int ROOM = 1 << 16;

    private final Random random;
    private StringJoiner words;
    private long offset;
    private long reach;

    RecordsBuilder(long seed) {
        random = new Random(seed);
    }

    /** Uses each magic and codec in turn. */
    ObjectNode next(int index) throws IOException {
        byte magic = List.of((byte) 2, (byte) 1, (byte) 2, (byte) 0).get(index % 4);
        CompressionType codec = CompressionType.values()[random.nextInt(3) == 0 ? index / 4 % 5 : 0];
        words = new StringJoiner(" ");
        ObjectNode line = JsonNodeFactory.instance.objectNode();
        boolean more = true;
        MemoryRecordsBuilder builder = null;
        try {
            builder = begin(magic, codec);
        } catch (IllegalArgumentException e) {
            more = false;
        }
        for (int i = builder == null ? 0 : random.nextInt(40) == 0 ? 0 : 1 + random.nextInt(6); i > 0 && more; i--) {
            more = append(builder, magic);
        }
        if (!more) {
            return line.put("build", words.toString()).put("error", true);
        }
        return end(line, builder);
    }

    private MemoryRecordsBuilder begin(byte magic, CompressionType codec) {
        boolean v2 = magic == RecordBatch.MAGIC_VALUE_V2;
        boolean appendTime = magic != RecordBatch.MAGIC_VALUE_V0 && random.nextInt(4) == 0;
        boolean idempotent = v2 ? random.nextInt(3) == 0 : random.nextInt(30) == 0;
        boolean transactional = idempotent ? random.nextBoolean() : random.nextInt(30) == 0;
        long base = random.nextInt(4) == 0 ? random.nextLong() >>> 8 : random.nextInt(1000);
        long logAppendTime = appendTime ? NOW + random.nextInt(1000) : RecordBatch.NO_TIMESTAMP;
        long horizon = v2 && random.nextInt(8) == 0 ? NOW - random.nextInt(1000) : RecordBatch.NO_TIMESTAMP;
        long producer = idempotent ? random.nextInt(5000) : RecordBatch.NO_PRODUCER_ID;
        short epoch = idempotent && !rarely() ? (short) random.nextInt(Short.MAX_VALUE) : RecordBatch.NO_PRODUCER_EPOCH;
        int sequence = idempotent && !rarely() ? random.nextInt() & Integer.MAX_VALUE : RecordBatch.NO_SEQUENCE;
        int leaderEpoch = v2 ? random.nextInt(100) - 1 : RecordBatch.NO_PARTITION_LEADER_EPOCH;
        long reach = v2 && random.nextInt(6) == 0 ? base + 2000 : -1;
        for (Object word : new Object[] {magic, codec.id, base, logAppendTime, horizon, producer, epoch, sequence,
            leaderEpoch, transactional ? 1 : 0, reach}) {
            words.add(word.toString());
        }
        MemoryRecordsBuilder builder = new MemoryRecordsBuilder(
            new ByteBufferOutputStream(ROOM), magic, Compression.of(codec).build(),
            magic == RecordBatch.MAGIC_VALUE_V0 ? TimestampType.NO_TIMESTAMP_TYPE
                : appendTime ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME,
            base, logAppendTime, producer, epoch, sequence, transactional, false, leaderEpoch, ROOM, horizon);
        this.offset = base;
        this.reach = reach;
        return builder;
    }

    private boolean append(MemoryRecordsBuilder builder, byte magic) {
        long at = rarely() ? offset - 1 : random.nextInt(8) == 0 ? offset + random.nextInt(100) : offset;
        long timestamp = rarely() ? -2 : timestamp();
        byte[] key = bytes();
        byte[] value = bytes();
        boolean withHeaders = magic == RecordBatch.MAGIC_VALUE_V2 ? random.nextInt(4) == 0 : rarely();
        Header[] headers = new Header[withHeaders ? 1 + random.nextInt(3) : 0];
        words.add(Long.toString(at)).add(Long.toString(timestamp)).add(word(key)).add(word(value));
        words.add(Integer.toString(headers.length));
        for (int i = 0; i < headers.length; i++) {
            String name = "h".repeat(random.nextInt(3)) + "\u00e9";
            headers[i] = new RecordHeader(name, bytes());
            words.add(word(name.getBytes(StandardCharsets.UTF_8))).add(word(headers[i].value()));
        }
        if (at < offset && builder.numRecords() == 0) {
            return false; // Kafka does not see that the first record is below the base offset
        }
        try {
            builder.appendWithOffset(at, timestamp, key, value, headers);
        } catch (IllegalArgumentException e) {
            return false;
        }
        offset = at + 1;
        return true;
    }

    private ObjectNode end(ObjectNode line, MemoryRecordsBuilder builder) throws IOException {
        line.put("build", words.toString());
        boolean empty = builder.numRecords() == 0;
        RecordsInfo info = empty ? null : builder.info();
        if (reach >= 0 && !empty) {
            builder.overrideLastOffset(reach);
        }
        MemoryRecords records;
        try {
            records = builder.build();
        } catch (IllegalArgumentException e) {
            return line.put("error", true);
        }
        line.put("hex", hex(records.buffer()));
        if (empty) {
            return line;
        }
        line.put("maxTimestamp", info.maxTimestamp).put("maxTimestampOffset", info.shallowOffsetOfMaxTimestamp);
        MutableRecordBatch batch = records.batches().iterator().next();
        if (batch.isCompressed()) {
            line.put("payload", payload(batch, records.buffer().duplicate()));
        }
        if (batch.sizeInBytes() == records.sizeInBytes() && !batch.isCompressed()) {
            patch(line, batch);
            line.put("patched", hex(records.buffer()));
        }
        return line;
    }

    private static String payload(RecordBatch batch, ByteBuffer bytes) throws IOException {
        byte magic = batch.magic();
        bytes.position(bytes.position() + List.of(26, 34, DefaultRecordBatch.RECORD_BATCH_OVERHEAD).get(magic));
        Compression compression = Compression.of(batch.compressionType()).build();
        try (InputStream in = compression.wrapForInput(bytes, magic, BufferSupplier.NO_CACHING)) {
            return HexFormat.of().formatHex(in.readAllBytes());
        }
    }

    private void patch(ObjectNode line, MutableRecordBatch batch) {
        long last = 5000 + random.nextInt(1 << 20);
        boolean appendTime = batch.magic() != RecordBatch.MAGIC_VALUE_V0 && random.nextBoolean();
        long time = random.nextInt(3) == 0 ? batch.maxTimestamp() : NOW + random.nextInt(1000);
        int epoch = batch.magic() == RecordBatch.MAGIC_VALUE_V2 ? random.nextInt(1000) : -1;
        line.put("patch", last + " " + (appendTime ? 1 : 0) + " " + time + " " + epoch);
        batch.setLastOffset(last);
        if (batch.magic() != RecordBatch.MAGIC_VALUE_V0) {
            batch.setMaxTimestamp(appendTime ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME, time);
        }
        if (batch.magic() == RecordBatch.MAGIC_VALUE_V2) {
            batch.setPartitionLeaderEpoch(epoch);
        }
    }

    private boolean rarely() {
        return random.nextInt(60) == 0;
    }

    private long timestamp() {
        return switch (random.nextInt(8)) {
            case 0 -> -1;
            case 1 -> random.nextLong() >>> 2;
            case 2 -> random.nextInt(1000);
            default -> NOW + random.nextInt(5000);
        };
    }

    private byte[] bytes() {
        byte[] bytes = switch (random.nextInt(8)) {
            case 0 -> null;
            case 1 -> new byte[0];
            case 2 -> new byte[60 + random.nextInt(100)];
            default -> new byte[1 + random.nextInt(20)];
        };
        if (bytes != null) {
            Arrays.fill(bytes, (byte) ('a' + random.nextInt(26)));
        }
        return bytes;
    }

    private static String word(byte[] bytes) {
        return bytes == null ? "-" : bytes.length == 0 ? "." : HexFormat.of().formatHex(bytes);
    }

    private static String hex(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
