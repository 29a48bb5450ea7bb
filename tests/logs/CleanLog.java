// SPDX-License-Identifier: Apache-2.0

import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.storage.internals.log.Cleaner;
import org.apache.kafka.storage.internals.log.LogToClean;
import org.apache.kafka.storage.internals.log.SkimpyOffsetMap;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.internals.utils.Throttler;

/**
 * usage: CleanLog batches SEED COUNT START_MS FILE...
 *        CleanLog clean FOLDER SLOTS ROUNDS (FILE NOW_MS)... SETTING=VALUE...
 *
 * The first makes batches with keys, COUNT in each file, that follow each other. The second appends those of a file to
 * a log and cleans it, with Kafka's own code, in rounds, and prints the first offset that is not clean after each.
 */
final class CleanLog {
    private static final int CAPACITY = 1 << 16;
    private static final int PRODUCERS = 6;
    private static final int KEYS = 40;
    private static final int IO_BUFFER = 1 << 16;
    private static final double LOAD_FACTOR = 0.9;
    private static final int SLOT_BYTES = 24;

    private final Random random;
    private final int[] sequences = new int[PRODUCERS];
    private final boolean[] open = new boolean[PRODUCERS];
    private long now;

    private CleanLog(long seed, long start) {
        random = new Random(seed);
        now = start;
    }

    public static void main(String[] args) throws Exception {
        if (args[0].equals("batches")) {
            CleanLog maker = new CleanLog(Long.parseLong(args[1]), Long.parseLong(args[3]));
            for (int i = 4; i < args.length; i++)
                maker.write(Path.of(args[i]), Integer.parseInt(args[2]));
        } else {
            clean(args, 4 + 2 * Integer.parseInt(args[3]));
        }
    }

    private void write(Path file, int count) throws IOException {
        try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(file))) {
            for (int i = 0; i < count; i++) {
                now += random.nextInt(50);
                int producer = random.nextInt(PRODUCERS + 4);
                boolean marker = producer < PRODUCERS && open[producer] && random.nextInt(3) == 0;
                ByteBuffer batch = marker ? marker(producer) : records(producer);
                out.writeInt(0);
                out.writeInt(marker ? 1 : 0);
                out.writeInt(1);
                out.writeInt(batch.remaining());
                out.write(batch.array(), batch.arrayOffset() + batch.position(), batch.remaining());
            }
        }
    }

    private ByteBuffer marker(int producer) {
        ControlRecordType type = random.nextBoolean() ? ControlRecordType.ABORT : ControlRecordType.COMMIT;
        open[producer] = false;
        return MemoryRecords.withEndTransactionMarker(0, now, RecordBatch.NO_PARTITION_LEADER_EPOCH, producer,
            (short) 0, new EndTransactionMarker(type, 0)).buffer();
    }

    // Not zstd: what it makes of the same bytes differs from release to release.
    private Compression codec() {
        List<CompressionType> all = List.of(CompressionType.NONE, CompressionType.NONE, CompressionType.GZIP,
            CompressionType.SNAPPY, CompressionType.LZ4);
        return Compression.of(all.get(random.nextInt(all.size()))).build();
    }

    private ByteBuffer records(int producer) {
        boolean known = producer < PRODUCERS;
        boolean transactional = known && producer % 2 == 0;
        int n = 1 + random.nextInt(6);
        MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(CAPACITY), RecordBatch.MAGIC_VALUE_V2,
            codec(), TimestampType.CREATE_TIME, 0, RecordBatch.NO_TIMESTAMP,
            known ? producer : RecordBatch.NO_PRODUCER_ID, known ? (short) 0 : RecordBatch.NO_PRODUCER_EPOCH,
            known ? sequences[producer] : RecordBatch.NO_SEQUENCE, transactional,
            RecordBatch.NO_PARTITION_LEADER_EPOCH);
        // Few batches have keys that come again only in other batches; some have one key only.
        int from = random.nextInt(KEYS);
        int width = random.nextInt(3) == 0 ? 1 : 8;
        for (int i = 0; i < n; i++) {
            byte[] key = ("key-" + (from + random.nextInt(width)) % KEYS).getBytes(StandardCharsets.UTF_8);
            byte[] value = ("v".repeat(random.nextInt(120)) + random.nextInt()).getBytes(StandardCharsets.UTF_8);
            builder.append(now + random.nextInt(20), key, random.nextInt(5) == 0 ? null : value);
        }
        if (known)
            sequences[producer] += n;
        if (transactional)
            open[producer] = true;
        return builder.build().buffer();
    }

    private static void clean(String[] args, int settings) throws Exception {
        KafkaScheduler scheduler = new KafkaScheduler(1);
        scheduler.startup();
        try (UnifiedLog log = MakeLog.open(Path.of(args[1]), MakeLog.settings(args, settings), scheduler, true)) {
            Throttler throttler = new Throttler(Double.MAX_VALUE, 300, "", "", Time.SYSTEM);
            int memory = Integer.parseInt(args[2]) * SLOT_BYTES;
            Cleaner cleaner = new Cleaner(0, new SkimpyOffsetMap(memory), IO_BUFFER, IO_BUFFER, LOAD_FACTOR, throttler,
                Time.SYSTEM, partition -> { });
            long dirty = 0;
            for (int i = 4; i < settings; i += 2) {
                MakeLog.appendAll(log, Path.of(args[i]));
                long end = Math.min(log.lastStableOffset(), log.activeSegment().baseOffset());
                LogToClean toClean = new LogToClean(log, dirty, Math.max(dirty, end), false);
                if (toClean.cleanableBytes() > 0)
                    dirty = cleaner.doClean(toClean, Long.parseLong(args[i + 1])).getKey();
                System.out.println("clean up to " + dirty);
            }
        }
        scheduler.shutdown();
    }
}
