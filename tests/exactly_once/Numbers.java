// SPDX-License-Identifier: Apache-2.0
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.source.ExactlyOnceSupport;
import org.apache.kafka.connect.source.SourceConnector;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;

/** A source: each task writes the numbers below `count` into its own partition of `topic`, and then waits. */
public final class Numbers extends SourceConnector {
    private Map<String, String> settings;

    @Override
    public String version() {
        return "1";
    }

    @Override
    public void start(Map<String, String> given) {
        settings = given;
    }

    @Override
    public Class<? extends Task> taskClass() {
        return Counter.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int most) {
        List<Map<String, String>> all = new ArrayList<>();
        for (int i = 0; i < most; i++) {
            all.add(Map.of("partition", String.valueOf(i), "topic", settings.get("topic"), "count",
                    settings.get("count")));
        }
        return all;
    }

    @Override
    public void stop() {
        // it has nothing
    }

    @Override
    public ConfigDef config() {
        return new ConfigDef().define("topic", ConfigDef.Type.STRING, ConfigDef.Importance.HIGH, "where to")
                .define("count", ConfigDef.Type.INT, ConfigDef.Importance.HIGH, "of numbers");
    }

    @Override
    public ExactlyOnceSupport exactlyOnceSupport(Map<String, String> given) {
        return ExactlyOnceSupport.SUPPORTED;
    }

    /** Continues behind the last number whose offset was committed. */
    public static final class Counter extends SourceTask {
        private static final int MOST_RECORDS = 10;
        private static final int PAUSE_MS = 10;
        private static final int OF_PROGRESS = 100;
        private Map<String, String> source;
        private String topic;
        private int partition;
        private int count;
        private int next;

        @Override
        public String version() {
            return "1";
        }

        @Override
        public void start(Map<String, String> given) {
            topic = given.get("topic");
            partition = Integer.parseInt(given.get("partition"));
            count = Integer.parseInt(given.get("count"));
            source = Map.of("partition", given.get("partition"));
            Map<String, Object> committed = context.offsetStorageReader().offset(source);
            next = committed == null ? 0 : ((Long) committed.get("next")).intValue();
        }

        @Override
        public List<SourceRecord> poll() throws InterruptedException {
            Thread.sleep(PAUSE_MS);
            List<SourceRecord> records = new ArrayList<>();
            for (int end = Math.min(next + MOST_RECORDS, count); next < end; next++) {
                if (next % OF_PROGRESS == 0) {
                    System.out.println("progress");
                }
                records.add(new SourceRecord(source, Map.of("next", next + 1L), topic, partition, null, null,
                        Schema.STRING_SCHEMA, String.valueOf(next)));
            }
            return records.isEmpty() ? null : records;
        }

        @Override
        public void stop() {
            // it has nothing
        }
    }
}
