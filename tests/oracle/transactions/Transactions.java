// SPDX-License-Identifier: Apache-2.0
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import kafka.coordinator.transaction.TransactionCoordinator;
import kafka.coordinator.transaction.TransactionMarkerChannelManager;
import kafka.coordinator.transaction.TransactionStateManager;
import kafka.server.KafkaConfig;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Timer;
import org.apache.kafka.common.utils.internals.LogContext;
import org.apache.kafka.common.utils.internals.ProducerIdAndEpoch;
import org.apache.kafka.coordinator.transaction.ProducerIdManager;
import org.apache.kafka.coordinator.transaction.TransactionConfig;
import org.apache.kafka.coordinator.transaction.TransactionLog;
import org.apache.kafka.coordinator.transaction.TransactionMetadata;
import org.apache.kafka.coordinator.transaction.TransactionState;
import org.apache.kafka.coordinator.transaction.TxnTransitMetadata;
import org.apache.kafka.server.common.RequestLocal;
import org.apache.kafka.server.common.TransactionVersion;
import scala.Function1;
import scala.Option;
import scala.runtime.BoxedUnit;

/**
 * Random requests to Kafka's transaction coordinator, one a line: the time, the level of transaction.version, what is
 * asked, the transactional id and its arguments; then the error, the producer id and epoch of the answer, how many
 * producer ids were taken, and the key and value of the record that was written. "-" is none.
 */
public final class Transactions {
    private static final int REQUESTS = 6000;
    private static final int TIMEOUT_MS = 60_000;
    private static final int COORDINATOR_EPOCH = 7;
    private static final short[] EPOCHS = {0, 1, 2, 32764, 32765, 32766, 32767};
    private static final Random RANDOM = new Random(890);

    private static long now = 1_700_000_000_000L;
    private static long producerIds = 1000;
    private static short level = 2;
    private static final List<String> records = new ArrayList<>();
    private static final Map<String, TransactionMetadata> prepared = new LinkedHashMap<>();
    private static final Map<String, TxnTransitMetadata> completions = new LinkedHashMap<>();

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

    /** Its log takes each record at once. */
    private static final class States extends TransactionStateManager {
        States(TransactionConfig config, Time time) {
            super(1, null, null, null, config, time, new Metrics());
            addLoadedTransactionsToCache(0, COORDINATOR_EPOCH, new ConcurrentHashMap<>());
        }

        @Override
        public TransactionVersion transactionVersionLevel() {
            return TransactionVersion.fromFeatureLevel(level);
        }

        @Override
        public int partitionFor(String id) {
            return 0;
        }

        @Override
        public void appendTransactionToLog(String id, int epoch, TxnTransitMetadata next,
                                           Function1<Errors, BoxedUnit> answer, Function1<Errors, Object> retry,
                                           RequestLocal local) {
            note(id, next);
            of(id).completeTransitionTo(next);
            answer.apply(Errors.NONE);
        }

        TransactionMetadata of(String id) {
            return getTransactionMetadata(id).orElse(null);
        }
    }

    /** Writes no markers before it is told that they are written. */
    private static final class Markers extends TransactionMarkerChannelManager {
        Markers(KafkaConfig config, States states, Time time) {
            super(config, null, null, states, time);
        }

        @Override
        public void addTxnMarkersToSend(int epoch, TransactionResult result, TransactionMetadata metadata,
                                        TxnTransitMetadata next) {
            prepared.put(metadata.transactionalId(), metadata);
            completions.put(metadata.transactionalId(), next);
        }
    }

    private static States states;
    private static TransactionCoordinator coordinator;

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static void note(String id, TxnTransitMetadata next) {
        byte[] value = TransactionLog.valueToBytes(next, TransactionVersion.fromFeatureLevel(level));
        records.add(hex(TransactionLog.keyToBytes(id)) + " " + hex(value));
    }

    private static void print(String asked, Errors error, long producerId, short epoch, long idsBefore) {
        String record = records.isEmpty() ? "- -" : records.get(0);
        if (records.size() > 1)
            throw new IllegalStateException(records.toString());
        System.out.println(now + " " + level + " " + asked + " " + error.code() + " " + producerId + " " + epoch + " "
                           + (producerIds - idsBefore) + " " + record);
        records.clear();
    }

