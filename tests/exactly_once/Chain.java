// SPDX-License-Identifier: Apache-2.0
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * Chain HOST:PORT PROTOCOL SEED TIMEOUT_MS [VERSION REQUEST_TIMEOUT_MS]: transactions carry numbers through a chain of
 * topics, whatever happens to the broker and to connections. VERSION is that of the feature transaction.version.
 *
 * <p>A source writes the numbers from 0 on into the first topic, and keeps the next one as the offset of a group, in
 * the same transaction. The members of each stage copy from one topic to the next one, with the offsets of their group
 * in the same transaction. Some transactions are aborted, some take too long, some members are replaced by others with
 * the same transactional id while they are busy. When standard input ends, the source stops; the last topic must have
 * each number once, in order, and no topic may show anything of an aborted transaction, or a part of one. A producer
 * that has been replaced must not commit.
 */
public final class Chain {
    private static final int PARTITIONS = 4;
    private static final int STAGES = 2;
    private static final int MEMBERS = 2;
    private static final int MOST_RECORDS = 20;
    private static final long PATIENCE_MS = 240_000;
    private static final int COMMITS_OF_PROGRESS = 10;
    private static final int FEWEST = 100;
    private static final int FEWEST_DISTURBED = 10;
    private static final String ABORTED = "aborted";

    private final Clients clients;
    private final String protocol;
    private final long seed;
    private final int timeoutMs; // of transactions
    private final int version; // of the feature; -1: as it is
    private final AtomicLong wanted = new AtomicLong(-1); // numbers, once the source has stopped
    private final AtomicLong commits = new AtomicLong();
    private final AtomicLong aborts = new AtomicLong();
    private final AtomicLong restarts = new AtomicLong();
    private final AtomicLong takeovers = new AtomicLong();
    private final History history = new History();
    private volatile String wrong; // what a worker has found
    private volatile boolean isEnding; // the source is to stop
    private volatile boolean isOver;

    private Chain(Clients clients, String protocol, long seed, int timeoutMs, int version) {
        this.timeoutMs = timeoutMs;
        this.version = version;
        this.clients = clients;
        this.protocol = protocol;
        this.seed = seed;
    }

    private static String topic(int stage) {
        return "chain-" + stage;
    }

    private static String group(int stage) {
        return "chain-group-" + stage;
    }

    /** A client that works until it fails; then another one continues. */
    private abstract class Worker extends Thread {
        final Random random;
        private final String transactionalId;
        private History.Transaction transaction;

        Worker(String transactionalId, long salt) {
            super(transactionalId);
            this.transactionalId = transactionalId;
            random = new Random(seed * 31 + salt);
        }

        abstract void work(KafkaProducer<String, String> producer);

        @Override
        public void run() {
            while (!isOver) {
                KafkaProducer<String, String> producer = clients.producer(transactionalId, timeoutMs);
                try {
                    producer.initTransactions();
                    work(producer);
                    producer.close();
                    return;
                } catch (KafkaException failure) {
                    restarts.incrementAndGet();
                }
                // Half of those that failed are still there when their successor comes.
                producer.close(Duration.ofMillis(random.nextBoolean() ? 0 : 500));
            }
        }

        void begin(KafkaProducer<String, String> producer) {
            producer.beginTransaction();
            transaction = history.begin(transactionalId);
        }

        void send(KafkaProducer<String, String> producer, int stage, int partition, String value) {
            transaction.sent();
            producer.send(new ProducerRecord<>(topic(stage), partition, transaction.name, value));
        }

        void abort(KafkaProducer<String, String> producer) {
            producer.abortTransaction();
            transaction.aborted();
            aborts.incrementAndGet();
        }

        /** True: committed; false: aborted. */
        boolean end(KafkaProducer<String, String> producer) throws KafkaException {
            int chance = random.nextInt(100);
            if (chance < 10) {
                abort(producer);
                return false;
            }
            boolean isReplaced = chance == 11;
            if (chance == 10) {
                pause(timeoutMs + 1500); // it is aborted meanwhile
            } else if (isReplaced) {
                loseToAnother();
            }
            commit(producer);
            transaction.committed();
            if (isReplaced) {
                wrong = transactionalId + " was replaced, and has committed " + transaction.name;
            }
            if (commits.incrementAndGet() % COMMITS_OF_PROGRESS == 0) {
                System.out.println("progress");
            }
            return true;
        }

