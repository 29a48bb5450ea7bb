/* SPDX-License-Identifier: Apache-2.0 */
/* Times and durations as text, at the edges of the calendar. */
#include "../../unit/support.h"

#include "../../../tools/text/duration.h"
#include "../../../tools/text/time_text.h"

static void times(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {1732524000123, "2024-11-25T08:40:00.123Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},   /* 400 divides the year */
        {-2203891200000, "1900-03-01T00:00:00.000Z"}, /* 100 does, and not 400 */
        {-2203891200001, "1900-02-28T23:59:59.999Z"},
        {1709164800000, "2024-02-29T00:00:00.000Z"},
        {4107542400000, "2100-03-01T00:00:00.000Z"},
        {-62167219200000, "0000-01-01T00:00:00.000Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[TIME_SIZE];
        assert_true(time_text(cases[i].ms, text));
        assert_string_equal(text, cases[i].text);
    }
}

static void times_beyond_four_digits_of_a_year(void **state)
{
    (void)state;
    char text[TIME_SIZE];
    assert_false(time_text(-62167219200001, text));
    assert_false(time_text(253402300800000, text));
    assert_false(time_text(INT64_MIN, text));
    assert_false(time_text(INT64_MAX, text));
}

/* Each day of 800 years follows the one before, and is read back. */
static void days_follow_each_other(void **state)
{
    (void)state;
    char before[TIME_SIZE], text[TIME_SIZE];
    const int64_t day = 86400000;
    assert_true(time_text(-day * 365 * 200, before));
    for (int64_t i = -365 * 200 + 1; i < 365 * 600; i++) {
        assert_true(time_text(i * day, text));
        assert_true(strcmp(before, text) < 0);
        int64_t again;
        assert_true(time_read(text, &again));
        assert_true(again == i * day);
        memcpy(before, text, sizeof before);
    }
}

static void times_in_ns(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
        int64_t unit;
    } cases[] = {
        {"2024-11-25T08:40:00.123456Z", INT64_C(1732524000123456000), 1000},
        {"2024-11-25T08:40:00.123456789", INT64_C(1732524000123456789), 1},
        {"2024-11-25T08:40:00.5Z", INT64_C(1732524000500000000), 1000},
        {"2024-11-25T08:40Z", INT64_C(1732524000000000000), 1000},
        {"1969-12-31T23:59:59.9999999Z", -100, 1},
        {"-1", -1000000, 1000},
        {"9999-12-31T23:59:59.999Z", INT64_MAX, 1000},
        {"0000-01-01", INT64_MIN, 1000},
        {"9223372036854775807", INT64_MAX, 1000},
        {"-9223372036854775808", INT64_MIN, 1000},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t ns, unit;
        assert_true(time_read_ns(cases[i].text, &ns, &unit));
        assert_true(ns == cases[i].ns && unit == cases[i].unit);
    }
    int64_t ms, ns, unit;
    assert_false(time_read("2024-11-25T08:40:00.1234", &ms)); /* more than a ms has */
    assert_false(time_read_ns("2024-11-25T08:40:00.", &ns, &unit));
    assert_false(time_read_ns("2024-11-25T08:40:00.1234567890", &ns, &unit));
    assert_false(time_read_ns("2024-11-25T08:40:00.12x", &ns, &unit));
}

static void durations(void **state)
{
    (void)state;
    static const struct {
        uint64_t ms;
        const char *text;
    } cases[] = {
        {0, "0 ms"},          {999, "999 ms"},       {1000, "1 s"},
        {1500, "1 s 500 ms"}, {90000, "1 min 30 s"}, {3600000, "1 h"},
        {604800000, "7 d"},   {90061001, "1 d 1 h"}, {UINT64_MAX, "213503982334 d 14 h"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[DURATION_SIZE];
        duration_format(cases[i].ms, text);
        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(times),     TEST(times_beyond_four_digits_of_a_year), TEST(days_follow_each_other), TEST(times_in_ns),
        TEST(durations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
