// SPDX-License-Identifier: Apache-2.0

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Times kafka-clients on the inputs that DIR/inputs.txt lists, or on the named ones: Main DIR [NAME...].
 * Best with one name: then the compiler sees one message type only, as if the code had been written for it.
 */
final class Main {
    record Input(String name, short key, short version, String kind, ByteBuffer data) {}

    private Main() {}

    private static short number(String text) {
        return text.equals("-") ? 0 : Short.parseShort(text);
    }

    private static Input read(Path folder, String line) throws IOException {
        String[] f = line.split(" ");
        byte[] frame = Files.readAllBytes(folder.resolve(f[4]));
        int begin = Integer.parseInt(f[5]);
        ByteBuffer body = ByteBuffer.wrap(frame, begin, frame.length - begin).slice();
        return new Input(f[0], number(f[1]), number(f[2]), f[3], body);
    }

    private static void benchRaw(Input input) throws Exception {
        byte[] bytes = input.data().array();
        CRC32C checksum = new CRC32C();
        Timing.bench(input.name(), "crc", () -> {
            checksum.reset();
            checksum.update(bytes, 0, bytes.length);
            return checksum;
        });
    }

    public static void main(String[] words) throws Exception {
        if (words.length < 1) {
            System.err.println("usage: Main DIR [NAME...]");
            System.exit(2);
        }
        Path folder = Path.of(words[0]);
        List<String> names = Arrays.asList(words).subList(1, words.length);
        for (String line : Files.readAllLines(folder.resolve("inputs.txt"))) {
            if (line.startsWith("#") || (!names.isEmpty() && !names.contains(line.substring(0, line.indexOf(' '))))) {
                continue;
            }
            Input input = read(folder, line);
            switch (input.kind()) {
                case "batch" -> Batch.bench(input);
                case "raw" -> benchRaw(input);
                default -> Messages.bench(input);
            }
        }
    }
}
