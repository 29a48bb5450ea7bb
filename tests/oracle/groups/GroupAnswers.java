// SPDX-License-Identifier: Apache-2.0
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.FencedMemberEpochException;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.coordinator.common.runtime.CoordinatorMetadataDelta;
import org.apache.kafka.coordinator.common.runtime.CoordinatorMetadataImage;
import org.apache.kafka.coordinator.group.Utils;
import org.apache.kafka.coordinator.group.api.assignor.GroupAssignment;
import org.apache.kafka.coordinator.group.api.assignor.SubscriptionType;
import org.apache.kafka.coordinator.group.assignor.RangeAssignor;
import org.apache.kafka.coordinator.group.modern.Assignment;
import org.apache.kafka.coordinator.group.modern.GroupSpecImpl;
import org.apache.kafka.coordinator.group.modern.MemberState;
import org.apache.kafka.coordinator.group.modern.MemberSubscriptionAndAssignmentImpl;
import org.apache.kafka.coordinator.group.modern.SubscribedTopicDescriberImpl;
import org.apache.kafka.coordinator.group.modern.consumer.ConsumerGroupMember;
import org.apache.kafka.coordinator.group.modern.consumer.CurrentAssignmentBuilder;

/**
 * What Kafka's group coordinator makes of random inputs that are the same every time: "range", the assignments of its
 * range assignor; "hash", the hashes of topics and of groups; "reconcile", the next assignment of a member; "patterns",
 * which names match which regular expressions. Each prints
 * inputs and answers, in lines that the tests in tests/server read.
 */
public final class GroupAnswers {
    private static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    private static final Random RANDOM = new Random(848);

    private record Topic(String name, Uuid id, List<List<String>> racks)
        implements CoordinatorMetadataImage.TopicMetadata {
        @Override
        public int partitionCount() {
            return racks.size();
        }

        @Override
        public List<String> partitionRacks(int partition) {
            return new ArrayList<>(racks.get(partition));
        }
    }

    private record Image(List<Topic> topics) implements CoordinatorMetadataImage {
        @Override
        public Set<Uuid> topicIds() {
            Set<Uuid> ids = new HashSet<>();
            topics.forEach(topic -> ids.add(topic.id));
            return ids;
        }

        @Override
        public Set<String> topicNames() {
            Set<String> names = new HashSet<>();
            topics.forEach(topic -> names.add(topic.name));
            return names;
        }

        @Override
        public Optional<TopicMetadata> topicMetadata(String name) {
            return topics.stream().filter(topic -> topic.name.equals(name)).<TopicMetadata>map(t -> t).findFirst();
        }

        @Override
        public Optional<TopicMetadata> topicMetadata(Uuid id) {
            return topics.stream().filter(topic -> topic.id.equals(id)).<TopicMetadata>map(t -> t).findFirst();
        }

        @Override
        public CoordinatorMetadataDelta emptyDelta() {
            return CoordinatorMetadataDelta.EMPTY;
        }

        @Override
        public long version() {
            return 1;
        }

        @Override
        public boolean isEmpty() {
            return topics.isEmpty();
        }
    }

    private static String hex(Uuid id) {
        return String.format("%016x%016x", id.getMostSignificantBits(), id.getLeastSignificantBits());
    }

    private static Topic topic(String name, long number, int partitions) {
        List<List<String>> racks = new ArrayList<>();
        for (int i = 0; i < partitions; i++) racks.add(List.of());
        return new Topic(name, new Uuid(RANDOM.nextLong(), number), racks);
    }

    // ---- range ----

    private static final String[] ID_STARTS = {"a", "b", "Z", "\u00e9", "\u65e5", "\ue000", "\uffee", "\ud83d\ude00"};

    private static String id() {
        return ID_STARTS[RANDOM.nextInt(ID_STARTS.length)] + RANDOM.nextInt(1000);
    }

