/* SPDX-License-Identifier: Apache-2.0 */
/* The table and its values, against what Apache Kafka has said (tests/oracle/check_settings asks it again). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "config/java_duration.h"
#include "config/java_number.h"
#include "config/setting_value.h"
#include "config/settings.h"
#include "config/settings_page.h"

enum { LINE_SIZE = 2048 };

static FILE *open_vectors(const char *name)
{
    char path[LINE_SIZE];
    const char *directory = getenv("KAFKA_VECTORS");
    assert_non_null(directory);
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    return file;
}

/* Splits a line at its bars. */
static int split_line(char *line, char *fields[8])
{
    int count = 0;
    line[strcspn(line, "\n")] = '\0';
    for (char *p = line; p != NULL && count < 8; count++) {
        fields[count] = p;
        p = strchr(p, '|');
        if (p != NULL)
            *p++ = '\0';
    }
    return count;
}

static const struct setting *find(const char *scope, const char *name)
{
    static const char *const names[] = {"broker", "topic", "group", "client-metrics"};
    size_t i = 0;
    while (strcmp(scope, names[i]) != 0)
        assert_true(++i < sizeof names / sizeof names[0]);
    const struct setting *s = setting_find((enum setting_scope)i, name);
    if (s == NULL)
        fail_msg("no %s setting %s", scope, name);
    return s;
}

static void assert_as_kafka_has_it(char *fields[8])
{
    char text[SETTING_TEXT_SIZE], mode[64];
    const struct setting *s = find(fields[0], fields[1]);
    assert_string_equal(setting_type_name(s->type), fields[2]);
    const char *value = s->default_text;
    assert_string_equal(s->required      ? "(required)"
                        : value == NULL  ? "(null)"
                        : *value == '\0' ? "(empty)"
                                         : value,
                        fields[3]);
    setting_valid_text(s, text);
    assert_string_equal(*text != '\0' ? text : "-", fields[4]);
    snprintf(mode, sizeof mode, "%s%s", s->scope != SETTING_BROKER ? fields[0] : setting_mode_name(s->mode),
             s->internal ? ",internal" : "");
    assert_string_equal(mode, fields[5]);
    assert_string_equal(s->synonyms != NULL ? s->synonyms : "-", fields[6]);
}

static void the_table_is_kafkas(void **state)
{
    (void)state;
    FILE *file = open_vectors("kafka-settings.txt");
    char line[LINE_SIZE], *fields[8];
    size_t count = 0, others = 0;
    for (; fgets(line, sizeof line, file) != NULL; count++) {
        assert_int_equal(split_line(line, fields), 7);
        assert_as_kafka_has_it(fields);
    }
    fclose(file);
    for (size_t i = 0; i < setting_count; i++)
        others += settings[i].of_authorizer;
    assert_true(count > 400);
    assert_int_equal(setting_count, count + others);
}

static void the_table_is_sorted_and_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting *s = &settings[i], *next = s + 1;
        assert_ptr_equal(setting_find(s->scope, s->name), s);
        size_t length = strlen(s->doc);
        assert_true(length > 10 && s->doc[length - 1] == '.');
        if (i + 1 < setting_count)
            assert_true(s->scope < next->scope || (s->scope == next->scope && strcmp(s->name, next->name) < 0));
    }
    assert_null(setting_find(SETTING_BROKER, "no.such"));
    assert_null(setting_find(SETTING_BROKER, "retention.ms"));
    assert_null(setting_find(SETTING_TOPIC, "zzz"));
    assert_null(setting_find(SETTING_BROKER, ""));
}

static void defaults_are_valid(void **state)
{
    (void)state;
    char printed[512], error[SETTING_ERROR_SIZE];
    for (size_t i = 0; i < setting_count; i++) {
        if (settings[i].default_text == NULL)
            continue;
        if (!setting_parse(&settings[i], settings[i].default_text, printed, error))
            fail_msg("%s", error);
        assert_string_equal(printed, settings[i].default_text);
    }
}

static void synonyms_are_settings_of_brokers(void **state)
{
    (void)state;
    char list[256];
    for (size_t i = 0; i < setting_count; i++) {
        snprintf(list, sizeof list, "%s", settings[i].synonyms != NULL ? settings[i].synonyms : "");
        for (char *name = strtok(list, ","); name != NULL; name = strtok(NULL, ","))
            assert_non_null(setting_find(SETTING_BROKER, name));
    }
}

static void values_are_judged_as_kafka_does(void **state)
{
    (void)state;
    FILE *file = open_vectors("kafka-setting-values.txt");
    char line[LINE_SIZE], *fields[8], printed[LINE_SIZE], error[SETTING_ERROR_SIZE];
    size_t count = 0, wrong = 0;
    for (; fgets(line, sizeof line, file) != NULL; count++) {
        assert_int_equal(split_line(line, fields), 5);
        bool fine = setting_parse(find(fields[0], fields[1]), fields[2], printed, error);
        const char *said = fine ? printed : error;
        if (fine != (strcmp(fields[3], "ok") == 0) || strcmp(said, fields[4]) != 0) {
            print_error("%s=%s: %s, not %s %s\n", fields[1], fields[2], said, fields[3], fields[4]);
            wrong++;
        }
    }
    fclose(file);
    assert_true(count > 500);
    assert_int_equal(wrong, 0);
}

