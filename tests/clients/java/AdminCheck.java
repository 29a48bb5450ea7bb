// SPDX-License-Identifier: Apache-2.0
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** AdminCheck HOST:PORT: the admin client of Apache Kafka itself. */
public final class AdminCheck {
    private static final String UNKNOWN_TOPIC = "no-such-topic";

    private AdminCheck() {
    }

    private static void checkCluster(Admin admin, String address) throws Exception {
        var cluster = admin.describeCluster();
        Collection<Node> nodes = cluster.nodes().get();
        List<String> addresses = new ArrayList<>();
        for (Node node : nodes) {
            addresses.add(node.host() + ":" + node.port());
        }
        Report.same(addresses, List.of(address));
        Report.same(nodes.contains(cluster.controller().get()), true);
        Report.same(cluster.clusterId().get().isEmpty(), false);
    }

    public static void main(String[] arguments) {
        String address = arguments[0];
        Map<String, Object> settings = Map.of(
            "bootstrap.servers", address,
            "request.timeout.ms", 20000,
            "default.api.timeout.ms", 40000);
        try (Admin admin = Admin.create(settings)) {
            Report.check("describeCluster names the broker", () -> checkCluster(admin, address));
            Report.check("listTopics is empty", () -> Report.same(admin.listTopics().names().get(), Set.of()));
            Report.check("describeTopics of an unknown topic ends in UnknownTopicOrPartitionException",
                () -> Report.expect(UnknownTopicOrPartitionException.class,
                    () -> admin.describeTopics(List.of(UNKNOWN_TOPIC)).allTopicNames().get()));
        }
        Report.end();
    }
}
