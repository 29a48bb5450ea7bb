// SPDX-License-Identifier: Apache-2.0

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

/**
 * usage: RecoverStates LIST
 *
 * Opens logs that a crash has left, as Kafka does after one. Each line of the list is a folder, the log's start and its
 * recovery point, by their checkpoints, and settings; separated by spaces. For each a line says the start and the end
 * of what was recovered, or the error.
 */
final class RecoverStates {
    private static final int EXPIRATION_MS = 86_400_000;

    private RecoverStates() {
    }

    public static void main(String[] args) throws Exception {
        KafkaScheduler scheduler = new KafkaScheduler(1);
        scheduler.startup();
        List<String> lines = Files.readAllLines(Path.of(args[0]));
        for (String line : lines)
            System.out.println("recovered " + recover(line.split(" "), scheduler));
        scheduler.shutdown();
    }

    private static String recover(String[] words, KafkaScheduler scheduler) {
        Map<String, String> settings = new HashMap<>();
        for (int i = 3; i < words.length; i++)
            settings.put(words[i].substring(0, words[i].indexOf('=')), words[i].substring(words[i].indexOf('=') + 1));
        try (UnifiedLog log = UnifiedLog.create(new File(words[0]), new LogConfig(settings), Long.parseLong(words[1]),
            Long.parseLong(words[2]), scheduler, new BrokerTopicStats(), Time.SYSTEM, EXPIRATION_MS,
            new ProducerStateManagerConfig(EXPIRATION_MS, false), EXPIRATION_MS, new LogDirFailureChannel(1), false,
            Optional.empty())) {
            return log.logStartOffset() + " " + log.logEndOffset();
        } catch (Exception e) {
            return e.toString().lines().findFirst().orElse("");
        }
    }
}