    private static void range() {
        for (int number = 0; number < 120; number++) {
            boolean homogeneous = RANDOM.nextInt(3) == 0;
            List<Topic> topics = new ArrayList<>();
            for (int i = 1 + RANDOM.nextInt(5); i > 0; i--) topics.add(topic("t" + i, i, 1 + RANDOM.nextInt(9)));
            Set<String> ids = new TreeSet<>(), instances = new TreeSet<>();
            for (int i = 1 + RANDOM.nextInt(9); i > 0; i--) ids.add(id());
            Map<String, MemberSubscriptionAndAssignmentImpl> members = new TreeMap<>();
            OUT.println("case");
            for (Topic topic : topics) OUT.println("topic " + hex(topic.id) + " " + topic.partitionCount());
            List<String> order = new ArrayList<>(ids);
            for (String id : order) {
                String instance = RANDOM.nextInt(3) == 0 ? id() : null;
                if (instance != null && !instances.add(instance)) instance = null;
                Set<Uuid> subscribed = new HashSet<>();
                StringBuilder line = new StringBuilder("member " + id + " " + (instance == null ? "-" : instance));
                for (int i = 0; i < topics.size(); i++) {
                    if (!homogeneous && RANDOM.nextInt(3) == 0) continue;
                    subscribed.add(topics.get(i).id);
                    line.append(' ').append(i);
                }
                OUT.println(line);
                members.put(id, new MemberSubscriptionAndAssignmentImpl(Optional.empty(), Optional.ofNullable(instance),
                    subscribed, Assignment.EMPTY));
            }
            GroupAssignment answer = new RangeAssignor().assign(
                new GroupSpecImpl(members, homogeneous ? SubscriptionType.HOMOGENEOUS : SubscriptionType.HETEROGENEOUS,
                    Map.of()),
                new SubscribedTopicDescriberImpl(new Image(topics)));
            for (Topic topic : topics) {
                StringBuilder line = new StringBuilder("owners");
                for (int p = 0; p < topic.partitionCount(); p++) {
                    int owner = -1;
                    for (int m = 0; m < order.size(); m++) {
                        Map<Uuid, Set<Integer>> has = answer.members().get(order.get(m)).partitions();
                        if (has.getOrDefault(topic.id, Set.of()).contains(p)) owner = m;
                    }
                    line.append(' ').append(owner);
                }
                OUT.println(line);
            }
        }
    }

    // ---- hash ----

    /** Topics whose partition i is on the brokers i, i + 1... of three; a rack may be missing. */
    private static void hash() {
        String[] names = {"a", "orders", "a.b_c-D", "x".repeat(249)};
        for (int number = 0; number < 60; number++) {
            String[] racks = new String[3];
            for (int i = 0; i < racks.length; i++)
                racks[i] = RANDOM.nextInt(3) == 0 ? null : ID_STARTS[RANDOM.nextInt(ID_STARTS.length)];
            OUT.println("case " + String.join(" ", Arrays.stream(racks).map(r -> r == null ? "-" : r).toList()));
            List<Topic> topics = new ArrayList<>();
            Map<String, Long> hashes = new HashMap<>();
            for (String name : names) {
                if (RANDOM.nextInt(4) == 0) continue;
                int partitions = 1 + RANDOM.nextInt(number % 10 == 9 ? 400 : 12), replicas = 1 + RANDOM.nextInt(3);
                List<List<String>> all = new ArrayList<>();
                for (int p = 0; p < partitions; p++) {
                    List<String> of = new ArrayList<>();
                    for (int r = 0; r < replicas; r++)
                        if (racks[(p + r) % 3] != null) of.add(racks[(p + r) % 3]);
                    all.add(of);
                }
                Topic topic = new Topic(name, new Uuid(RANDOM.nextLong(), RANDOM.nextLong()), all);
                topics.add(topic);
                long hash = Utils.computeTopicHash(name, new Image(List.of(topic)));
                hashes.put(name, hash);
                OUT.println("topic " + name + " " + hex(topic.id) + " " + partitions + " " + replicas + " " + hash);
            }
            OUT.println("group " + Utils.computeGroupHash(hashes));
        }
    }

    // ---- reconcile ----

    private static final int TOPICS = 2, PARTITIONS = 3, ALL = TOPICS * PARTITIONS;

    /** Partition i of all, in a set of bits. */
    private static Map<Uuid, Map<Integer, Integer>> withEpochs(List<Topic> topics, int bits, int[] epochs) {
        Map<Uuid, Map<Integer, Integer>> map = new HashMap<>();
        for (int i = 0; i < ALL; i++)
            if ((bits >> i & 1) != 0)
                map.computeIfAbsent(topics.get(i / PARTITIONS).id, __ -> new HashMap<>())
                    .put(i % PARTITIONS, epochs[i]);
        return map;
    }

    private static Map<Uuid, Set<Integer>> plain(List<Topic> topics, int bits) {
        Map<Uuid, Set<Integer>> map = new HashMap<>();
        withEpochs(topics, bits, new int[ALL]).forEach((id, partitions) -> map.put(id, partitions.keySet()));
        return map;
    }

