// SPDX-License-Identifier: Apache-2.0
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse.RecordError;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Timer;
import org.apache.kafka.server.storage.log.FetchIsolation;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.LogAppendInfo;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.RecordValidationException;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

/**
 * Lines "VERSION CONFIG HEX" to the result of a Kafka leader for these records: "ok FIRST LAST MAX_TIMESTAMP HEX", with
 * the bytes in its log, or "error CODE INDEXES". Version -1: not a Produce request. CONFIG is topic configuration,
 * a=b,c=d or "-"; "base" in it is the offset at which the log starts, "origin" the AppendOrigin. The leader epoch is 4.
 */
public final class AppendVerdicts {
    private static final long NOW = 1_700_000_000_000L;
    private static final int LEADER_EPOCH = 4;

    /** A clock that stands still. */
    private static final class Clock implements Time {
        @Override
        public long milliseconds() {
            return NOW;
        }

        @Override
        public long hiResClockMs() {
            return NOW;
        }

        @Override
        public long nanoseconds() {
            return NOW * 1_000_000;
        }

        @Override
        public void sleep(long ms) {
        }

        @Override
        public void waitObject(Object object, Supplier<Boolean> condition, long deadline) {
        }

        @Override
        public Timer timer(long timeout) {
            return SYSTEM.timer(timeout);
        }

        @Override
        public Timer timer(Duration timeout) {
            return SYSTEM.timer(timeout);
        }
    }

    private final KafkaScheduler scheduler = new KafkaScheduler(1);
    private final Path home = Files.createTempDirectory("append-verdicts");
    private int logs;

    private AppendVerdicts() throws IOException {
        scheduler.startup();
    }

    public static void main(String[] args) throws Exception {
        AppendVerdicts verdicts = new AppendVerdicts();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            System.out.println(verdicts.answer(line.split(" ", 3)));
        }
        System.out.flush();
        System.exit(0);
    }

    private String answer(String[] question) throws Exception {
        short version = Short.parseShort(question[0]);
        MemoryRecords records = MemoryRecords.readableRecords(ByteBuffer.wrap(HexFormat.of().parseHex(question[2])));
        try {
            if (version >= 0) {
                ProduceRequest.validateRecords(version, records);
            }
            return append(question[1], records);
        } catch (RecordValidationException e) {
            return "error " + Errors.forException(e.invalidException()).code() + " " + e.recordErrors().stream()
                .map((RecordError r) -> String.valueOf(r.batchIndex)).collect(Collectors.joining(","));
        } catch (Exception e) {
            return "error " + Errors.forException(e).code() + " ";
        }
    }

    private String append(String config, MemoryRecords records) throws IOException {
        Properties properties = new Properties();
        for (String pair : config.equals("-") ? new String[0] : config.split(",")) {
            properties.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
        }
        AppendOrigin origin = AppendOrigin.valueOf(remove(properties, "origin", "CLIENT"));
        long base = Long.parseLong(remove(properties, "base", "0"));
        File directory = home.resolve(logs++ + "/t-0").toFile();
        Files.createDirectories(directory.toPath());
        try (UnifiedLog log = UnifiedLog.create(directory, new LogConfig(properties), base, base, scheduler,
            new BrokerTopicStats(), new Clock(), 60_000, new ProducerStateManagerConfig(86_400_000, false), 600_000,
            new LogDirFailureChannel(10), true, Optional.empty())) {
            LogAppendInfo info = log.appendAsLeader(records, LEADER_EPOCH, origin);
            FileRecords file =
                (FileRecords) log.read(info.firstOffset(), Integer.MAX_VALUE, FetchIsolation.LOG_END, true).records;
            ByteBuffer bytes = ByteBuffer.allocate(file.sizeInBytes());
            file.readInto(bytes, 0);
            return "ok " + info.firstOffset() + " " + info.lastOffset() + " " + info.maxTimestamp() + " "
                + HexFormat.of().formatHex(bytes.array(), 0, bytes.limit());
        }
    }

    private static String remove(Properties properties, String name, String otherwise) {
        Object value = properties.remove(name);
        return value == null ? otherwise : value.toString();
    }
}
