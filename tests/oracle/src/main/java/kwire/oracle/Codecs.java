// SPDX-License-Identifier: Apache-2.0
package kwire.oracle;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;

/** Every message whose schema is in a jar on the class path, by schema name. */
final class Codecs {
    private static final Pattern SCHEMA_PATH = Pattern.compile("(common/)?(message|metadata)/\\w+\\.json");

    private final TreeMap<String, Codec> byName = new TreeMap<>();

    static Codecs load() throws IOException, ReflectiveOperationException {
        Codecs codecs = new Codecs();
        for (String path : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (path.endsWith(".jar")) {
                try (JarFile jar = new JarFile(path)) {
                    codecs.addJar(jar);
                }
            }
        }
        if (codecs.byName.isEmpty()) {
            throw new IOException("no jar on the class path has message schemas: is kafka-clients there?");
        }
        return codecs;
    }

    Iterable<Codec> all() {
        return byName.values();
    }

    Codec find(String name) {
        Codec codec = byName.get(name);
        if (codec == null) {
            throw new IllegalArgumentException("unknown message " + name);
        }
        return codec;
    }

    private void addJar(JarFile jar) throws IOException, ReflectiveOperationException {
        ObjectMapper mapper = new ObjectMapper().enable(JsonParser.Feature.ALLOW_COMMENTS);
        Map<String, String> classes = classNames(jar);
        for (JarEntry entry : (Iterable<JarEntry>) jar.stream()::iterator) {
            if (!SCHEMA_PATH.matcher(entry.getName()).matches()) {
                continue;
            }
            JsonNode json;
            try (InputStream in = jar.getInputStream(entry)) {
                json = mapper.readTree(in);
            }
            if (!json.path("validVersions").asText("none").equals("none")) {
                add(Schema.parse(json), classes);
            }
        }
    }

    private void add(Schema schema, Map<String, String> classes) throws ReflectiveOperationException {
        String className = classes.getOrDefault(schema.name() + "Data", classes.get(schema.name()));
        if (className == null) {
            throw new ClassNotFoundException("no class for the schema of " + schema.name());
        }
        byName.put(schema.name(), new Codec(schema, className));
    }

    /** Simple name to full name, for the classes of a jar that are not nested. */
    private static Map<String, String> classNames(JarFile jar) {
        Map<String, String> names = new HashMap<>();
        jar.stream().map(JarEntry::getName).filter(n -> n.endsWith("JsonConverter.class") && n.indexOf('$') < 0)
            .map(n -> n.substring(0, n.length() - "JsonConverter.class".length()).replace('/', '.'))
            .forEach(n -> names.put(n.substring(n.lastIndexOf('.') + 1), n));
        return names;
    }
}