    private static String text(List<Topic> topics, Map<Uuid, Map<Integer, Integer>> assigned) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < ALL; i++) {
            Integer epoch = assigned.getOrDefault(topics.get(i / PARTITIONS).id, Map.of()).get(i % PARTITIONS);
            text.append(i == 0 ? "" : ",").append(epoch == null ? "-" : epoch);
        }
        return text.toString();
    }

    private static int bits() {
        int few = RANDOM.nextInt(1 << ALL) & RANDOM.nextInt(1 << ALL);
        return few | (RANDOM.nextInt(3) == 0 ? RANDOM.nextInt(1 << ALL) : 0);
    }

    private static void reconcile() {
        List<Topic> topics = List.of(new Topic("t0", new Uuid(1, 1), List.of(List.of(), List.of(), List.of())),
            new Topic("t1", new Uuid(2, 2), List.of(List.of(), List.of(), List.of())));
        MemberState[] states = {MemberState.STABLE, MemberState.UNREVOKED_PARTITIONS, MemberState.UNRELEASED_PARTITIONS,
            MemberState.UNKNOWN};
        for (int number = 0; number < 2500; number++) {
            MemberState state = states[RANDOM.nextInt(number % 8 == 0 ? 4 : 3)];
            int epoch = RANDOM.nextInt(7) - 2, previous = RANDOM.nextInt(6) - 1;
            int targetEpoch = RANDOM.nextInt(3) == 0 ? Math.max(epoch, 0) : 1 + RANDOM.nextInt(6);
            int assigned = bits(), revoking = bits() & ~assigned, target = bits();
            int others = bits() & ~assigned & ~revoking, subscribed = RANDOM.nextInt(3) == 0 ? RANDOM.nextInt(4) : 3;
            int owned = RANDOM.nextInt(3) == 0 ? -1 : bits();
            if (RANDOM.nextInt(4) == 0) target = assigned;
            if (RANDOM.nextInt(4) == 0) owned = 0;
            boolean changed = RANDOM.nextInt(3) == 0;
            int[] epochs = new int[ALL];
            for (int i = 0; i < ALL; i++) epochs[i] = RANDOM.nextInt(4);
            Set<String> names = new HashSet<>();
            for (int t = 0; t < TOPICS; t++) if ((subscribed >> t & 1) != 0) names.add("t" + t);
            Map<Uuid, Map<Integer, Integer>> has = withEpochs(topics, assigned, epochs);
            Map<Uuid, Map<Integer, Integer>> gives = withEpochs(topics, revoking, epochs);
            ConsumerGroupMember member = new ConsumerGroupMember.Builder("m")
                .setMemberEpoch(epoch).setPreviousMemberEpoch(previous).setState(state)
                .setSubscribedTopicNames(new ArrayList<>(names)).setAssignedPartitions(has)
                .setPartitionsPendingRevocation(gives).build();
            List<ConsumerGroupHeartbeatRequestData.TopicPartitions> says = null;
            if (owned >= 0) {
                says = new ArrayList<>();
                for (Map.Entry<Uuid, Set<Integer>> entry : plain(topics, owned).entrySet())
                    says.add(new ConsumerGroupHeartbeatRequestData.TopicPartitions().setTopicId(entry.getKey())
                        .setPartitions(new ArrayList<>(entry.getValue())));
            }
            OUT.printf("%d %d %d %d %d %d %s %s %d %d %d ->", state.value(), epoch, previous, targetEpoch,
                changed ? 1 : 0, subscribed, text(topics, has), text(topics, gives), target, others, owned);
            int theirs = others;
            try {
                ConsumerGroupMember next = new CurrentAssignmentBuilder(member)
                    .withMetadataImage(new Image(topics))
                    .withTargetAssignment(targetEpoch, new Assignment(plain(topics, target)))
                    .withHasSubscriptionChanged(changed)
                    .withResolvedRegularExpressions(Map.of())
                    .withCurrentPartitionEpoch((id, partition) -> {
                        int i = (id.equals(topics.get(0).id) ? 0 : PARTITIONS) + partition;
                        if ((theirs >> i & 1) != 0) return 9;
                        boolean own = has.getOrDefault(id, Map.of()).containsKey(partition)
                            || gives.getOrDefault(id, Map.of()).containsKey(partition);
                        return own ? epoch : -1;
                    })
                    .withOwnedTopicPartitions(says).build();
                OUT.printf(" %d %d %d %s %s%n", next.state().value(), next.memberEpoch(), next.previousMemberEpoch(),
                    text(topics, next.assignedPartitions()), text(topics, next.partitionsPendingRevocation()));
            } catch (FencedMemberEpochException e) {
                OUT.println(" fenced");
            }
        }
    }

    // ---- patterns ----

    private static final String[] PATTERNS = {
        "", "a", "abc", "a.*", ".*", "a+", "a|b", "(a|b)c", "a?b", "[abc]+", "[^a]*", "[a-z0-9._-]+", "^a", "a$",
        "^a$", "\\Aa", "a\\z", "\\d+", "\\D+", "\\w+", "\\W", "\\s", "\\S+", "a{2}", "a{2,}", "a{2,3}", "a{0}",
        "(?i)ABC", "(?i:A)b", "(?s).*", "(?m)^a$", "(?U)a+", "(?-i)A", "a.c", "a\\.c", "\\Qa.c\\E", "\\Qa.c",
        "[[:alpha:]]+", "[[:digit:]]+", "[[:^alpha:]]+", "[[:word:]]+", "\\pL+", "\\p{L}+", "\\p{Lu}", "\\PL+",
        "\\p{Greek}+", "\\p{Latin}+", "\\x61", "\\x{61}", "\\141", "\\n", "\\t", "\\a", "\\f", "\\r", "\\v",
        "(?P<n>a)b", "(?:a)b", "(a)(b)", "((a))", "()", "(|a)", "a||b", "a*?", "a+?", "a??", "a{1,2}?", "orders-.*",
        "orders\\..*", "(orders|payments)-[0-9]+", "__.*", "[^_].*", "\\b", "a\\b", "\\Ba", "\u00e9", "\u65e5.*", ".",
        "..", "\\C", "[\\d]+", "[\\w.-]+", "[a\\-z]+", "[-a]+", "[a-]+", "[]a]+", "[^]a]+", "x{1000}", "a{1}{2}",
        "(a*)*", "(a*)+", "(a+)*b", "[[:lower:][:digit:]]+", "a#b", "a b", "[\\pL0-9]+", "[^\\pL]+", "\\_", "\\-",
        "\\/",
        // not valid
        "(", ")", "(a", "a)", "[", "[a", "]", "a]", "*", "+a", "?", "a**", "a++", "a*+", "a?+", "|*", "a{1001}",
        "a{2,1}", "x{1001}", "{", "a{", "a{,2}", "a{x}", "a{1", "\\", "a\\", "[z-a]", "[a\\", "\\8", "\\1", "(a)\\1",
        "\\k<a>", "(?=a)", "(?!a)", "(?<=a)b", "(?<!a)b", "(?>a)", "(?x)a", "(?", "(?P<n", "(?P<n>a", "(?P<1n>a)",
        "(?P<n>a)(?P<n>b)", "(?P=n)", "(?<n>a)b", "(?i", "(?i)(?", "\\p{Nope}", "\\pX", "\\p", "\\p{", "[[:nope:]]",
        "[[:alpha:]", "\\x", "\\x{", "\\x{110000}", "\\xg", "\\y", "\\Z", "\\G", "\\h", "\\R", "\\X", "\\u0061",
        "\\cA", "\\E", "[a&&b]", "(?i-)a", "(?-)a", "(?:", "(?z)", "(?iU", "\\e", "\\N", "(((a{100}){100}){100})",
        "(a{1000}){1000}", "((a{30}){30}){2}",
    };
    private static final String[] NAMES = {
        "", "a", "b", "aa", "aaa", "ab", "abc", "ABC", "Abc", "a.c", "axc", "bc", "ac", "a-b", "a_b", "a1", "1",
        "123", "orders", "orders-1", "orders-22", "orders.x", "payments-7", "__consumer_offsets", "_", "-", ".", "A",
        "Z9", "aab", "a]", "]", "aXb", "{", "a{", "a{,2}", "a{x}", "\u00e9", "\u65e5\u672c", "\u03b1",
        "x".repeat(249), "x".repeat(1000), "a.b.c", "E", "n", "a#b", "a b",
    };

    /** A pattern, then which names match, or what is wrong with it. In UTF-8 as hex, as lines are made of words. */
    private static void patterns() {
        OUT.println("names" + Arrays.stream(NAMES).map(name -> " " + hex(name)).reduce("", String::concat));
        for (String pattern : PATTERNS) {
            StringBuilder line = new StringBuilder(hex(pattern));
            try {
                com.google.re2j.Pattern compiled = com.google.re2j.Pattern.compile(pattern);
                line.append(" matches ");
                for (String name : NAMES) line.append(compiled.matcher(name).matches() ? '1' : '0');
            } catch (com.google.re2j.PatternSyntaxException e) {
                line.append(" refused ").append(e.getDescription());
            }
            OUT.println(line);
        }
    }

    private static String hex(String text) {
        return "x" + java.util.HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
    }

    public static void main(String[] args) {
        switch (args[0]) {
            case "range" -> range();
            case "hash" -> hash();
            case "reconcile" -> reconcile();
            case "patterns" -> patterns();
            default -> throw new IllegalArgumentException(args[0]);
        }
        OUT.flush();
    }
}
