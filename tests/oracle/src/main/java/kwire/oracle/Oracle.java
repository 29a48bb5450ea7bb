// SPDX-License-Identifier: Apache-2.0
package kwire.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.FileOutputStream;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.common.record.internal.CompressionType;

/** The command line. */
public final class Oracle {
    private static final String HELP = """
        usage: java -Xmx512m -cp CLASSES:CLASSPATH kwire.oracle.Oracle VERB [OPTION...]

        Verbs; all of them read and write JSON, one object a line:
          versions   print {"message","version"} for every message and version of this Kafka release
          generate   print random messages: {"message","version","hex","value"}
                       --seed N     same seed, same output (default 1)
                       --count K    messages per version (default 6): the first has every default, the second
                                    every field set, the others are random
                       --only MESSAGE[:VERSION]
                       --skip-versions-from FILE    skip each message and version that a line of FILE names
          decode     {"message","version","hex"} to {"message","version","value","consumed"}, or "error";
                     with "canonical":false if Kafka would not write the bytes that it just read
          encode     {"message","version","value"} to {"message","version","hex"}, or "error"
          mutate     generate's lines to damaged ones: {"message","version","hex"}
                       --seed N, --count K          lines to print (default: as many as were read)
                       --max-bytes N                pass over messages that are longer
          generate-records   print random records fields of each magic and codec, and what is in them: {"message":
                     "Records","version":0,"hex","batches","left"}, for mutate too
                       --seed N, --count K          (default 200)
                       --only CODEC
          read-records       {"hex"} to {"hex","batches","left"}, or "error" in place of "left"
          compress   {"codec","magic","hex"}, perhaps with "level", to the same with the bytes that Kafka makes of them
          decompress the other way; "error" in place of "hex" if Kafka cannot
          build-records      print random batches to build, as words (see RecordsBuilder.java), and what Kafka builds:
                     {"build","hex","maxTimestamp","maxTimestampOffset"} with "payload" if it is compressed, "patch"
                     and "patched" if not, or "error"
                       --seed N, --count K          (default 200)
        """;

    /** A line in, an answer out; an exception becomes the answer's error. */
    private interface Answer {
        void fill(Codec codec, int version, JsonNode question, ObjectNode answer) throws Throwable;
    }