static void servers_of_voters(void **state)
{
    (void)state;
    static const char *const bad[] = {"1@/h:9093", "1@h/:9093", "1@h:", "1@h:9x", "@h:9", "x@h:9", "1h:9", "1@h"};
    static const char *const good[] = {"1@h:9", "12@h.i-j_k%l:19093,2@[::1]:5"};
    char printed[128], error[SETTING_ERROR_SIZE];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (setting_parse(find("broker", "controller.quorum.voters"), bad[i], printed, error))
            fail_msg("%s", bad[i]);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(setting_parse(find("broker", "controller.quorum.voters"), good[i], printed, error));
        assert_string_equal(printed, good[i]);
    }
}

static void long_lists(void **state)
{
    (void)state;
    enum { ITEMS = 100000, SIZE = ITEMS * 8 };
    const struct setting *s = find("broker", "metric.reporters");
    char *text = malloc(SIZE), *printed = malloc(SIZE + SETTING_PRINTED_EXTRA), error[SETTING_ERROR_SIZE];
    assert_true(text != NULL && printed != NULL);
    size_t size = 0;
    for (int i = 0; i < ITEMS; i++)
        size += (size_t)sprintf(text + size, "%s%d", i != 0 ? ", " : "", i);
    assert_true(setting_parse(s, text, printed, error));
    assert_int_equal(strlen(printed), size - (ITEMS - 1));
    memcpy(text + size, ",77777", sizeof ",77777");
    assert_false(setting_parse(s, text, printed, error));
    assert_string_equal(error, "Configuration 'metric.reporters' values must not be duplicated.");
    free(text);
    free(printed);
}

static void replicas_are_pairs_of_numbers(void **state)
{
    (void)state;
    static const char *const valid[] = {"*", "", "0:1", "12:34,5:6"}, *const wrong[] = {"1",     "1:",    ":1",
                                                                                        "1:x2",  "1:2x",  "x1:2",
                                                                                        "1:2,3", "*,1:2", "**"};
    const struct setting *s = find("topic", "follower.replication.throttled.replicas");
    char printed[64 + SETTING_PRINTED_EXTRA], error[SETTING_ERROR_SIZE];
    for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++)
        assert_true(setting_parse(s, valid[i], printed, error));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(setting_parse(s, wrong[i], printed, error));
}

/* Of a topic each item counts once. */
static void repeated_items(void **state)
{
    (void)state;
    char printed[64 + SETTING_PRINTED_EXTRA], error[SETTING_ERROR_SIZE];
    const struct setting *s = find("topic", "cleanup.policy");
    assert_true(setting_parse(s, "delete, compact,delete,compact", printed, error));
    assert_string_equal(printed, "delete,compact");
    assert_true(setting_parse(s, "compact,compact", printed, error));
    assert_string_equal(printed, "compact");
}

static void long_values_are_cut_in_messages(void **state)
{
    (void)state;
    char text[2000], printed[sizeof text + SETTING_PRINTED_EXTRA], error[SETTING_ERROR_SIZE];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_false(setting_parse(find("broker", "num.io.threads"), text, printed, error));
    assert_int_equal(strlen(error), SETTING_ERROR_SIZE - 1);
    assert_false(setting_parse(find("topic", "leader.replication.throttled.replicas"), text, printed, error));
    static const char start[] = "Invalid value [";
    assert_memory_equal(error, start, sizeof start - 1);
    size_t shown = strspn(error + sizeof start - 1, "x");
    assert_int_equal(shown, SETTING_ERROR_SIZE / 2 - 1);
    assert_memory_equal(error + sizeof start - 1 + shown, "] for configuration leader.", 27);
    assert_string_equal(error + strlen(error) - 4, ",...");
    text[200] = ','; /* of several items together as much */
    text[400] = '\0';
    assert_false(setting_parse(find("topic", "leader.replication.throttled.replicas"), text, printed, error));
    assert_int_equal(strspn(error + sizeof start - 1, "x, "), SETTING_ERROR_SIZE / 2 - 1);
    assert_int_equal(strspn(error + sizeof start - 1, "x"), 200);
    assert_memory_equal(error + sizeof start - 1 + 200, ", xx", 4);
    text[200] = 'x';
    text[SETTING_ERROR_SIZE / 2 - 2] = ','; /* of the second one the first byte */
    assert_false(setting_parse(find("topic", "leader.replication.throttled.replicas"), text, printed, error));
    assert_int_equal(strspn(error + sizeof start - 1, "x,"), SETTING_ERROR_SIZE / 2 - 1);
}

