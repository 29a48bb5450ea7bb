// SPDX-License-Identifier: Apache-2.0
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** The records that are produced and must be read back equal. */
final class OddRecords {
    private OddRecords() {
    }

    /** What is easily read back differently: nothing, null, every byte, large, many; the last timestamp is now. */
    static List<ProducerRecord<byte[], byte[]>> forTopic(String topic) {
        List<byte[][]> pairs = new ArrayList<>();
        Random noise = new Random(14);
        pairs.add(pair(bytes("key"), bytes("value")));
        pairs.add(pair(null, bytes("no key")));
        pairs.add(pair(bytes("no value"), null));
        pairs.add(pair(null, null));
        pairs.add(pair(new byte[0], new byte[0]));
        pairs.add(pair(everyByte(), everyByte()));
        pairs.add(pair(bytes("compressible"), bytes("kwire".repeat(20_000))));
        pairs.add(pair(bytes("incompressible"), random(noise, 60_000)));
        for (int i = 0; i < 100; i++) {
            pairs.add(pair(bytes(Integer.toString(i)), random(noise, i)));
        }
        long first = System.currentTimeMillis() - pairs.size();
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < pairs.size(); i++) {
            byte[][] pair = pairs.get(i);
            records.add(new ProducerRecord<>(topic, 0, first + i, pair[0], pair[1], i % 10 == 0 ? oddHeaders() : null));
        }
        return records;
    }

    private static byte[][] pair(byte[] key, byte[] value) {
        return new byte[][] {key, value};
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] everyByte() {
        byte[] every = new byte[256];
        for (int i = 0; i < every.length; i++) {
            every[i] = (byte) i;
        }
        return every;
    }

    private static byte[] random(Random noise, int size) {
        byte[] text = new byte[size];
        noise.nextBytes(text);
        return text;
    }

    private static Headers oddHeaders() {
        return new RecordHeaders()
            .add("a", bytes("1"))
            .add("a", bytes("2"))
            .add("empty", new byte[0])
            .add("null", null)
            .add("\u00fc\u20ac", everyByte());
    }

    static void same(List<ConsumerRecord<byte[], byte[]>> got, List<ProducerRecord<byte[], byte[]>> wanted) {
        Report.same(got.size(), wanted.size());
        for (int i = 0; i < got.size(); i++) {
            if (!same(got.get(i), wanted.get(i))) {
                throw new IllegalStateException("record " + i + " is " + got.get(i) + ", wanted " + wanted.get(i));
            }
        }
    }

    private static boolean same(ConsumerRecord<byte[], byte[]> got, ProducerRecord<byte[], byte[]> wanted) {
        return Arrays.equals(got.key(), wanted.key())
            && Arrays.equals(got.value(), wanted.value())
            && Arrays.equals(got.headers().toArray(), wanted.headers().toArray())
            && got.timestamp() == wanted.timestamp();
    }
}