    private final ObjectMapper mapper = new ObjectMapper();
    private final Codecs codecs = Codecs.load();
    private final BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    private final PrintStream out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);

    private Oracle() throws IOException, ReflectiveOperationException {
    }

    public static void main(String[] args) throws Throwable {
        try {
            if (args.length == 0 || args[0].equals("--help")) {
                System.out.print(HELP);
                return;
            }
            Oracle oracle = new Oracle();
            oracle.run(args[0], new Options(args));
            oracle.out.flush();
            if (oracle.out.checkError()) {
                throw new IOException("cannot write to standard output");
            }
        } catch (Options.UsageException e) {
            System.err.println("oracle: " + e.getMessage() + " (--help shows the verbs)");
            System.exit(2);
        }
    }

    private void run(String verb, Options options) throws Throwable {
        switch (verb) {
            case "versions" -> versions();
            case "generate" -> generate(options);
            case "decode" -> answer(this::decode);
            case "encode" -> answer(this::encode);
            case "mutate" -> mutate(options);
            case "generate-records" -> generateRecords(options);
            case "read-records" -> readRecords();
            case "compress" -> eachLine(Compressions::compress);
            case "decompress" -> eachLine(Compressions::decompress);
            case "build-records" -> buildRecords(options);
            default -> throw new Options.UsageException("unknown verb " + verb);
        }
    }

    private void versions() {
        for (Codec codec : codecs.all()) {
            for (int v = codec.schema.versions().lowest(); v <= codec.schema.versions().highest(); v++) {
                println(JsonNodeFactory.instance.objectNode().put("message", codec.schema.name()).put("version", v));
            }
        }
    }

    private void generate(Options options) throws Throwable {
        Generator generator = new Generator(options.number("--seed", 1));
        long count = options.number("--count", 6);
        String only = options.text("--only", "");
        Set<String> skipped = namedVersions(options.text("--skip-versions-from", ""));
        boolean found = false;
        for (Codec codec : codecs.all()) {
            String name = codec.schema.name();
            for (int v = codec.schema.versions().lowest(); v <= codec.schema.versions().highest(); v++) {
                boolean wanted = only.isEmpty() || only.equals(name) || only.equals(name + ":" + v);
                if (!wanted || skipped.contains(name + ":" + v)) {
                    continue;
                }
                found = true;
                for (int index = 0; index < count; index++) {
                    println(generator.line(codec, v, index).toJson());
                }
            }
        }
        if (!found) {
            throw new Options.UsageException("this release has no " + (only.isEmpty() ? "version left" : only));
        }
    }

    private Set<String> namedVersions(String file) throws IOException {
        Set<String> names = new HashSet<>();
        if (!file.isEmpty()) {
            for (String line : Files.readAllLines(Path.of(file))) {
                JsonNode json = mapper.readTree(line);
                names.add(json.get("message").asText() + ":" + json.get("version").asInt());
            }
        }
        return names;
    }

    private void decode(Codec codec, int version, JsonNode question, ObjectNode answer) throws Throwable {
        byte[] bytes = HexFormat.of().parseHex(question.get("hex").asText());
        Codec.Decoded decoded = codec.decode(bytes, version);
        answer.set("value", codec.toJson(decoded.message(), version));
        answer.put("consumed", decoded.consumed());
        if (!isCanonical(codec, version, bytes, decoded)) {
            answer.put("canonical", false);
        }
    }

    /** True if Kafka would write the same bytes that it read; it reads some forms that it never writes. */
    private static boolean isCanonical(Codec codec, int version, byte[] bytes, Codec.Decoded decoded) {
        try {
            byte[] written = codec.encode(decoded.message(), version);
            return Arrays.equals(written, Arrays.copyOf(bytes, decoded.consumed()));
        } catch (RuntimeException e) {
            return false;
        }
    }

    private void encode(Codec codec, int version, JsonNode question, ObjectNode answer) throws Throwable {
        byte[] bytes = codec.encode(codec.fromJson(question.get("value"), version), version);
        answer.put("hex", HexFormat.of().formatHex(bytes));
    }

    private void answer(Answer how) throws IOException {
        for (String line; (line = in.readLine()) != null;) {
            ObjectNode answer = JsonNodeFactory.instance.objectNode();
            try {
                JsonNode question = mapper.readTree(line);
                String message = question.path("message").asText();
                int version = question.path("version").asInt(-1);
                answer.put("message", message).put("version", version);
                how.fill(codecs.find(message), version, question, answer);
            } catch (Throwable e) { // an OutOfMemoryError on hostile bytes is a verdict too
                answer.remove(List.of("value", "hex", "consumed", "canonical"));
                answer.put("error", e.getClass().getName() + ": " + e.getMessage());
            }
            println(answer);
        }
    }

    private void mutate(Options options) throws IOException, Options.UsageException {
        long maxBytes = options.number("--max-bytes", Integer.MAX_VALUE);
        List<JsonNode> lines = new ArrayList<>();
        for (String line; (line = in.readLine()) != null;) {
            JsonNode json = mapper.readTree(line);
            if (json.get("hex").asText().length() / 2 <= maxBytes) {
                lines.add(json);
            }
        }
        if (lines.isEmpty()) {
            throw new IOException("no line to mutate on standard input");
        }
        Mutator mutator = new Mutator(new Random(options.number("--seed", 1)));
        long count = options.number("--count", lines.size());
        for (long i = 0; i < count; i++) {
            // Spread evenly and in order, so that neighbours compress well.
            JsonNode line = lines.get((int) (i * lines.size() / count));
            byte[] bytes = mutator.mutate(HexFormat.of().parseHex(line.get("hex").asText()));
            println(JsonNodeFactory.instance.objectNode().put("message", line.get("message").asText())
                .put("version", line.get("version").asInt()).put("hex", HexFormat.of().formatHex(bytes)));
        }
    }

    private void generateRecords(Options options) throws Options.UsageException {
        String only = options.text("--only", "");
        List<CompressionType> codecs = Arrays.stream(CompressionType.values())
            .filter(codec -> only.isEmpty() || only.equals(codec.name)).toList();
        if (codecs.isEmpty()) {
            throw new Options.UsageException("no such codec: " + only);
        }
        RecordsGenerator generator = new RecordsGenerator(options.number("--seed", 1), codecs);
        long count = options.number("--count", 200);
        for (int i = 0; i < count; i++) {
            byte[] bytes = generator.next(i);
            ObjectNode line = JsonNodeFactory.instance.objectNode();
            line.put("message", "Records").put("version", 0).put("hex", HexFormat.of().formatHex(bytes));
            println(line.setAll(RecordsReader.read(bytes)));
        }
    }

    private void buildRecords(Options options) throws Options.UsageException, IOException {
        RecordsBuilder builder = new RecordsBuilder(options.number("--seed", 1));
        long count = options.number("--count", 200);
        for (int i = 0; i < count; i++) {
            println(builder.next(i));
        }
    }

    private void readRecords() throws IOException {
        for (String line; (line = in.readLine()) != null;) {
            String hex = mapper.readTree(line).get("hex").asText();
            ObjectNode answer = JsonNodeFactory.instance.objectNode().put("hex", hex);
            println(answer.setAll(RecordsReader.read(HexFormat.of().parseHex(hex))));
        }
    }

    private void eachLine(Function<JsonNode, ObjectNode> how) throws IOException {
        for (String line; (line = in.readLine()) != null;) {
            println(how.apply(mapper.readTree(line)));
        }
    }

    private void println(JsonNode json) {
        out.print(json);
        out.print('\n');
    }
}
