// SPDX-License-Identifier: Apache-2.0
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * WordCount HOST:PORT APPLICATION FOLDER INPUT OUTPUT: counts words with exactly_once_v2 until it is stopped; each new
 * count of a word is one record of OUTPUT. Prints "running" when it is.
 */
public final class WordCount {
    private static final Duration STOP = Duration.ofSeconds(20);

    private WordCount() {
    }

    public static void main(String[] arguments) throws Exception {
        Properties settings = new Properties();
        settings.putAll(Map.of("bootstrap.servers", arguments[0], "application.id", arguments[1], "state.dir",
                arguments[2], "processing.guarantee", "exactly_once_v2", "commit.interval.ms", 100,
                "statestore.cache.max.bytes", 0, "num.stream.threads", 2, "replication.factor", 1));
        settings.putAll(Map.of("session.timeout.ms", 6000, "heartbeat.interval.ms", 500, "reconnect.backoff.ms", 20,
                "reconnect.backoff.max.ms", 200, "retry.backoff.ms", 20, "auto.offset.reset", "earliest",
                "metadata.max.age.ms", 2000, "transaction.timeout.ms", 10000));
        StreamsBuilder builder = new StreamsBuilder();
        KStream<String, String> lines = builder.stream(arguments[3], Consumed.with(Serdes.String(), Serdes.String()));
        Materialized<String, Long, KeyValueStore<Bytes, byte[]>> store = Materialized
                .<String, Long>as(Stores.inMemoryKeyValueStore("counts")).withKeySerde(Serdes.String())
                .withValueSerde(Serdes.Long());
        lines.flatMapValues(line -> List.of(line.split(" ")))
                .groupBy((key, word) -> word, Grouped.with(Serdes.String(), Serdes.String()))
                .count(store).toStream().mapValues(String::valueOf)
                .to(arguments[4], Produced.with(Serdes.String(), Serdes.String()));
        KafkaStreams streams = new KafkaStreams(builder.build(), settings);
        CountDownLatch running = new CountDownLatch(1);
        streams.setStateListener((now, before) -> {
            if (now == KafkaStreams.State.RUNNING) {
                running.countDown();
            }
        });
        streams.setUncaughtExceptionHandler(failure -> {
            System.err.println(failure);
            return StreamThreadExceptionResponse.REPLACE_THREAD;
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(STOP)));
        streams.start();
        running.await();
        System.out.println("running");
    }
}
