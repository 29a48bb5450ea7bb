// SPDX-License-Identifier: Apache-2.0
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Members of Apache Kafka's share consumer share a topic; group and topic have the same name. */
final class ShareGroups {
    private static final int PARTITIONS = 3;
    private static final int RECORDS_OF_A_STEP = 60;
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final Duration QUIET = Duration.ofSeconds(2);

    private final String address;
    private final Admin admin;
    private final String name;
    private final Producer<String, String> producer;
    private final Map<Integer, Integer> seen = new ConcurrentHashMap<>();
    private final List<Member> members = new ArrayList<>();
    private int produced;

    private ShareGroups(String address, Admin admin, String name) {
        this.address = address;
        this.admin = admin;
        this.name = name;
        producer = new KafkaProducer<>(Map.of("bootstrap.servers", address), new StringSerializer(),
                new StringSerializer());
    }

    private ShareConsumer<String, String> consumer(String mode) {
        Map<String, Object> settings =
                Map.of("bootstrap.servers", address, "group.id", name, "share.acknowledgement.mode", mode);
        ShareConsumer<String, String> consumer =
                new KafkaShareConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
        consumer.subscribe(List.of(name));
        return consumer;
    }

    private void set(ConfigResource.Type type, String resource, String config, String value) throws Exception {
        AlterConfigOp change = new AlterConfigOp(new ConfigEntry(config, value), AlterConfigOp.OpType.SET);
        admin.incrementalAlterConfigs(Map.of(new ConfigResource(type, resource), List.of(change))).all().get();
    }

