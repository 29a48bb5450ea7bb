/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_SUPPORT_KAFKA_ANSWERS_H
#define TESTS_SERVER_SUPPORT_KAFKA_ANSWERS_H

/* Files of tests/vectors that are lines of words. */

#include "../../unit/support.h"

enum { ANSWER_LINE = 8192, ANSWER_WORDS = 512 };

struct answers {
    FILE *file;
    char line[ANSWER_LINE];
    char *words[ANSWER_WORDS];
    size_t count; /* of words */
    size_t lines; /* so far */
};

static inline void answers_open(struct answers *a, const char *name)
{
    char path[4096];
    const char *directory = getenv("KAFKA_VECTORS");
    assert_non_null(directory);
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    a->file = fopen(path, "r");
    assert_non_null(a->file);
    a->lines = 0;
}

/* False: that was all, and the file is closed. Words stay until the next line. */
static inline bool answers_next(struct answers *a)
{
    a->count = 0;
    if (fgets(a->line, sizeof a->line, a->file) == NULL) {
        (void)fclose(a->file);
        return false;
    }
    a->line[strcspn(a->line, "\n")] = '\0';
    a->lines++;
    for (char *at = a->line; at != NULL; a->count++) {
        assert_true(a->count < ANSWER_WORDS);
        a->words[a->count] = at;
        at = strchr(at, ' ');
        if (at != NULL)
            *at++ = '\0';
    }
    return true;
}

static inline long answer_number(const struct answers *a, size_t word)
{
    assert_true(word < a->count);
    return strtol(a->words[word], NULL, 10);
}

static inline kw_uuid answer_uuid(const struct answers *a, size_t word)
{
    kw_uuid id;
    assert_true(word < a->count && strlen(a->words[word]) == 32);
    for (size_t i = 0; i < sizeof id.bytes; i++)
        id.bytes[i] = (uint8_t)(nibble(a->words[word][2 * i]) << 4 | nibble(a->words[word][2 * i + 1]));
    return id;
}

#endif
