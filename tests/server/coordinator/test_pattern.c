/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns are valid and match as com.google.re2j says, which Kafka uses. */
#include "../support/kafka_answers.h"
#include "../support/random_test.h"

#include "coordinator/pattern.h"

enum { MOST_NAMES = 64 };

/* Of hex digits behind an 'x'. */
static kw_string text_of(const char *word)
{
    assert_int_equal(word[0], 'x');
    kw_bytes bytes = given(word + 1);
    return (kw_string){(const char *)bytes.data, bytes.len};
}

/* What differs on purpose: the reason why. */
static const char *own_answer(kw_string pattern)
{
    static const struct {
        const char *pattern;
        const char *why;
    } own[] = {
        /* Programs of a million instructions. */
        {"(((a{100}){100}){100})", "invalid repeat count"},
        {"(a{1000}){1000}", "invalid repeat count"},
        {"((a{30}){30}){2}", "invalid repeat count"},
    };
    for (size_t i = 0; i < COUNT_OF(own); i++)
        if (kw_string_equal(pattern, kw_string_of(own[i].pattern)))
            return own[i].why;
    return NULL;
}

static void assert_reason(kw_string text, const char *why, const char *expected)
{
    if (strcmp(why, expected) != 0)
        fail_msg("%.*s: '%s', expected '%s'", KW_FMT(text), why, expected);
}

static void assert_matches(kw_string text, const struct pattern *pattern, const kw_string *names, size_t count,
                           const char *expected)
{
    assert_int_equal(strlen(expected), count);
    for (size_t i = 0; i < count; i++)
        if (pattern_matches(pattern, names[i]) != (expected[i] == '1'))
            fail_msg("%.*s and %.*s: expected %c", KW_FMT(text), KW_FMT(names[i]), expected[i]);
}

static void join_words(const struct answers *a, size_t first, char *to, size_t size)
{
    size_t at = 0;
    for (size_t i = first; i < a->count; i++)
        at += (size_t)snprintf(to + at, size - at, "%s%s", i > first ? " " : "", a->words[i]);
}

static void as_re2j(void **state)
{
    static struct answers a;
    kw_string names[MOST_NAMES];
    size_t count = 0;
    (void)state;
    answers_open(&a, "group-patterns.txt");
    assert_true(answers_next(&a));
    for (; count + 1 < a.count; count++)
        names[count] = text_of(a.words[count + 1]);
    while (answers_next(&a)) {
        struct pattern *pattern;
        char expected[128];
        const char *why = "valid";
        kw_string text = text_of(a.words[0]);
        enum pattern_status status = pattern_compile(text, &pattern, &why);
        if (status == PATTERN_NOT_BUILT)
            continue;
        assert_int_equal(status == PATTERN_VALID, pattern != NULL);
        join_words(&a, 2, expected, sizeof expected);
        if (own_answer(text) != NULL)
            assert_reason(text, why, own_answer(text));
        else if (strcmp(a.words[1], "refused") == 0)
            assert_reason(text, why, expected);
        else if (status == PATTERN_VALID)
            assert_matches(text, pattern, names, count, expected);
        else
            fail_msg("%.*s: '%s', but it is valid", KW_FMT(text), why);
        pattern_free(pattern);
    }
    assert_true(a.lines > 150);
}

/* Whatever the text is, it is a pattern or it is not. */
static void any_text(void **state)
{
    static const char alphabet[] = "ab\\QEC[]()?<>P:^-*+{}1,|.=!i\xc3\xa9\xff";
    struct random_test choices;
    size_t valid = 0;
    (void)state;
    random_test_init(&choices, 1);
    for (int run = 0; run < 30000; run++) {
        char text[24];
        struct pattern *pattern;
        const char *why = NULL;
        size_t size = random_below(&choices, sizeof text + 1);
        for (size_t i = 0; i < size; i++)
            text[i] = alphabet[random_below(&choices, sizeof alphabet - 1)];
        const char *copy = memcpy(given_size(size), text, size); /* a sanitizer sees what is read beyond it */
        enum pattern_status status = pattern_compile((kw_string){copy, (int32_t)size}, &pattern, &why);
        assert_int_equal(status == PATTERN_VALID, pattern != NULL);
        assert_true(pattern != NULL || why != NULL);
        if (pattern != NULL)
            (void)pattern_matches(pattern, kw_string_of("aab"));
        valid += pattern != NULL;
        pattern_free(pattern);
        forget_given(NULL);
    }
    assert_true(valid == 0 || valid > 100);
}

/* Time is linear, whatever the pattern. */
static void evil_pattern(void **state)
{
    static char name[2000];
    struct pattern *pattern;
    const char *why;
    (void)state;
    memset(name, 'a', sizeof name - 1);
    if (pattern_compile(kw_string_of("(a*)*(a*)*(a*)*(a|a)*b"), &pattern, &why) != PATTERN_VALID)
        return;
    assert_false(pattern_matches(pattern, (kw_string){name, sizeof name}));
    pattern_free(pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(as_re2j, forget_given), cmocka_unit_test(any_text),
                                       cmocka_unit_test(evil_pattern)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