    private void start(int partitions, Map<String, String> configs) throws Exception {
        admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1))).all().get();
        Map<String, String> all = new HashMap<>(configs);
        all.put("share.auto.offset.reset", "earliest");
        for (Map.Entry<String, String> config : all.entrySet()) {
            set(ConfigResource.Type.GROUP, name, config.getKey(), config.getValue());
        }
    }

    private void write(int count, int partitions) {
        for (int i = 0; i < count; i++, produced++) {
            producer.send(new ProducerRecord<>(name, produced % partitions, null, String.valueOf(produced)));
        }
        producer.flush();
    }

    private static void waitUntil(String what, BooleanSupplier isSo) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!isSo.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(what + " does not come");
            }
            Thread.sleep(50);
        }
    }

    // Members that come and go

    /** A consumer on a thread of its own, which acknowledges what it has got by asking for more. */
    private final class Member extends Thread {
        private volatile boolean stopping;
        private volatile boolean hasRecords;
        private volatile RuntimeException problem;

        @Override
        public void run() {
            try (ShareConsumer<String, String> consumer = consumer("implicit")) {
                while (!stopping) {
                    for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
                        seen.merge(Integer.valueOf(record.value()), 1, Integer::sum);
                        hasRecords = true;
                    }
                }
                for (Optional<?> failure : consumer.commitSync().values()) {
                    Report.same(failure, Optional.empty());
                }
            } catch (RuntimeException failure) {
                problem = failure;
            }
        }
    }

    private Member join() {
        Member member = new Member();
        members.add(member);
        member.start();
        return member;
    }

    private void leave(Member member) throws Exception {
        members.remove(member);
        member.stopping = true;
        member.join(PATIENCE.toMillis());
        Report.same(member.isAlive(), false);
        if (member.problem != null) {
            throw member.problem;
        }
    }

    private void comeAndGo() throws Exception {
        start(PARTITIONS, Map.of());
        Member first = join();
        write(RECORDS_OF_A_STEP, PARTITIONS);
        waitUntil("the first record", () -> first.hasRecords);
        Member second = join();
        Member third = join();
        for (int i = 0; i < 100 && !(second.hasRecords && third.hasRecords); i++) {
            write(RECORDS_OF_A_STEP, PARTITIONS);
            Thread.sleep(100);
        }
        Report.same(second.hasRecords && third.hasRecords, true);
        leave(first);
        write(RECORDS_OF_A_STEP, PARTITIONS);
        leave(second);
        join();
        write(RECORDS_OF_A_STEP, PARTITIONS);
        waitUntil("the last record", () -> seen.size() == produced);
        Report.same(admin.describeShareGroups(List.of(name)).all().get().get(name).members().size(), 2);
        while (!members.isEmpty()) {
            leave(members.get(0));
        }
        Report.same(seen.values().stream().filter(times -> times != 1).count(), 0L);
        Report.eventually(this::offsets, ends(PARTITIONS));
    }

    /** What was acknowledged is not delivered again. */
    private void nothingIsLeft() {
        try (ShareConsumer<String, String> consumer = consumer("implicit")) {
            long end = System.nanoTime() + QUIET.toNanos();
            while (System.nanoTime() < end) {
                Report.same(consumer.poll(Duration.ofMillis(200)).count(), 0);
            }
        }
    }

    /** Of each partition the start offset and the lag. */
    private Map<Integer, String> offsets() throws Exception {
        Map<Integer, String> offsets = new TreeMap<>();
        Map<TopicPartition, SharePartitionOffsetInfo> infos = admin.listShareGroupOffsets(
                Map.of(name, new ListShareGroupOffsetsSpec())).partitionsToOffsetInfo(name).get();
        infos.forEach((partition, info) -> offsets.put(partition.partition(), "lag " + info.lag().orElse(-1L)));
        return offsets;
    }

    private static Map<Integer, String> ends(int partitions) {
        Map<Integer, String> ends = new TreeMap<>();
        for (int i = 0; i < partitions; i++) {
            ends.put(i, "lag 0");
        }
        return ends;
    }

    private void delete() throws Exception {
        Report.eventually(() -> admin.describeShareGroups(List.of(name)).all().get().get(name).groupState(),
                GroupState.EMPTY);
        admin.deleteShareGroups(List.of(name)).all().get(20, TimeUnit.SECONDS);
        admin.deleteTopics(List.of(name)).all().get();
        producer.close();
    }

    // What one member says of its records

    /** Records and their counts of deliveries, until there are so many. */
    private static Map<String, ConsumerRecord<String, String>> take(ShareConsumer<String, String> consumer, int count)
            throws Exception {
        Map<String, ConsumerRecord<String, String>> got = new TreeMap<>();
        waitUntil(count + " records", () -> {
            consumer.poll(Duration.ofMillis(200)).forEach(record -> got.put(record.value(), record));
            return got.size() >= count;
        });
        return got;
    }

    private static void say(ShareConsumer<String, String> consumer, ConsumerRecord<String, String> record,
            AcknowledgeType what) {
        consumer.acknowledge(record, what);
    }

    private static void commit(ShareConsumer<String, String> consumer) {
        for (Optional<?> failure : consumer.commitSync().values()) {
            Report.same(failure, Optional.empty());
        }
    }

    private static int deliveries(ConsumerRecord<String, String> record) {
        return record.deliveryCount().orElse((short) 0);
    }

    /** Accepted, released, rejected into dead letters, renewed, and delivered once too often. */
    private void explicitly() throws Exception {
        String letters = "dlq." + name;
        admin.createTopics(List.of(new NewTopic(letters, 1, (short) 1)
                .configs(Map.of("errors.deadletterqueue.group.enable", "true")))).all().get();
        start(1, Map.of("share.delivery.count.limit", "2", "errors.deadletterqueue.topic.name", letters,
                "errors.deadletterqueue.copy.record.enable", "true"));
        write(4, 1);
        try (ShareConsumer<String, String> consumer = consumer("explicit")) {
            Map<String, ConsumerRecord<String, String>> got = take(consumer, 4);
            Report.same(got.values().stream().mapToInt(ShareGroups::deliveries).sum(), 4);
            say(consumer, got.get("0"), AcknowledgeType.ACCEPT);
            say(consumer, got.get("1"), AcknowledgeType.RELEASE);
            say(consumer, got.get("2"), AcknowledgeType.REJECT);
            say(consumer, got.get("3"), AcknowledgeType.RENEW);
            commit(consumer);
            Map<String, ConsumerRecord<String, String>> again = new TreeMap<>();
            for (int i = 0; i < 100 && again.size() < 2; i++) {
                consumer.poll(Duration.ofMillis(200)).forEach(record -> {
                    again.put(record.value(), record);
                    boolean isRenewed = record.value().equals("3");
                    say(consumer, record, isRenewed ? AcknowledgeType.ACCEPT : AcknowledgeType.RELEASE);
                });
            }
            commit(consumer);
            Report.same(again.keySet().toString(), "[1, 3]");
            Report.same(deliveries(again.get("1")), 2);
            Report.same(deliveries(again.get("3")), 1);
        }
        nothingIsLeft();
        Report.same(readLetters(letters),
                Map.of("1", "Offset delivery count exceeded the threshold.", "2", "Offset rejected by client."));
        admin.deleteTopics(List.of(letters)).all().get();
    }

    private Map<String, String> readLetters(String topic) throws Exception {
        Map<String, String> letters = new TreeMap<>();
        TopicPartition partition = new TopicPartition(topic, 0);
        try (Consumer<String, String> consumer = new KafkaConsumer<>(Map.of("bootstrap.servers", address),
                new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            waitUntil("two letters", () -> {
                consumer.poll(Duration.ofMillis(200)).forEach(letter -> letters.put(letter.value(), new String(
                        letter.headers().lastHeader("__dlq.errors.message").value(), StandardCharsets.UTF_8)));
                return letters.size() >= 2;
            });
        }
        return letters;
    }

    static void check(String address, Admin admin) {
        ShareGroups shared = new ShareGroups(address, admin, "java-share");
        Report.check("members of a share group come and go, and each record is delivered once", shared::comeAndGo);
        Report.check("nothing is delivered again", shared::nothingIsLeft);
        Report.check("the share group is empty then, and can be deleted", shared::delete);
        ShareGroups explicit = new ShareGroups(address, admin, "java-share-explicit");
        Report.check("accepted, released, rejected, renewed, delivered too often, dead letters", explicit::explicitly);
        Report.check("that group can be deleted, too", explicit::delete);
    }
}