        /** Another producer with this id comes and goes. */
        private void loseToAnother() {
            try (KafkaProducer<String, String> other = clients.producer(transactionalId, timeoutMs)) {
                other.initTransactions();
            }
            transaction.aborted();
            takeovers.incrementAndGet();
        }

        private void commit(KafkaProducer<String, String> producer) {
            while (true) {
                try {
                    producer.commitTransaction();
                    return;
                } catch (TimeoutException late) {
                    if (isOver) {
                        throw late;
                    }
                }
            }
        }
    }

    private static void pause(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    private final class Source extends Worker {
        private static final String GROUP = "chain-source";
        private final TopicPartition place = new TopicPartition(topic(0), 0);

        Source() {
            super("chain-source", 0);
        }

        private long next(KafkaConsumer<String, String> consumer) {
            OffsetAndMetadata committed = consumer.committed(Set.of(place)).get(place);
            return committed == null ? 0 : committed.offset();
        }

        @Override
        void work(KafkaProducer<String, String> producer) {
            try (KafkaConsumer<String, String> consumer = clients.member(GROUP, "classic", MOST_RECORDS)) {
                long next = next(consumer);
                while (!isEnding) {
                    next = write(producer, consumer, next);
                    pause(random.nextInt(20));
                }
                wanted.set(next);
            }
        }

        private long write(KafkaProducer<String, String> producer, KafkaConsumer<String, String> consumer, long next) {
            long end = next + 1 + random.nextInt(MOST_RECORDS);
            boolean isJunk = random.nextInt(10) == 0;
            begin(producer);
            for (long number = next; number < end; number++) {
                send(producer, 0, (int) (number % PARTITIONS), isJunk ? ABORTED : String.valueOf(number));
            }
            if (isJunk) {
                producer.flush();
                abort(producer);
                return next;
            }
            producer.sendOffsetsToTransaction(Map.of(place, new OffsetAndMetadata(end)), consumer.groupMetadata());
            return end(producer) ? end : next;
        }
    }

    private final class Member extends Worker {
        private final int stage;

        Member(int stage, int number) {
            super("chain-" + stage + "-" + number, 1 + stage * MEMBERS + number);
            this.stage = stage;
        }

        @Override
        void work(KafkaProducer<String, String> producer) {
            try (KafkaConsumer<String, String> consumer = clients.member(group(stage), protocol, MOST_RECORDS)) {
                consumer.subscribe(List.of(topic(stage)));
                while (!isOver) {
                    // Who is removed from the group has no member id a moment later, and may then commit whatever he
                    // likes, as may who has joined again; so what counts is who he was when he got the records.
                    ConsumerGroupMetadata member = consumer.groupMetadata();
                    ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(200));
                    boolean isMember = member.generationId() >= 0 && !member.memberId().isEmpty()
                            && member.equals(consumer.groupMetadata());
                    if (!records.isEmpty() && (!isMember || !copy(producer, consumer, records, member))) {
                        goBack(consumer);
                    }
                }
            }
        }

        private boolean copy(KafkaProducer<String, String> producer, KafkaConsumer<String, String> consumer,
                ConsumerRecords<String, String> records, ConsumerGroupMetadata member) {
            Map<TopicPartition, OffsetAndMetadata> positions = new HashMap<>();
            begin(producer);
            for (ConsumerRecord<String, String> record : records) {
                send(producer, stage + 1, record.partition(), record.value());
            }
            records.partitions().forEach(partition -> positions.put(partition,
                    new OffsetAndMetadata(consumer.position(partition))));
            producer.sendOffsetsToTransaction(positions, member);
            return end(producer);
        }

        private void goBack(KafkaConsumer<String, String> consumer) {
            Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(consumer.assignment());
            for (TopicPartition partition : consumer.assignment()) {
                OffsetAndMetadata offset = committed.get(partition);
                if (offset != null) {
                    consumer.seek(partition, offset);
                } else {
                    consumer.seekToBeginning(Set.of(partition));
                }
            }
        }
    }

    /** What a topic shows must be the numbers, each in its partition, in order. */
    private static void expect(String topic, Map<Integer, Long> next, ConsumerRecord<String, String> record) {
        long number = next.getOrDefault(record.partition(), (long) record.partition());
        if (!record.value().equals(String.valueOf(number))) {
            throw new IllegalStateException(topic + "-" + record.partition() + " has " + record.value() + " at offset "
                    + record.offset() + ", not " + number);
        }
        next.put(record.partition(), number + PARTITIONS);
    }

