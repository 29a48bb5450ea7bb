// SPDX-License-Identifier: Apache-2.0

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
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
 * For each batch a line says the error that it was refused with, or 0, and the last stable offset.
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

    static Map<String, String> settings(String[] args, int from) {
        Map<String, String> found = new HashMap<>();
        for (int i = from; i < args.length; i++)
            found.put(args[i].substring(0, args[i].indexOf('=')), args[i].substring(args[i].indexOf('=') + 1));
        return found;
    }

    // ---- batches ----

    /** A producer, and what it believes that the log knows of it. */
    private static final class Producer {
        final int id;
        final boolean transactional;
        final short version; // of transactions
        short epoch;
        int sequence;
        boolean open;
        byte[] last; // batch

        Producer(int id) {
            this.id = id;
            transactional = id % 2 == 0;
            version = (short) (id == 0 ? 1 : 2);
        }
    }

    /** Makes batches, most of them valid. */
    private static final class Maker {
        final Random random;
        final DataOutputStream out;
        final Producer[] producers = new Producer[PRODUCERS];
        int leaderEpoch;
        int coordinatorEpoch = 5;
        long now = System.currentTimeMillis() - 1_000_000;
        boolean offsetsAreOpen;

        Maker(Random random, DataOutputStream out) {
            this.random = random;
            this.out = out;
            for (int i = 0; i < PRODUCERS; i++)
                producers[i] = new Producer(i);
        }

        void make() throws IOException {
            now += random.nextInt(5);
            leaderEpoch += random.nextInt(30) == 0 ? 1 : 0;
            coordinatorEpoch += random.nextInt(20) == 0 ? 1 : 0;
            int which = random.nextInt(PRODUCERS + 4);
            if (which == PRODUCERS)
                offsets();
            else if (which > PRODUCERS)
                write(CLIENT, 1, records(RecordBatch.NO_PRODUCER_ID, RecordBatch.NO_PRODUCER_EPOCH,
                    RecordBatch.NO_SEQUENCE, false, 1 + random.nextInt(5)));
            else if (random.nextInt(8) == 0)
                makeWrong(producers[which]);
            else if (producers[which].open && random.nextInt(4) == 0)
                end(producers[which]);
            else
                produce(producers[which]);
        }

        void produce(Producer p) throws IOException {
            int n = 1 + random.nextInt(5);
            p.last = records(p.id, p.epoch, p.sequence, p.transactional, n);
            p.sequence += n;
            p.open = p.transactional;
            write(CLIENT, p.version, p.last);
        }

        void end(Producer p) throws IOException {
            if (p.version == 2) {
                p.epoch++;
                p.sequence = 0;
            }
            p.open = false;
            write(COORDINATOR, p.version, marker(p.id, p.epoch, coordinatorEpoch));
        }

        /** What a coordinator of groups writes. */
        void offsets() throws IOException {
            int id = 1000;
            if (offsetsAreOpen)
                write(COORDINATOR, 1, marker(id, (short) 0, coordinatorEpoch));
            else
                write(COORDINATOR, 1, records(id, (short) 0, 0, true, 2));
            offsetsAreOpen = !offsetsAreOpen;
        }

        void makeWrong(Producer p) throws IOException {
            short before = (short) Math.max(0, p.epoch - 1);
            switch (random.nextInt(8)) {
                case 0 -> write(CLIENT, p.version, records(p.id, before, p.sequence, p.transactional, 1));
                case 1 -> write(CLIENT, p.version, records(p.id, p.epoch, p.sequence + 3, p.transactional, 1));
                case 2 -> write(COORDINATOR, p.version, marker(p.id, p.epoch, coordinatorEpoch - 3));
                case 3 -> write(COORDINATOR, 2, marker(p.id, p.epoch, coordinatorEpoch));
                case 4 -> write(COORDINATOR, p.version, marker(p.id, before, coordinatorEpoch));
                case 5 -> write(COORDINATOR, 1, marker(2000 + random.nextInt(3), (short) 4, coordinatorEpoch));
                case 6 -> {
                    if (p.last != null)
                        write(CLIENT, p.version, p.last);
                }
                default -> {
                    if (p.open) // a batch outside of the transaction
                        write(CLIENT, p.version, records(p.id, p.epoch, p.sequence, false, 1));
                }
            }
        }

        void write(int origin, int version, byte[] batch) throws IOException {
            out.writeInt(leaderEpoch);
            out.writeInt(origin);
            out.writeInt(version);
            out.writeInt(batch.length);
            out.write(batch);
        }

        byte[] marker(long producer, short epoch, int coordinator) {
            ControlRecordType type = random.nextBoolean() ? ControlRecordType.ABORT : ControlRecordType.COMMIT;
            return bytes(MemoryRecords.withEndTransactionMarker(0, now - random.nextInt(100),
                RecordBatch.NO_PARTITION_LEADER_EPOCH, producer, epoch,
                new EndTransactionMarker(type, coordinator)).buffer());
        }

        byte[] records(long producer, short epoch, int sequence, boolean transactional, int n) {
            long timestamp = now - random.nextInt(100);
            Compression codec = random.nextInt(3) == 0 ? Compression.gzip().build() : Compression.NONE;
            MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(CAPACITY),
                RecordBatch.MAGIC_VALUE_V2, codec, TimestampType.CREATE_TIME, 0, RecordBatch.NO_TIMESTAMP, producer,
                epoch, sequence, transactional, RecordBatch.NO_PARTITION_LEADER_EPOCH);
            for (int i = 0; i < n; i++)
                builder.append(timestamp + random.nextInt(20), "key".getBytes(StandardCharsets.UTF_8),
                    "v".repeat(random.nextInt(200)).getBytes(StandardCharsets.UTF_8));
            return bytes(builder.build().buffer());
        }
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    private static void makeBatches(Path file, long seed, int count) throws IOException {
        try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(file))) {
            Maker maker = new Maker(new Random(seed), out);
            for (int i = 0; i < count; i++)
                maker.make();
        }
    }

    // ---- logs ----

    static UnifiedLog open(Path folder, Map<String, String> settings, KafkaScheduler scheduler, boolean clean)
        throws IOException {
        return UnifiedLog.create(folder.toFile(), new LogConfig(settings), 0, 0, scheduler,
            new BrokerTopicStats(), Time.SYSTEM, EXPIRATION_MS, new ProducerStateManagerConfig(EXPIRATION_MS, false),
            EXPIRATION_MS, new LogDirFailureChannel(1), clean, Optional.empty());
    }

    private static void append(Path folder, Path file, Map<String, String> settings) throws Exception {
        KafkaScheduler scheduler = new KafkaScheduler(1);
        scheduler.startup();
        try (UnifiedLog log = open(folder, settings, scheduler, true)) {
            appendAll(log, file);
        }
        scheduler.shutdown();
    }

    static void appendAll(UnifiedLog log, Path file) throws IOException {
        try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
            while (in.available() > 0) {
                int epoch = in.readInt();
                AppendOrigin origin = in.readInt() == CLIENT ? AppendOrigin.CLIENT : AppendOrigin.COORDINATOR;
                short version = (short) in.readInt();
                ByteBuffer batch = ByteBuffer.wrap(in.readNBytes(in.readInt()));
                System.out.println(append(log, MemoryRecords.readableRecords(batch), epoch, origin, version)
                    + " " + log.lastStableOffset());
            }
        }
    }

    private static short append(UnifiedLog log, MemoryRecords records, int epoch, AppendOrigin origin, short version) {
        try {
            log.appendAsLeader(records, epoch, origin, RequestLocal.noCaching(), VerificationGuard.SENTINEL, version);
            log.maybeIncrementHighWatermark(log.logEndOffsetMetadata());
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ApiException e) {
            return Errors.forException(e).code();
        }
    }

    private static void recover(Path folder, Map<String, String> settings) throws Exception {
        KafkaScheduler scheduler = new KafkaScheduler(1);
        scheduler.startup();
        open(folder, settings, scheduler, false).close();
        scheduler.shutdown();
    }
}
