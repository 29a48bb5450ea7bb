// SPDX-License-Identifier: Apache-2.0
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * Words write HOST:PORT INPUT OUTPUT... LINES: creates the topics and writes lines of words, with pauses, each once.
 * Words fill HOST:PORT INPUT OUTPUT... LINES: the same at once, without transactions.
 * Words counts HOST:PORT INPUT OUTPUT... LINES: each output must have, for each word of the input, the counts from 1
 * to the number of times that it is there, in order.
 * Words copies HOST:PORT INPUT OUTPUT... LINES: each output must have the lines of the input, in the same partitions
 * and the same order.
 */
public final class Words {
    private static final int PARTITIONS = 3;
    private static final int WORDS_OF_A_LINE = 6;
    private static final int LINES_OF_A_TRANSACTION = 20;
    private static final long SEED = 7;
    private static final long PATIENCE_MS = 240_000;
    private static final List<String> WORDS = List.of("to", "be", "or", "not", "that", "is", "the", "question",
            "whether", "tis", "nobler", "in", "mind", "suffer", "slings", "and", "arrows", "of", "outrageous",
            "fortune");

    private Words() {
    }

    private static String line(int number) {
        Random random = new Random(SEED * 1_000_003 + number);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < WORDS_OF_A_LINE; i++) {
            text.append(i == 0 ? "" : " ").append(WORDS.get(random.nextInt(WORDS.size())));
        }
        return text.toString();
    }

    /** The next line is kept as the offset of a group, in the same transaction, so that each is written once. */
    private static void write(Clients clients, String input, int lines) throws Exception {
        TopicPartition place = new TopicPartition(input, 0);
        int next = 0;
        while (next < lines) {
            try (KafkaProducer<String, String> producer = clients.producer("words", 10_000);
                    KafkaConsumer<String, String> consumer = clients.member("words", "classic", 1)) {
                producer.initTransactions();
                OffsetAndMetadata committed = consumer.committed(Set.of(place)).get(place);
                next = committed == null ? 0 : (int) committed.offset();
                while (next < lines) {
                    int end = Math.min(next + LINES_OF_A_TRANSACTION, lines);
                    producer.beginTransaction();
                    for (int number = next; number < end; number++) {
                        producer.send(new ProducerRecord<>(input, number % PARTITIONS, null, line(number)));
                    }
                    producer.sendOffsetsToTransaction(Map.of(place, new OffsetAndMetadata(end)),
                            consumer.groupMetadata());
                    producer.commitTransaction();
                    next = end;
                    Thread.sleep(10);
                }
            } catch (KafkaException failure) {
                System.err.println(failure);
            }
        }
    }

    /** Without transactions: a copier takes their markers for lines, of which it counts how many are left. */
    private static void fill(Clients clients, String input, int lines) {
        try (KafkaProducer<String, String> producer = clients.producer()) {
            for (int number = 0; number < lines; number++) {
                producer.send(new ProducerRecord<>(input, number % PARTITIONS, null, line(number)));
            }
        }
    }

    private static Map<String, Long> counts(int lines) {
        Map<String, Long> counts = new TreeMap<>();
        for (int number = 0; number < lines; number++) {
            for (String word : line(number).split(" ")) {
                counts.merge(word, 1L, Long::sum);
            }
        }
        return counts;
    }

    private static void checkCounts(Clients clients, String output, int lines) {
        Map<String, Long> wanted = counts(lines);
        Map<String, Long> seen = new HashMap<>();
        List<TopicPartition> partitions = Clients.partitions(output, PARTITIONS);
        long deadline = System.currentTimeMillis() + PATIENCE_MS;
        try (KafkaConsumer<String, String> consumer = clients.reader("read_committed")) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            while (!seen.equals(wanted)) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                    long count = seen.merge(record.key(), 1L, Long::sum);
                    if (!record.value().equals(String.valueOf(count))) {
                        throw new IllegalStateException(output + ": the count number " + count + " of " + record.key()
                                + " is " + record.value());
                    }
                }
                if (System.currentTimeMillis() > deadline) {
                    throw new IllegalStateException(output + " ends with " + seen + ", not " + wanted);
                }
            }
            long after = System.currentTimeMillis() + 1000;
            while (System.currentTimeMillis() < after) {
                if (!consumer.poll(Duration.ofMillis(200)).isEmpty()) {
                    throw new IllegalStateException(output + " has more than all words of the input");
                }
            }
        }
        System.out.printf("ok %s has %d counts of %d words, each once, in order%n", output,
                wanted.values().stream().mapToLong(Long::longValue).sum(), wanted.size());
    }

    private static void checkCopies(Clients clients, String output, int lines) {
        List<TopicPartition> partitions = Clients.partitions(output, PARTITIONS);
        Map<TopicPartition, Integer> next = new HashMap<>();
        try (KafkaConsumer<String, String> consumer = clients.reader("read_committed")) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                    TopicPartition partition = new TopicPartition(output, record.partition());
                    int number = next.getOrDefault(partition, record.partition());
                    if (!record.value().equals(line(number))) {
                        throw new IllegalStateException(partition + " has at offset " + record.offset()
                                + " something else than line " + number);
                    }
                    next.put(partition, number + PARTITIONS);
                }
            }
        }
        for (TopicPartition partition : partitions) {
            int number = next.getOrDefault(partition, partition.partition());
            if (number < lines) {
                throw new IllegalStateException(partition + " ends before line " + number + " of " + lines);
            }
        }
        System.out.printf("ok %s has %d lines, each once, in order%n", output, lines);
    }

    public static void main(String[] arguments) throws Exception {
        Clients clients = new Clients(arguments[1]);
        int lines = Integer.parseInt(arguments[arguments.length - 1]);
        List<String> topics = List.of(arguments).subList(2, arguments.length - 1);
        try {
            if (arguments[0].equals("write") || arguments[0].equals("fill")) {
                clients.create(Set.copyOf(topics), PARTITIONS);
                System.out.println("ready");
                if (arguments[0].equals("write")) {
                    write(clients, topics.get(0), lines);
                } else {
                    fill(clients, topics.get(0), lines);
                }
                System.out.printf("ok %d lines are written%n", lines);
            } else if (arguments[0].equals("counts")) {
                topics.subList(1, topics.size()).forEach(output -> checkCounts(clients, output, lines));
            } else {
                topics.subList(1, topics.size()).forEach(output -> checkCopies(clients, output, lines));
            }
        } catch (IllegalStateException | KafkaException failure) {
            System.out.println("FAILED " + failure);
            Runtime.getRuntime().halt(1);
        }
    }
}
