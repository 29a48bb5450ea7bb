// SPDX-License-Identifier: Apache-2.0
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** AdminCheck HOST:PORT: the admin client of Apache Kafka itself. */
public final class AdminCheck {
    private static final String UNKNOWN_TOPIC = "no-such-topic";
    private static boolean failed;

    private interface Body {
        void run() throws Exception;
    }

    private static void check(String what, Body body) {
        try {
            body.run();
            System.out.println("ok " + what);
        } catch (Exception error) {
            failed = true;
            System.out.println("FAILED " + what + ": " + error.toString().replaceAll("\\s+", " "));
        }
    }

    private static void same(Object got, Object wanted) {
        if (!Objects.equals(got, wanted)) {
            throw new IllegalStateException("got " + got + ", wanted " + wanted);
        }
    }

    private static void checkCluster(Admin admin, String address) throws Exception {
        var cluster = admin.describeCluster();
        Collection<Node> nodes = cluster.nodes().get();
        List<String> addresses = new ArrayList<>();
        for (Node node : nodes) {
            addresses.add(node.host() + ":" + node.port());
        }
        same(addresses, List.of(address));
        same(nodes.contains(cluster.controller().get()), true);
        same(cluster.clusterId().get().isEmpty(), false);
    }

    private static void checkUnknownTopic(Admin admin) throws Exception {
        try {
            admin.describeTopics(List.of(UNKNOWN_TOPIC)).allTopicNames().get();
        } catch (ExecutionException error) {
            same(error.getCause().getClass(), UnknownTopicOrPartitionException.class);
            return;
        }
        throw new IllegalStateException("no error came");
    }

    public static void main(String[] arguments) {
        String address = arguments[0];
        Map<String, Object> settings = Map.of(
            "bootstrap.servers", address,
            "request.timeout.ms", 5000,
            "default.api.timeout.ms", 10000);
        try (Admin admin = Admin.create(settings)) {
            check("describeCluster names the broker", () -> checkCluster(admin, address));
            check("listTopics is empty", () -> same(admin.listTopics().names().get(), Set.of()));
            check("describeTopics of an unknown topic ends in UnknownTopicOrPartitionException",
                () -> checkUnknownTopic(admin));
        }
        System.exit(failed ? 1 : 0);
    }
}