    private static int upTo(int count) {
        return RANDOM.nextInt(count);
    }

    private static Set<TopicPartition> partitions() {
        Set<TopicPartition> some = new HashSet<>();
        for (int i = upTo(3); i >= 0; i--)
            some.add(new TopicPartition(upTo(2) == 0 ? "topic" : "other", upTo(3)));
        return some;
    }

    private static String text(Set<TopicPartition> partitions) {
        Set<String> names = new TreeSet<>();
        for (TopicPartition partition : partitions)
            names.add(partition.topic() + ":" + partition.partition());
        return names.isEmpty() ? "-" : String.join(",", names);
    }

    /** Mostly what is known; now and then something near it. */
    private static long someProducer(TransactionMetadata known) {
        if (known == null || upTo(12) == 0)
            return 1000 + upTo(20);
        return upTo(8) == 0 ? known.prevProducerId() : known.producerId();
    }

    private static short someEpoch(TransactionMetadata known) {
        if (known == null || upTo(12) == 0)
            return EPOCHS[upTo(EPOCHS.length)];
        int epoch = known.producerEpoch() - (upTo(4) == 0 ? 1 : 0) + (upTo(16) == 0 ? 1 : 0);
        return (short) Math.max(0, Math.min(epoch, Short.MAX_VALUE));
    }

    private static void init(String id) {
        TransactionMetadata known = states.of(id);
        boolean fresh = upTo(2) == 0;
        long producerId = fresh ? -1 : someProducer(known);
        short epoch = fresh ? -1 : someEpoch(known);
        int timeout = TIMEOUT_MS + upTo(3);
        Option<ProducerIdAndEpoch> expected =
            fresh ? Option.empty() : Option.apply(new ProducerIdAndEpoch(producerId, epoch));
        long before = producerIds;
        String asked = "init " + id + " " + producerId + " " + epoch + " " + timeout;
        coordinator.handleInitProducerId(id, timeout, false, false, expected, result -> {
            print(asked, result.error(), result.producerId(), result.producerEpoch(), before);
            return BoxedUnit.UNIT;
        }, RequestLocal.noCaching());
    }

    private static void add(String id) {
        TransactionMetadata known = states.of(id);
        long producerId = someProducer(known);
        short epoch = someEpoch(known);
        Set<TopicPartition> some = partitions();
        TransactionVersion version = TransactionVersion.fromFeatureLevel(level == 2 && upTo(3) > 0 ? (short) 2 : 0);
        String asked = "add " + id + " " + producerId + " " + epoch + " " + version.featureLevel() + " " + text(some);
        coordinator.handleAddPartitionsToTransaction(id, producerId, epoch, some, error -> {
            print(asked, error, -1, (short) -1, producerIds);
            return BoxedUnit.UNIT;
        }, version, RequestLocal.noCaching());
    }

    private static void verify(String id) {
        TransactionMetadata known = states.of(id);
        long producerId = someProducer(known);
        short epoch = someEpoch(known);
        TopicPartition one = new TopicPartition("topic", upTo(3));
        String asked = "verify " + id + " " + producerId + " " + epoch + " " + text(Set.of(one));
        coordinator.handleVerifyPartitionsInTransaction(id, producerId, epoch, Set.of(one), result -> {
            short code = result.topicResults().iterator().next().resultsByPartition().iterator().next()
                .partitionErrorCode();
            print(asked, Errors.forCode(code), -1, (short) -1, producerIds);
            return BoxedUnit.UNIT;
        });
    }

