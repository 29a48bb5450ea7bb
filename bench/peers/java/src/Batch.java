// SPDX-License-Identifier: Apache-2.0

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

/** Reading and building of record batches. */
final class Batch {
    private record Source(long timestamp, byte[] key, byte[] value) {}

    private Batch() {}

    static void bench(Main.Input input) throws Exception {
        ByteBuffer in = input.data();
        Timing.bench(input.name(), "iter", () -> sumOfSizes(in));

        MutableRecordBatch batch = MemoryRecords.readableRecords(in.duplicate()).batches().iterator().next();
        Timing.bench(input.name(), "crc", () -> {
            batch.ensureValid();
            return batch;
        });

        List<Source> records = new ArrayList<>();
        for (Record record : batch) {
            records.add(new Source(record.timestamp(), bytes(record.key()), bytes(record.value())));
        }
        ByteBuffer out = ByteBuffer.allocate(in.capacity() + 1);
        if (!build(out, records).buffer().equals(in)) {
            throw new IllegalStateException(input.name() + ": what is built is not what was read");
        }
        Timing.bench(input.name(), "build", () -> build(out, records));
    }

    private static Object sumOfSizes(ByteBuffer in) {
        long sum = 0;
        for (RecordBatch batch : MemoryRecords.readableRecords(in.duplicate()).batches()) {
            for (Record record : batch) {
                sum += record.keySize() + record.valueSize();
            }
        }
        return sum;
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] copy = new byte[buffer.remaining()];
        buffer.get(copy);
        return copy;
    }

    private static MemoryRecords build(ByteBuffer out, List<Source> records) {
        MemoryRecordsBuilder builder = MemoryRecords.builder(out.clear(), RecordBatch.MAGIC_VALUE_V2, Compression.NONE,
                TimestampType.CREATE_TIME, 0L, RecordBatch.NO_TIMESTAMP, RecordBatch.NO_PRODUCER_ID,
                RecordBatch.NO_PRODUCER_EPOCH, RecordBatch.NO_SEQUENCE, false, false,
                RecordBatch.NO_PARTITION_LEADER_EPOCH);
        for (Source record : records) {
            builder.append(record.timestamp(), record.key(), record.value());
        }
        return builder.build();
    }
}