    private static long expected(int partition, long count) {
        return (count - partition + PARTITIONS - 1) / PARTITIONS;
    }

    /** Reads until the source has stopped and all that it has written was seen. */
    private void follow(String topic) {
        Map<Integer, Long> next = new HashMap<>();
        long seen = 0;
        long deadline = Long.MAX_VALUE;
        try (KafkaConsumer<String, String> consumer = clients.reader("read_committed")) {
            List<TopicPartition> partitions = Clients.partitions(topic, PARTITIONS);
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            while (wanted.get() < 0 || seen < wanted.get()) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                    expect(topic, next, record);
                    seen++;
                }
                if (wrong != null) {
                    throw new IllegalStateException(wrong);
                }
                if (isEnding && deadline == Long.MAX_VALUE) {
                    deadline = System.currentTimeMillis() + PATIENCE_MS;
                }
                if (System.currentTimeMillis() > deadline) {
                    throw new IllegalStateException(topic + " has " + seen + " of " + wanted.get() + " numbers");
                }
            }
        }
    }

    /** Reads all that is there: it must be the numbers and nothing else. */
    private Map<Integer, Long> read(String topic) {
        Map<Integer, Long> next = new HashMap<>();
        List<TopicPartition> partitions = Clients.partitions(topic, PARTITIONS);
        try (KafkaConsumer<String, String> consumer = clients.reader("read_committed")) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                    expect(topic, next, record);
                    history.see(record.key());
                }
            }
        }
        return next;
    }

    /** All that was written must be there. */
    private void readAgain(String topic) {
        Map<Integer, Long> next = read(topic);
        for (TopicPartition partition : Clients.partitions(topic, PARTITIONS)) {
            long count = (next.getOrDefault(partition.partition(), (long) partition.partition())
                    - partition.partition()) / PARTITIONS;
            if (count != expected(partition.partition(), wanted.get())) {
                throw new IllegalStateException(partition + " has " + count + " numbers of " + wanted.get());
            }
        }
    }

    private void run() throws Exception {
        Set<String> topics = new HashSet<>();
        List<Worker> workers = new ArrayList<>(List.of(new Source()));
        for (int stage = 0; stage <= STAGES; stage++) {
            topics.add(topic(stage));
            for (int number = 0; number < MEMBERS && stage < STAGES; number++) {
                workers.add(new Member(stage, number));
            }
        }
        clients.create(topics, PARTITIONS);
        if (version >= 0) {
            clients.setFeature("transaction.version", version);
        }
        workers.forEach(Thread::start);
        Thread input = new Thread(this::awaitInput);
        input.setDaemon(true);
        input.start();
        System.out.println("ready");
        try {
            follow(topic(STAGES));
        } catch (IllegalStateException wrong) {
            read(topic(0)); // the first topic where something is wrong is what matters
            read(topic(1));
            throw wrong;
        }
        isOver = true;
        for (Worker worker : workers) {
            worker.join();
        }
        for (int stage = 0; stage <= STAGES; stage++) {
            readAgain(topic(stage));
        }
        history.check();
        if (wanted.get() < (version >= 0 ? FEWEST_DISTURBED : FEWEST)) {
            throw new IllegalStateException("only " + wanted.get() + " numbers were written");
        }
        System.out.printf("ok %d numbers through %d stages, each once: %d commits, %d aborts, %d unanswered ends, "
                + "%d clients replaced, %d while they were busy%n", wanted.get(), STAGES, commits.get(),
                aborts.get(), history.unknown(), restarts.get(), takeovers.get());
    }

    private void awaitInput() {
        try {
            while (System.in.read() >= 0) {
                continue;
            }
        } catch (IOException ended) {
            // the same
        }
        isEnding = true;
    }

    public static void main(String[] arguments) throws Exception {
        try {
            boolean isDisturbed = arguments.length > 4;
            Clients clients = new Clients(arguments[0], isDisturbed ? Integer.parseInt(arguments[5]) : 0);
            new Chain(clients, arguments[1], Long.parseLong(arguments[2]), Integer.parseInt(arguments[3]),
                    isDisturbed ? Integer.parseInt(arguments[4]) : -1).run();
        } catch (IllegalStateException | KafkaException failure) {
            System.out.println("FAILED " + failure);
            Runtime.getRuntime().halt(1);
        }
        System.exit(0);
    }
}