    private static void end(String id) {
        TransactionMetadata known = states.of(id);
        long producerId = someProducer(known);
        short epoch = someEpoch(known);
        TransactionResult result = upTo(2) == 0 ? TransactionResult.COMMIT : TransactionResult.ABORT;
        TransactionVersion version = TransactionVersion.fromFeatureLevel(level == 2 && upTo(4) > 0 ? (short) 2 : 0);
        long before = producerIds;
        String asked = "end " + id + " " + producerId + " " + epoch + " " + version.featureLevel() + " " + result;
        try {
            coordinator.handleEndTransaction(id, producerId, epoch, result, version, (error, newId, newEpoch) -> {
                print(asked, error, (long) newId, (short) newEpoch, before);
                return BoxedUnit.UNIT;
            }, RequestLocal.noCaching());
        } catch (IllegalArgumentException e) {
            print(asked, Errors.UNKNOWN_SERVER_ERROR, -1, (short) -1, before);
        }
    }

    private static void complete(String id) {
        TransactionMetadata metadata = prepared.remove(id);
        TxnTransitMetadata next = completions.remove(id);
        if (metadata == null)
            return;
        String asked = "complete " + id + " " + metadata.producerId() + " " + metadata.producerEpoch();
        states.appendTransactionToLog(id, COORDINATOR_EPOCH, next, error -> BoxedUnit.UNIT, null, null);
        long later = now;
        now = next.txnLastUpdateTimestamp(); // Kafka takes the time when the markers are still to be written
        print(asked, Errors.NONE, -1, (short) -1, producerIds);
        now = later;
    }

    private static void timeOut() {
        long before = producerIds;
        coordinator.abortTimedOutTransactions(id -> (error, newId, newEpoch) -> {
            print("fence " + id.transactionalId(), error, -1, (short) -1, before);
            return BoxedUnit.UNIT;
        });
    }

    /** As if a log had been read with it: epochs near the end are reached so. */
    private static void load(String id) {
        if (prepared.containsKey(id))
            return;
        TransactionState state = upTo(2) == 0 ? TransactionState.ONGOING : TransactionState.COMPLETE_COMMIT;
        long producerId = producerIds++;
        short epoch = EPOCHS[upTo(EPOCHS.length)];
        HashSet<TopicPartition> some = new HashSet<>();
        if (state == TransactionState.ONGOING)
            some.add(new TopicPartition("topic", upTo(3)));
        TransactionVersion version = TransactionVersion.fromFeatureLevel(level);
        TxnTransitMetadata value = new TxnTransitMetadata(producerId, producerId, -1, epoch, (short) -1, TIMEOUT_MS,
                                                          state, some, now, now, version);
        note(id, value);
        states.transactionMetadataCache().apply(0).metadataPerTransactionalId().put(id, new TransactionMetadata(
            id, producerId, level == 0 ? -1 : producerId, -1, epoch, (short) -1, TIMEOUT_MS, state, some, now, now,
            level == 0 ? TransactionVersion.TV_0 : version));
        print("load " + id, Errors.NONE, -1, (short) -1, producerIds);
    }

    private static void request() {
        String id = "id-" + upTo(4);
        now += upTo(200);
        switch (upTo(16)) {
            case 0, 1, 2 -> init(id);
            case 3, 4, 5 -> add(id);
            case 6 -> verify(id);
            case 7, 8, 9, 10 -> end(id);
            case 11, 12, 13 -> complete(id);
            case 14 -> {
                if (upTo(6) == 0)
                    load(id);
            }
            default -> {
                if (upTo(4) == 0)
                    now += 2 * TIMEOUT_MS;
                timeOut();
            }
        }
    }

    private static KafkaConfig config() {
        Properties properties = new Properties();
        properties.put("process.roles", "broker,controller");
        properties.put("node.id", "1");
        properties.put("controller.quorum.voters", "1@127.0.0.1:9093");
        properties.put("listeners", "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093");
        properties.put("controller.listener.names", "CONTROLLER");
        return new KafkaConfig(properties);
    }

    public static void main(String[] arguments) {
        Time time = new Clock();
        TransactionConfig limits = new TransactionConfig();
        states = new States(limits, time);
        ProducerIdManager ids = () -> producerIds++;
        coordinator = new TransactionCoordinator(limits, null, () -> ids, states,
                                                 new Markers(config(), states, time), time, new LogContext());
        for (int i = 0; i < REQUESTS; i++) {
            if (i % (REQUESTS / 3) == 0)
                level = (short) (2 - i / (REQUESTS / 3));
            request();
        }
        System.exit(0);
    }
}
