// SPDX-License-Identifier: Apache-2.0
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TransactionAbortableException;
import org.apache.kafka.common.errors.TransactionalIdNotFoundException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Transactions HOST:PORT [VERSION]: transactions of Apache Kafka's producer, seen by its consumer and its AdminClient.
 * With VERSION the cluster's transaction.version is that one first, so that the old protocol is used below 2.
 */
public final class Transactions {
    private static final int PARTITIONS = 3;
    private static final int SHORT_TIMEOUT_MS = 1000;
    private static final int INPUT = 300;
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    private final String address;
    private final String name;
    private final Admin admin;
    private final AtomicInteger numbers = new AtomicInteger();

    private Transactions(String address, String name) {
        this.address = address;
        this.name = name;
        admin = Admin.create(Map.of("bootstrap.servers", address));
    }

    // ---- clients

    private KafkaProducer<String, String> producer(String transactionalId, Object... more) {
        Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", address, "transactional.id",
                transactionalId));
        for (int i = 0; i < more.length; i += 2) {
            settings.put((String) more[i], more[i + 1]);
        }
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    private KafkaConsumer<String, String> consumer(Object... more) {
        Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", address, "auto.offset.reset",
                "earliest", "enable.auto.commit", false, "isolation.level", "read_committed"));
        for (int i = 0; i < more.length; i += 2) {
            settings.put((String) more[i], more[i + 1]);
        }
        return new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
    }

    private String newTopic(int partitions) throws Exception {
        String topic = name + "-" + numbers.incrementAndGet();
        admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
        return topic;
    }

    private static void send(KafkaProducer<String, String> producer, String topic, int partition, String... values)
            throws Exception {
        for (String value : values) {
            producer.send(new ProducerRecord<>(topic, partition, null, value)).get();
        }
    }

    /** All that is there, in order; at the end the position is that of the isolation level. */
    private List<String> read(String topic, String isolation) {
        List<String> values = new ArrayList<>();
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<String, String> consumer = consumer("isolation.level", isolation)) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofMillis(100)).forEach(record -> values.add(record.value()));
            }
        }
        return values;
    }

    private List<String> readCommitted(String topic) {
        return read(topic, "read_committed");
    }

    /** EndTxn is answered before the markers are written. */
    private void eventually(String topic, String... wanted) throws Exception {
        Report.eventually(() -> readCommitted(topic), List.of(wanted));
    }

    private static void expect(Collection<Class<? extends Exception>> errors, Report.Body body) throws Exception {
        try {
            body.run();
        } catch (Exception failure) {
            for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
                if (errors.contains(cause.getClass())) {
                    return;
                }
            }
            throw failure;
        }
        throw new IllegalStateException("none of " + errors + " came");
    }

    private static String failure(Runnable body) {
        try {
            body.run();
        } catch (RuntimeException failure) {
            return failure.getMessage();
        }
        throw new IllegalStateException("no error came");
    }

    // ---- what is seen

    private void commitsAndAborts() throws Exception {
        String topic = newTopic(1);
        try (KafkaProducer<String, String> producer = producer(topic)) {
            producer.initTransactions();
            for (int i = 0; i < 6; i++) {
                producer.beginTransaction();
                send(producer, topic, 0, "a" + i, "b" + i);
                if (i % 3 == 1) {
                    producer.abortTransaction();
                } else {
                    producer.commitTransaction();
                }
            }
            producer.beginTransaction();
            producer.commitTransaction();
            producer.beginTransaction();
            producer.abortTransaction();
        }
        eventually(topic, "a0", "b0", "a2", "b2", "a3", "b3", "a5", "b5");
        Report.same(read(topic, "read_uncommitted").size(), 12);
    }

    private void openTransactionHoldsReaders() throws Exception {
        String topic = newTopic(1);
        try (KafkaProducer<String, String> open = producer(topic);
                KafkaProducer<String, String> other = producer(topic + "-other")) {
            open.initTransactions();
            other.initTransactions();
            open.beginTransaction();
            send(open, topic, 0, "first");
            other.beginTransaction();
            send(other, topic, 0, "second");
            other.commitTransaction();
            Report.same(readCommitted(topic), List.of());
            Report.same(read(topic, "read_uncommitted"), List.of("first", "second"));
            open.abortTransaction();
        }
        eventually(topic, "second");
    }

    private void manyPartitions() throws Exception {
        String topic = newTopic(PARTITIONS);
        try (KafkaProducer<String, String> producer = producer(topic, "linger.ms", 5)) {
            producer.initTransactions();
            for (int transaction = 0; transaction < 20; transaction++) {
                producer.beginTransaction();
                for (int i = 0; i < 100; i++) {
                    producer.send(new ProducerRecord<>(topic, i % PARTITIONS, null, transaction + "-" + i));
                }
                producer.commitTransaction();
            }
        }
        Set<String> seen = new TreeSet<>();
        try (KafkaConsumer<String, String> consumer = consumer("group.id", topic)) {
            consumer.subscribe(List.of(topic));
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (seen.size() < 2000 && System.nanoTime() < deadline) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
                    Report.same(seen.add(record.value()), true);
                }
            }
        }
        Report.same(seen.size(), 2000);
    }

    // ---- who may

    private void fencing() throws Exception {
        String topic = newTopic(1);
        try (KafkaProducer<String, String> old = producer(topic);
                KafkaProducer<String, String> young = producer(topic)) {
            old.initTransactions();
            old.beginTransaction();
            send(old, topic, 0, "of the old one");
            young.initTransactions(); // aborts what is open
            young.beginTransaction();
            send(young, topic, 0, "of the young one");
            young.commitTransaction();
            expect(List.of(ProducerFencedException.class, InvalidProducerEpochException.class), () -> {
                send(old, topic, 0, "too late");
                old.commitTransaction();
            });
            young.beginTransaction();
            send(young, topic, 0, "again");
            young.commitTransaction();
        }
        eventually(topic, "of the young one", "again");
    }

    private void successor() throws Exception {
        String topic = newTopic(1);
        for (int i = 0; i < 5; i++) {
            KafkaProducer<String, String> producer = producer(topic);
            producer.initTransactions();
            producer.beginTransaction();
            send(producer, topic, 0, "done " + i);
            producer.commitTransaction();
            producer.beginTransaction();
            send(producer, topic, 0, "left " + i);
            producer.close(Duration.ZERO);
        }
        try (KafkaProducer<String, String> last = producer(topic)) {
            last.initTransactions();
        }
        eventually(topic, "done 0", "done 1", "done 2", "done 3", "done 4");
    }

    private void timeouts() throws Exception {
        String topic = newTopic(1);
        try (KafkaProducer<String, String> slow = producer(topic, "transaction.timeout.ms", SHORT_TIMEOUT_MS)) {
            slow.initTransactions();
            slow.beginTransaction();
            send(slow, topic, 0, "too slow");
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (describe(topic).state() != TransactionState.COMPLETE_ABORT && System.nanoTime() < deadline) {
                Thread.sleep(200);
            }
            expect(List.of(ProducerFencedException.class, InvalidProducerEpochException.class,
                    TransactionAbortableException.class), () -> {
                        send(slow, topic, 0, "too late");
                        slow.commitTransaction();
                    });
        }
        eventually(topic);
        try (KafkaProducer<String, String> wrong = producer(topic, "transaction.timeout.ms", Integer.MAX_VALUE)) {
            Report.same(failure(wrong::initTransactions).contains("transaction.max.timeout.ms"), true);
        }
    }

    // ---- offsets

    private void fill(String topic, String id, int count) {
        try (KafkaProducer<String, String> producer = producer(id)) {
            producer.initTransactions();
            producer.beginTransaction();
            for (int i = 0; i < count; i++) {
                producer.send(new ProducerRecord<>(topic, i % PARTITIONS, null, String.valueOf(i)));
            }
            producer.commitTransaction();
        }
    }

    private static Map<TopicPartition, OffsetAndMetadata> positions(KafkaConsumer<String, String> consumer) {
        Map<TopicPartition, OffsetAndMetadata> all = new HashMap<>();
        for (TopicPartition partition : consumer.assignment()) {
            all.put(partition, new OffsetAndMetadata(consumer.position(partition), "by " + partition));
        }
        return all;
    }

    private static void goBack(KafkaConsumer<String, String> consumer) {
        Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(consumer.assignment());
        consumer.seekToBeginning(consumer.assignment());
        committed.forEach((partition, offset) -> {
            if (offset != null) {
                consumer.seek(partition, offset);
            }
        });
    }

    /** A member copies until `total` is in the output; some transactions are aborted. */
    private void copy(String input, String output, String protocol, int number, AtomicInteger copied) throws Exception {
        int turn = number;
        try (KafkaProducer<String, String> producer = producer(output + "-" + number);
                KafkaConsumer<String, String> consumer = consumer("group.id", output, "group.protocol", protocol,
                        "max.poll.records", 10)) {
            producer.initTransactions();
            consumer.subscribe(List.of(input));
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (copied.get() < INPUT && System.nanoTime() < deadline) {
                ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(100));
                if (records.isEmpty()) {
                    continue;
                }
                producer.beginTransaction();
                records.forEach(record -> producer.send(new ProducerRecord<>(output, record.partition(), null,
                        record.value())));
                try {
                    producer.sendOffsetsToTransaction(positions(consumer), consumer.groupMetadata());
                    if (++turn % 4 == 0) {
                        producer.abortTransaction();
                        goBack(consumer);
                        continue;
                    }
                    producer.commitTransaction();
                    copied.addAndGet(records.count());
                } catch (CommitFailedException | TransactionAbortableException rebalanced) {
                    producer.abortTransaction();
                    goBack(consumer);
                }
            }
        }
    }

    private void consumeTransformProduce(String protocol) throws Exception {
        String input = newTopic(PARTITIONS);
        String output = newTopic(PARTITIONS);
        fill(input, input, INPUT);
        AtomicInteger copied = new AtomicInteger();
        List<Thread> members = new ArrayList<>();
        List<Exception> problems = new ArrayList<>();
        for (int number = 0; number < 2; number++) {
            int own = number;
            Thread member = new Thread(() -> {
                try {
                    copy(input, output, protocol, own, copied);
                } catch (Exception problem) {
                    synchronized (problems) {
                        problems.add(problem);
                    }
                }
            });
            members.add(member);
            member.start();
        }
        for (Thread member : members) {
            member.join();
        }
        if (!problems.isEmpty()) {
            throw problems.get(0);
        }
        List<Integer> seen = new ArrayList<>();
        Map<TopicPartition, Long> ends;
        try (KafkaConsumer<String, String> consumer = consumer()) {
            List<TopicPartition> partitions = new ArrayList<>();
            for (int i = 0; i < PARTITIONS; i++) {
                partitions.add(new TopicPartition(output, i));
            }
            consumer.assign(partitions);
            Map<TopicPartition, Long> until = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < until.get(partition))) {
                consumer.poll(Duration.ofMillis(100)).forEach(record -> seen.add(Integer.valueOf(record.value())));
            }
            ends = consumer.endOffsets(partitions.stream().map(p -> new TopicPartition(input, p.partition())).toList());
        }
        Report.same(seen.size(), INPUT);
        Report.same(new TreeSet<>(seen).size(), INPUT);
        Map<TopicPartition, OffsetAndMetadata> committed = admin.listConsumerGroupOffsets(output)
                .partitionsToOffsetAndMetadata().get();
        ends.forEach((partition, end) -> {
            // The marker behind the records may have been passed, or not.
            long behind = end - committed.get(partition).offset();
            Report.same(behind == 0 || behind == 1, true);
            Report.same(committed.get(partition).metadata(), "by " + partition);
        });
    }

    private void pendingOffsets() throws Exception {
        String topic = newTopic(1);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaProducer<String, String> producer = producer(topic);
                KafkaConsumer<String, String> consumer = consumer("group.id", topic, "default.api.timeout.ms", 2000)) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(5)),
                    consumer.groupMetadata());
            Report.same(admin.listConsumerGroupOffsets(topic).partitionsToOffsetAndMetadata().get(), Map.of());
            // It waits for the transaction to end.
            expect(List.of(org.apache.kafka.common.errors.TimeoutException.class),
                    () -> consumer.committed(Set.of(partition)));
            producer.commitTransaction();
            Report.eventually(() -> consumer.committed(Set.of(partition)).get(partition).offset(), 5L);
            producer.beginTransaction();
            producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(7)),
                    consumer.groupMetadata());
            producer.abortTransaction();
            Report.eventually(() -> consumer.committed(Set.of(partition)).get(partition).offset(), 5L);
        }
    }

    private void strangers() throws Exception {
        String topic = newTopic(1);
        try (KafkaProducer<String, String> producer = producer(topic)) {
            producer.initTransactions();
            producer.beginTransaction();
            expect(List.of(CommitFailedException.class, UnknownMemberIdException.class), () ->
                    producer.sendOffsetsToTransaction(Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(1)),
                            metadataOfAStranger(topic)));
            producer.abortTransaction();
            producer.beginTransaction();
            send(producer, topic, 0, "after it");
            producer.commitTransaction();
        }
        eventually(topic, "after it");
    }

    @SuppressWarnings("removal")
    private static ConsumerGroupMetadata metadataOfAStranger(String group) {
        return new ConsumerGroupMetadata(group, 3, "nobody", java.util.Optional.empty());
    }

    // ---- AdminClient

    private TransactionDescription describe(String id) throws Exception {
        return admin.describeTransactions(List.of(id)).description(id).get();
    }

    private void admin() throws Exception {
        String topic = newTopic(1);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaProducer<String, String> producer = producer(topic)) {
            producer.initTransactions();
            Report.same(describe(topic).state(), TransactionState.EMPTY);
            producer.beginTransaction();
            send(producer, topic, 0, "open");
            TransactionDescription description = describe(topic);
            Report.same(description.state(), TransactionState.ONGOING);
            Report.same(description.topicPartitions(), Set.of(partition));
            Report.same(description.transactionTimeoutMs(), 60000L);
            Report.same(listed(inState(TransactionState.ONGOING), topic), 1);
            Report.same(listed(inState(TransactionState.EMPTY), topic), 0);
            Report.same(listed(new ListTransactionsOptions().filterProducerIds(List.of(description.producerId())),
                    topic), 1);
            Report.same(listed(new ListTransactionsOptions().filterOnDuration(3_600_000), topic), 0);
            Report.same(listed(new ListTransactionsOptions().filterOnTransactionalIdPattern(topic + "|x"), topic), 1);
            ProducerState state = admin.describeProducers(List.of(partition)).partitionResult(partition).get()
                    .activeProducers().get(0);
            Report.same(state.producerId(), description.producerId());
            Report.same(state.currentTransactionStartOffset().getAsLong(), 0L);
            admin.abortTransaction(new AbortTransactionSpec(partition, state.producerId(),
                    (short) state.producerEpoch(), state.coordinatorEpoch().orElse(0))).all().get();
            eventually(topic);
            admin.fenceProducers(List.of(topic)).all().get();
            expect(List.of(ProducerFencedException.class, InvalidProducerEpochException.class,
                    TransactionAbortableException.class), producer::commitTransaction);
        }
        Report.expect(TransactionalIdNotFoundException.class, () -> describe("no-such-transaction"));
    }

    private static ListTransactionsOptions inState(TransactionState state) {
        return new ListTransactionsOptions().filterStates(List.of(state));
    }

    private int listed(ListTransactionsOptions options, String id) throws Exception {
        int count = 0;
        for (TransactionListing listing : admin.listTransactions(options).all().get()) {
            count += listing.transactionalId().equals(id) ? 1 : 0;
        }
        return count;
    }

    // ---- everything

    private void setVersion(short version) throws ExecutionException, InterruptedException {
        FeatureUpdate.UpgradeType type = version == 2 ? FeatureUpdate.UpgradeType.UPGRADE
                : FeatureUpdate.UpgradeType.SAFE_DOWNGRADE;
        admin.updateFeatures(Map.of("transaction.version", new FeatureUpdate(version, type)),
                new UpdateFeaturesOptions()).all().get();
    }

    private void checkAll() {
        Report.check("committed transactions are seen, aborted ones are not", this::commitsAndAborts);
        Report.check("an open transaction holds readers of committed records", this::openTransactionHoldsReaders);
        Report.check("twenty transactions in three partitions", this::manyPartitions);
        Report.check("a producer that was replaced is fenced", this::fencing);
        Report.check("a successor aborts what its predecessor has left open", this::successor);
        Report.check("members copy in transactions, classic protocol", () -> consumeTransformProduce("classic"));
        Report.check("members copy in transactions, consumer protocol", () -> consumeTransformProduce("consumer"));
        Report.check("offsets of an open transaction are not stable", this::pendingOffsets);
        Report.check("offsets of who is not a member are refused", this::strangers);
        Report.check("AdminClient describes, lists, aborts and fences", this::admin);
        Report.check("a transaction that takes too long is aborted", this::timeouts);
        admin.close();
    }

    public static void main(String[] arguments) throws Exception {
        boolean hasVersion = arguments.length > 1;
        Transactions all = new Transactions(arguments[0],
                "java-transactions" + (hasVersion ? "-version-" + arguments[1] : ""));
        if (hasVersion) {
            short version = Short.parseShort(arguments[1]);
            Report.check("transaction.version becomes " + version, () -> all.setVersion(version));
        }
        all.checkAll();
        Report.end();
    }
}
