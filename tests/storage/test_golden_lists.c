/* SPDX-License-Identifier: Apache-2.0 */
#include "golden_support.h"

#include <kwire/storage/meta_properties.h>
#include <kwire/storage/names.h>
#include <kwire/storage/properties.h>

/* Lists with one case per line: results of Java and Kafka for texts, and names that Kafka made. */

/* The next line of a file, with a zero byte for its end. */
static char *next_line(char **rest)
{
    char *line = *rest;
    char *end = strchr(line, '\n');
    if (*line == '\0' || end == NULL)
        return NULL;
    *end = '\0';
    *rest = end + 1;
    return line;
}

static char *list(const char *name)
{
    kw_bytes file = golden(name);
    char *text = (char *)given_size((size_t)file.len + 1);
    memcpy(text, file.data, (size_t)file.len);
    text[file.len] = '\0';
    return text;
}

/* Removes the next word, which may be empty, from the rest. */
static char *next_word(char **rest)
{
    char *word = *rest;
    size_t size = strcspn(word, " ");
    *rest = word + size + (word[size] != '\0');
    word[size] = '\0';
    return word;
}

static kw_string text_of_hex(const char *hex)
{
    kw_bytes b = given(hex);
    kw_string s = {(const char *)b.data, b.len};
    return s;
}

/* "6b=76", the key and value of a property. */
static void check_property(char *wanted, kw_string key, kw_string value, const char *line)
{
    char *sign = strchr(wanted, '=');
    assert_true(sign != NULL);
    *sign = '\0';
    if (!kw_string_equal(key, text_of_hex(wanted)) || !kw_string_equal(value, text_of_hex(sign + 1)))
        fail_msg("%s: \"%.*s\" = \"%.*s\"", line, KW_FMT(key), KW_FMT(value));
}

static void test_properties_as_java_reads_them(void **state)
{
    (void)state;
    size_t cases = 0, refused = 0;
    char *rest = list("properties.txt");
    for (char *line = next_line(&rest); line != NULL; line = next_line(&rest), cases++) {
        kw_arena arena = fresh_arena();
        kw_properties p;
        kw_string key;
        kw_string value;
        const char *text = next_word(&line);
        kw_properties_init(&p, text_of_hex(text), &arena);
        while (*line != '\0' && *line != '!') {
            if (!kw_properties_next(&p, &key, &value))
                fail_msg("%s: %s is missing", text, line);
            check_property(next_word(&line), key, value, text);
        }
        if (kw_properties_next(&p, &key, &value))
            fail_msg("%s: \"%.*s\" is superfluous", text, KW_FMT(key));
        if (p.status != (*line == '!' ? KW_ERR_FILE_FORMAT : KW_OK))
            fail_msg("%s: %s", text, kw_status_name(p.status));
        refused += p.status != KW_OK;
    }
    assert_true(cases == 1500 && refused > 100);
}

static void check_meta(char *wanted, const kw_meta_properties *m, const char *line)
{
    char id[23];
    bool same = m->version == atoi(next_word(&wanted));
    same = m->node_id == atoi(next_word(&wanted)) && same;
    const char *cluster = next_word(&wanted);
    same = kw_string_equal(m->cluster_id, kw_string_of(*cluster == '=' ? cluster + 1 : NULL)) && same;
    kw_uuid_format(m->directory_id, id);
    if (!same || strcmp(id, next_word(&wanted)) != 0)
        fail_msg("%s is read differently", line);
}

static void test_meta_properties_as_kafka_reads_them(void **state)
{
    (void)state;
    size_t cases = 0, refused = 0;
    char *rest = list("meta-properties.txt");
    for (char *line = next_line(&rest); line != NULL; line = next_line(&rest), cases++) {
        kw_arena arena = fresh_arena();
        kw_meta_properties m;
        kw_property_error error;
        const char *text = next_word(&line);
        kw_status status =
            kw_meta_properties_parse(&m, text_of_hex(strcmp(text, "-") == 0 ? "" : text), &arena, &error);
        refused += status != KW_OK;
        if ((status != KW_OK) != (*line == '!'))
            fail_msg("%s: %s, but Kafka says %s", text, kw_status_name(status), line);
        if (status == KW_OK)
            check_meta(line, &m, text);
    }
    assert_true(cases == 600 && refused > 100);
}

static void check_written(const kw_writer *w, const char *name)
{
    kw_span s = kw_writer_data(w);
    if (s.size != strlen(name) || memcmp(s.data, name, s.size) != 0)
        fail_msg("%s is written %.*s", name, (int)s.size, (const char *)s.data);
}

static int index_in(const char *word, const char *const *words, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    fail_msg("%s is not known", word);
    return -1;
}

/* "<name> <kind> <topic> <partition>"; the topic may be cut. */
static void check_folder(char *line)
{
    static const char *const kinds[] = {"live", "delete", "future", "stray"};
    kw_partition_dir_name name;
    char text[400];
    kw_writer w;
    const char *given_name = next_word(&line);
    if (strlen(given_name) > 255) /* no file system accepts it; Kafka makes it nevertheless */
        assert_non_null(strstr(given_name, "-future"));
    assert_true(kw_partition_dir_name_parse(kw_string_of(given_name), &name));
    assert_int_equal(name.kind, index_in(next_word(&line), kinds, COUNT_OF(kinds)));
    const char *topic = next_word(&line);
    assert_memory_equal(name.topic.data, topic, (size_t)name.topic.len);
    assert_true((size_t)name.topic.len == strlen(topic) || strlen(given_name) == 255);
    assert_int_equal(name.partition, atoi(line));
    name.topic = kw_string_of(topic);
    kw_writer_init(&w, text, sizeof text);
    assert_status(kw_partition_dir_name_write(&w, &name), KW_OK);
    check_written(&w, given_name);
}

/* "<name> <file> <state> <offset>". */
static void check_file(char *line)
{
    static const char *const kinds[] = {"log", "index", "timeindex", "txnindex", "snapshot", "checkpoint"};
    static const char *const states[] = {"live", "deleted", "cleaned", "swap", "part"};
    kw_segment_name name;
    char text[100];
    kw_writer w;
    const char *given_name = next_word(&line);
    if (!kw_segment_name_parse(kw_string_of(given_name), &name))
        fail_msg("%s is not known", given_name);
    assert_int_equal(name.file, index_in(next_word(&line), kinds, COUNT_OF(kinds)));
    assert_int_equal(name.state, index_in(next_word(&line), states, COUNT_OF(states)));
    assert_true(name.offset == strtoll(line, NULL, 10));
    kw_writer_init(&w, text, sizeof text);
    assert_status(kw_segment_name_write(&w, &name), KW_OK);
    check_written(&w, given_name);
}

static void test_names_as_kafka_makes_them(void **state)
{
    (void)state;
    size_t cases = 0;
    char *rest = list("names.txt");
    for (char *line = next_line(&rest); line != NULL; line = next_line(&rest), cases++) {
        if (strcmp(next_word(&line), "dir") == 0)
            check_folder(line);
        else
            check_file(line);
    }
    assert_int_equal(cases, 3 * 4 + 3 * (4 * 4 + 3));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_properties_as_java_reads_them),
        TEST(test_meta_properties_as_kafka_reads_them),
        TEST(test_names_as_kafka_makes_them),
    };
    if (argc != 2)
        return 2;
    golden_folder = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