static void assert_prints(double value, const char *text)
{
    char printed[JAVA_DOUBLE_SIZE];
    java_print_double(value, printed);
    assert_string_equal(printed, text);
}

static void doubles_are_read_as_java_does(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", ".", "-", "+.", "-.e1", "1x", "1ff", "0x1", "infinity", "nan", "--1"};
    static const struct {
        const char *text;
        double value;
    } right[] = {{"1", 1},
                 {"-.5", -.5},
                 {"+2.", 2},
                 {"1e2", 100},
                 {"7f", 7},
                 {"7.25D", 7.25},
                 {"0x1p4", 16},
                 {"-Infinity", -INFINITY},
                 {"Infinity", INFINITY}};
    double value = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(java_parse_double(wrong[i], &value));
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        assert_true(java_parse_double(right[i].text, &value));
        assert_true(value == right[i].value);
    }
    assert_true(java_parse_double("NaN", &value));
    assert_true(isnan(value));
}

static void doubles_are_printed_as_java_does(void **state)
{
    (void)state;
    assert_prints(0.5, "0.5");
    assert_prints(0.05, "0.05");
    assert_prints(0.001, "0.001");
    assert_prints(0.00099, "9.9E-4");
    assert_prints(1, "1.0");
    assert_prints(100, "100.0");
    assert_prints(123.25, "123.25");
    assert_prints(9999999, "9999999.0");
    assert_prints(1e7, "1.0E7");
    assert_prints(-2.5e-9, "-2.5E-9");
    assert_prints(1.7976931348623157e308, "1.7976931348623157E308");
    assert_prints(-0.0, "-0.0");
    assert_prints(NAN, "NaN");
    assert_prints(-INFINITY, "-Infinity");
}

/* docs/settings.md is what `kwire-broker --help-settings` prints. */
static void the_page_is_that_of_the_documents(void **state)
{
    (void)state;
    char shown[LINE_SIZE], written[LINE_SIZE];
    FILE *printed = tmpfile(), *page = open_vectors("../../docs/settings.md");
    assert_non_null(printed);
    print_settings_page(printed);
    rewind(printed);
    while (fgets(written, sizeof written, page) != NULL) {
        assert_non_null(fgets(shown, sizeof shown, printed));
        assert_string_equal(shown, written);
    }
    assert_null(fgets(shown, sizeof shown, printed));
    (void)fclose(page);
    (void)fclose(printed);
}

/* What Duration.parse() of Java reads, if it is not negative. */
static void durations(void **state)
{
    (void)state;
    static const char *const valid[] = {"PT0S",
                                        "P1D",
                                        "p1dt2h3m4.5s",
                                        "PT1H",
                                        "PT1M",
                                        "PT-0.000S",
                                        "P1DT-23H",
                                        "PT1H-59M",
                                        "PT1M-59S",
                                        "-PT-1S",
                                        "+PT+1S",
                                        "-P1DT-25H",
                                        "PT9223372036854775807S",
                                        "P106751991167300DT55807S",
                                        "PT2562047788015215H",
                                        "PT0,123456789S"};
    static const char *const invalid[] = {"",
                                          "P",
                                          "PT",
                                          "P1DT",
                                          "1D",
                                          "P1",
                                          "P1H",
                                          "PT1D",
                                          "PT1S1M",
                                          "PT1.5H",
                                          "PT1S ",
                                          " PT1S",
                                          "PT--1S",
                                          "PT-1S",
                                          "-PT1S",
                                          "P1DT-25H",
                                          "PT1H-61M",
                                          "PT1M-61S",
                                          "-P1DT-23H",
                                          "PT-0.1S",
                                          "PT9223372036854775808S",
                                          "P106751991167300DT55808S",
                                          "P106751991167301D",
                                          "PT2562047788015216H",
                                          "PT0.1234567890S"};
    for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++)
        if (!java_is_duration(valid[i]))
            fail_msg("%s is valid", valid[i]);
    for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++)
        if (java_is_duration(invalid[i]))
            fail_msg("%s is not valid", invalid[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_kafkas),
        cmocka_unit_test(the_table_is_sorted_and_complete),
        cmocka_unit_test(defaults_are_valid),
        cmocka_unit_test(synonyms_are_settings_of_brokers),
        cmocka_unit_test(values_are_judged_as_kafka_does),
        cmocka_unit_test(servers_of_voters),
        cmocka_unit_test(long_lists),
        cmocka_unit_test(replicas_are_pairs_of_numbers),
        cmocka_unit_test(repeated_items),
        cmocka_unit_test(doubles_are_read_as_java_does),
        cmocka_unit_test(durations),
        cmocka_unit_test(long_values_are_cut_in_messages),
        cmocka_unit_test(doubles_are_printed_as_java_does),
        cmocka_unit_test(the_page_is_that_of_the_documents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
