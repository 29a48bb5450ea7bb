// SPDX-License-Identifier: Apache-2.0

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.metadata.AbortTransactionRecord;
import org.apache.kafka.common.metadata.BeginTransactionRecord;
import org.apache.kafka.common.metadata.EndTransactionRecord;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.MetadataProvenance;
import org.apache.kafka.metadata.BrokerRegistration;
import org.apache.kafka.metadata.MetadataRecordSerde;
import org.apache.kafka.metadata.PartitionRegistration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Replays the metadata log of a data directory with Kafka's own classes and prints the image.
 *
 * <p>usage: ReplayMetadata.java DATA_DIR
 */
public final class ReplayMetadata {
    private final MetadataDelta delta = new MetadataDelta.Builder().setImage(MetadataImage.EMPTY).build();
    private List<ApiMessage> transaction;
    private long end = -1;

    public static void main(String[] args) throws Exception {
        Path dir = Path.of(args[0], "__cluster_metadata-0");
        ReplayMetadata replay = new ReplayMetadata();
        List<Path> snapshots = sorted(dir, ".checkpoint");
        if (!snapshots.isEmpty()) {
            Path newest = snapshots.get(snapshots.size() - 1);
            replay.read(newest, false);
            replay.end = Long.parseLong(newest.getFileName().toString().split("-")[0]) - 1;
        }
        for (Path log : sorted(dir, ".log")) {
            replay.read(log, true);
        }
        MetadataImage image = replay.delta.apply(new MetadataProvenance(replay.end, 0, 0, true));
        System.out.println(new ObjectMapper().writeValueAsString(describe(image, replay.end)));
    }

    private static List<Path> sorted(Path dir, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            return files.filter(f -> f.toString().endsWith(suffix)).sorted().toList();
        }
    }

    private void read(Path file, boolean log) throws IOException {
        long snapshotEnd = end;
        try (FileRecords records = FileRecords.open(file.toFile(), false)) {
            for (RecordBatch batch : records.batches()) {
                if (log && batch.lastOffset() <= snapshotEnd) {
                    continue;
                }
                end = log ? batch.lastOffset() : end;
                if (batch.isControlBatch()) {
                    continue;
                }
                for (Record record : batch) {
                    ByteBufferAccessor value = new ByteBufferAccessor(record.value());
                    replay(new MetadataRecordSerde().read(value, record.valueSize()).message());
                }
            }
        }
    }

    private void replay(ApiMessage record) {
        if (record instanceof BeginTransactionRecord) {
            transaction = new ArrayList<>();
        } else if (record instanceof EndTransactionRecord) {
            transaction.forEach(delta::replay);
            transaction = null;
        } else if (record instanceof AbortTransactionRecord) {
            transaction = null;
        } else if (transaction != null) {
            transaction.add(record);
        } else {
            delta.replay(record);
        }
    }

    private static ObjectNode describe(MetadataImage image, long end) {
        ObjectNode root = new ObjectMapper().createObjectNode().put("offset", end);
        ObjectNode features = root.putObject("features");
        new TreeMap<>(image.features().finalizedVersions()).forEach(features::put);
        features.put("metadata.version", image.features().metadataVersionOrThrow().featureLevel());
        root.put("nextProducerId", image.producerIds().nextProducerId());
        ArrayNode brokers = root.putArray("brokers");
        new TreeMap<>(image.cluster().brokers()).values().forEach(b -> describe(brokers.addObject(), b));
        ArrayNode topics = root.putArray("topics");
        new TreeMap<>(image.topics().topicsByName()).values().forEach(t -> {
            ObjectNode topic = topics.addObject().put("name", t.name()).put("id", t.id().toString());
            ArrayNode partitions = topic.putArray("partitions");
            new TreeMap<>(t.partitions()).forEach(
                (id, p) -> describe(partitions.addObject().put("partition", id), p));
        });
        ArrayNode configs = root.putArray("configs");
        TreeMap<String, ConfigResource> resources = new TreeMap<>();
        image.configs().resourceData().keySet().forEach(r -> resources.put(r.type().id() + "/" + r.name(), r));
        for (ConfigResource resource : resources.values()) {
            ObjectNode config = configs.addObject().put("type", resource.type().id()).put("name", resource.name());
            ObjectNode values = config.putObject("values");
            new TreeMap<>(image.configs().configMapForResource(resource)).forEach(values::put);
        }
        return root;
    }

    private static void describe(ObjectNode out, BrokerRegistration broker) {
        out.put("id", broker.id()).put("epoch", broker.epoch()).put("fenced", broker.fenced());
        out.put("inControlledShutdown", broker.inControlledShutdown());
        out.put("rack", broker.rack().orElse(null));
        ids(out.putArray("directories"), broker.directories().toArray(new Uuid[0]));
        ArrayNode endpoints = out.putArray("endpoints");
        new TreeMap<>(broker.listeners()).forEach((name, e) -> endpoints.addObject().put("name", name)
            .put("host", e.host()).put("port", e.port()).put("securityProtocol", e.securityProtocol().id));
    }

    private static void describe(ObjectNode out, PartitionRegistration p) {
        out.put("leader", p.leader).put("leaderEpoch", p.leaderEpoch).put("partitionEpoch", p.partitionEpoch);
        ints(out.putArray("replicas"), p.replicas);
        ints(out.putArray("isr"), p.isr);
        ints(out.putArray("elr"), p.elr);
        ints(out.putArray("lastKnownElr"), p.lastKnownElr);
        ids(out.putArray("directories"), p.directories);
    }

    private static void ints(ArrayNode out, int[] values) {
        for (int value : values) {
            out.add(value);
        }
    }

    private static void ids(ArrayNode out, Uuid[] values) {
        for (Uuid value : values) {
            out.add(value.toString());
        }
    }
}
