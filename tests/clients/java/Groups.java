// SPDX-License-Identifier: Apache-2.0
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Groups HOST:PORT: members of Apache Kafka's consumer share a topic, come and go, and change their protocol; then
 * those of its share consumer. */
public final class Groups {
    private static final int PARTITIONS = 6;
    private static final int RECORDS_OF_A_STEP = 60;
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    private final String address;
    private final Admin admin;
    private final String topic;
    private final Map<String, Object> settings;
    private final Set<Integer> seen = ConcurrentHashMap.newKeySet();
    private final List<Member> members = new ArrayList<>();
    private final Producer<String, String> producer;
    private String protocol = "classic"; // of the next member
    private int produced;
    private int joined;

    private Groups(String address, Admin admin, String topic, Map<String, Object> settings) {
        this.address = address;
        this.admin = admin;
        this.topic = topic;
        this.settings = settings;
        producer = new KafkaProducer<>(Map.of("bootstrap.servers", address), new StringSerializer(),
                new StringSerializer());
    }

    /** A consumer on a thread of its own. */
    private final class Member extends Thread {
        private final Map<String, Object> own = new HashMap<>(settings);
        private volatile Set<Integer> partitions = Set.of();
        private volatile boolean stopping;
        private volatile RuntimeException problem;

        @Override
        public void run() {
            own.putAll(Map.of("bootstrap.servers", address, "group.id", topic, "auto.offset.reset", "earliest"));
            try (Consumer<String, String> consumer =
                    new KafkaConsumer<>(own, new StringDeserializer(), new StringDeserializer())) {
                consumer.subscribe(List.of(topic));
                while (!stopping) {
                    for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
                        seen.add(Integer.valueOf(record.value()));
                    }
                    Set<Integer> now = new TreeSet<>();
                    consumer.assignment().forEach(partition -> now.add(partition.partition()));
                    partitions = now;
                }
            } catch (RuntimeException failure) {
                problem = failure;
            }
        }
    }

    private Member join() {
        Member member = new Member();
        member.own.put("group.protocol", protocol);
        if (protocol.equals("classic")) { // others follow the broker
            member.own.putAll(Map.of("heartbeat.interval.ms", 300, "session.timeout.ms", 10000));
        }
        if (settings.containsKey("group.instance.id")) {
            member.own.put("group.instance.id", "member-" + joined++);
        }
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

    private void waitUntil(String what, BooleanSupplier isSo) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!isSo.getAsBoolean()) {
            for (Member member : members) {
                if (member.problem != null) {
                    throw member.problem;
                }
            }
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(what + " does not come: partitions "
                        + members.stream().map(member -> member.partitions).toList() + ", " + seen.size() + " of "
                        + produced + " seen");
            }
            Thread.sleep(50);
        }
    }

    /** Each has a part, and together they have all of it once. */
    private boolean isShared() {
        int[] owned = members.stream().map(member -> member.partitions).flatMap(Collection::stream)
                .mapToInt(Integer::intValue).sorted().toArray();
        int[] all = new int[PARTITIONS];
        Arrays.setAll(all, i -> i);
        return members.stream().noneMatch(member -> member.partitions.isEmpty()) && Arrays.equals(owned, all);
    }

    private void write() throws Exception {
        for (int i = 0; i < RECORDS_OF_A_STEP; i++, produced++) {
            producer.send(new ProducerRecord<>(topic, produced % PARTITIONS, null, String.valueOf(produced)));
        }
        producer.flush();
    }

    private void comeAndGo() throws Exception {
        Member first = join();
        write();
        waitUntil("an assignment", this::isShared);
        Member second = join();
        join();
        write();
        waitUntil("an assignment", this::isShared);
        waitUntil("the last record", () -> seen.size() == produced);
        write();
        leave(second);
        if (!settings.containsKey("group.instance.id")) {
            write();
            waitUntil("an assignment", this::isShared);
        }
        leave(first);
        join();
        write();
        waitUntil("an assignment", this::isShared);
        waitUntil("the last record", () -> seen.size() == produced);
    }

    /** One member after the other is replaced by one with the protocol. */
    private void roll(String next, GroupType expected) throws Exception {
        protocol = next;
        for (Member member : List.copyOf(members)) {
            write();
            leave(member);
            join();
            write();
            waitUntil("an assignment", this::isShared);
        }
        waitUntil("the last record", () -> seen.size() == produced);
        Report.same(admin.describeConsumerGroups(List.of(topic)).all().get().get(topic).type(), expected);
    }

    private void upgradeAndDowngrade() throws Exception {
        join();
        join();
        join();
        write();
        waitUntil("an assignment", this::isShared);
        roll("consumer", GroupType.CONSUMER);
        roll("classic", GroupType.CLASSIC);
        roll("consumer", GroupType.CONSUMER);
    }

    /** What members do while records are produced. */
    private interface Life {
        void live(Groups groups) throws Exception;
    }

    private void check(Life life) throws Exception {
        admin.createTopics(List.of(new NewTopic(topic, PARTITIONS, (short) 1))).all().get();
        try {
            life.live(this);
        } finally {
            for (Member member : List.copyOf(members)) {
                leave(member);
            }
            producer.close();
        }
        long committed = admin.listConsumerGroupOffsets(topic).partitionsToOffsetAndMetadata().get().values().stream()
                .mapToLong(offset -> offset.offset()).sum();
        Report.same(committed, (long) produced);
        admin.deleteTopics(List.of(topic)).all().get();
    }

    private static void checkEmpty(Admin admin, String group) throws Exception {
        ConsumerGroupDescription described = admin.describeConsumerGroups(List.of(group)).all().get().get(group);
        Report.same(described.groupState(), GroupState.EMPTY);
        Report.same(described.members().size(), 0);
        admin.deleteConsumerGroups(List.of(group)).all().get(20, TimeUnit.SECONDS);
    }

    public static void main(String[] arguments) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", arguments[0]))) {
            Report.check("three members come and go, each record is seen, and all is committed",
                    () -> new Groups(arguments[0], admin, "java-group", Map.of()).check(Groups::comeAndGo));
            Report.check("the group is empty then, and can be deleted", () -> checkEmpty(admin, "java-group"));
            Map<String, Object> cooperative =
                    Map.of("partition.assignment.strategy", CooperativeStickyAssignor.class.getName());
            Report.check("the same with the cooperative assignor",
                    () -> new Groups(arguments[0], admin, "java-group-cooperative", cooperative)
                            .check(Groups::comeAndGo));
            Map<String, Object> fixed = Map.of("group.instance.id", "");
            Report.check("the same with static members",
                    () -> new Groups(arguments[0], admin, "java-group-static", fixed).check(Groups::comeAndGo));
            Report.check("members change to the consumer protocol, back, and to it again, one after the other",
                    () -> new Groups(arguments[0], admin, "java-group-rolling", Map.of())
                            .check(Groups::upgradeAndDowngrade));
            ShareGroups.check(arguments[0], admin);
        }
        Report.end();
    }
}
