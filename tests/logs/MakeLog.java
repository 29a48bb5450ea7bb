// SPDX-License-Identifier: Apache-2.0

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.common.RequestLocal;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

/**
 * usage: MakeLog batches FILE SEED COUNT
 *        MakeLog append FOLDER FILE SETTING=VALUE...
 *        MakeLog recover FOLDER SETTING=VALUE...
 *
 * The first makes batches as producers and coordinators send them. The others do with Kafka's own code what
 * append_log.c does with the broker's: append them to a log that is then closed, or open one that was not closed.
 */
final class MakeLog {
    private static final int CAPACITY = 1 << 16;
    private static final int PRODUCERS = 5;
    private static final int EXPIRATION_MS = 86_400_000;
    private static final int CLIENT = 0;
    private static final int COORDINATOR = 1;

    private MakeLog() {
    }

    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "batches" -> makeBatches(Path.of(args[1]), Long.parseLong(args[2]), Integer.parseInt(args[3]));
            case "append" -> append(Path.of(args[1]), Path.of(args[2]), settings(args, 3));
            case "recover" -> recover(Path.of(args[1]), settings(args, 2));
            default -> throw new IllegalArgumentException(args[0]);
        }
    }

    private static Map<String, String> settings(String[] args, int from) {
        Map<String, String> found = new HashMap<>();
        for (int i = from; i < args.length; i++)
            found.put(args[i].substring(0, args[i].indexOf('=')), args[i].substring(args[i].indexOf('=') + 1));
        return found;
    }

    // ---- batches ----

    private static void makeBatches(Path file, long seed, int count) throws IOException {
        Random random = new Random(seed);
        int[] sequences = new int[PRODUCERS];
        boolean[] open = new boolean[PRODUCERS];
        int epoch = 0;
        long now = System.currentTimeMillis() - 1_000_000;
        try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(file))) {
            for (int i = 0; i < count; i++) {
                now += random.nextInt(5);
                epoch += random.nextInt(30) == 0 ? 1 : 0;
                int producer = random.nextInt(PRODUCERS + 3);
                long timestamp = now - random.nextInt(100);
                boolean marker = producer < PRODUCERS && open[producer] && random.nextInt(4) == 0;
                ByteBuffer batch = marker ? marker(producer, timestamp, random.nextBoolean())
                    : records(random, producer, timestamp, sequences, open);
                if (marker)
                    open[producer] = false;
                out.writeInt(epoch);
                out.writeInt(marker ? COORDINATOR : CLIENT);
                out.writeInt(batch.remaining());
                out.write(batch.array(), batch.arrayOffset() + batch.position(), batch.remaining());
            }
        }
    }

    private static ByteBuffer marker(int producer, long timestamp, boolean abort) {
        ControlRecordType type = abort ? ControlRecordType.ABORT : ControlRecordType.COMMIT;
        return MemoryRecords.withEndTransactionMarker(0, timestamp, RecordBatch.NO_PARTITION_LEADER_EPOCH, producer,
            (short) 0, new EndTransactionMarker(type, 0)).buffer();
    }

    private static ByteBuffer records(Random random, int producer, long timestamp, int[] sequences, boolean[] open) {
        boolean known = producer < PRODUCERS;
        boolean transactional = known && producer % 2 == 0;
        int n = 1 + random.nextInt(5);
        Compression codec = random.nextInt(3) == 0 ? Compression.gzip().build() : Compression.NONE;
        MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(CAPACITY), RecordBatch.MAGIC_VALUE_V2,
            codec, TimestampType.CREATE_TIME, 0, RecordBatch.NO_TIMESTAMP,
            known ? producer : RecordBatch.NO_PRODUCER_ID, known ? (short) 0 : RecordBatch.NO_PRODUCER_EPOCH,
            known ? sequences[producer] : RecordBatch.NO_SEQUENCE, transactional,
            RecordBatch.NO_PARTITION_LEADER_EPOCH);
        for (int i = 0; i < n; i++)
            builder.append(timestamp + random.nextInt(20), "key".getBytes(StandardCharsets.UTF_8),
                "v".repeat(random.nextInt(200)).getBytes(StandardCharsets.UTF_8));
        if (known)
            sequences[producer] += n;
        if (transactional)
            open[producer] = true;
        return builder.build().buffer();
    }

    // ---- logs ----

    private static UnifiedLog open(Path folder, Map<String, String> settings, KafkaScheduler scheduler, boolean clean)
        throws IOException {
        return UnifiedLog.create(folder.toFile(), new LogConfig(settings), 0, 0, scheduler,
            new BrokerTopicStats(), Time.SYSTEM, EXPIRATION_MS, new ProducerStateManagerConfig(EXPIRATION_MS, false),
            EXPIRATION_MS, new LogDirFailureChannel(1), clean, Optional.empty());
    }

    private static void append(Path folder, Path file, Map<String, String> settings) throws Exception {
        KafkaScheduler scheduler = new KafkaScheduler(1);
        scheduler.startup();
        try (UnifiedLog log = open(folder, settings, scheduler, true);
            DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
            while (in.available() > 0) {
                int epoch = in.readInt();
                AppendOrigin origin = in.readInt() == CLIENT ? AppendOrigin.CLIENT : AppendOrigin.COORDINATOR;
                ByteBuffer batch = ByteBuffer.wrap(in.readNBytes(in.readInt()));
                log.appendAsLeader(MemoryRecords.readableRecords(batch), epoch, origin, RequestLocal.noCaching(),
                    VerificationGuard.SENTINEL, (short) 1);
                log.maybeIncrementHighWatermark(log.logEndOffsetMetadata());
            }
        }
        scheduler.shutdown();
    }

    private static void recover(Path folder, Map<String, String> settings) throws Exception {
        KafkaScheduler scheduler = new KafkaScheduler(1);
        scheduler.startup();
        open(folder, settings, scheduler, false).close();
        scheduler.shutdown();
    }
}
