/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_RECORD_BUILDING_H
#define TESTS_UNIT_RECORD_BUILDING_H

/* Shared by the tests of the builder. */

#include <kwire/record_builder.h>

#include "record_bytes.h"

static const kw_bytes null_bytes = {NULL, -1};

static inline kw_bytes text(const char *s)
{
    kw_bytes b = {(const uint8_t *)s, (int32_t)strlen(s)};
    return b;
}

static inline kw_new_record record_of(int64_t timestamp, const char *key, const char *value)
{
    kw_new_record r = {timestamp, key != NULL ? text(key) : null_bytes, text(value), NULL, 0};
    return r;
}

static inline kw_batch_options plain(void)
{
    kw_batch_options o;
    kw_batch_options_init(&o);
    return o;
}

static uint8_t buffer[65536];

static inline kw_writer writing_to(size_t size)
{
    kw_writer w;
    kw_writer_init(&w, buffer, size);
    return w;
}

static inline kw_batch_builder begun(kw_writer *w, const kw_batch_options *o)
{
    kw_batch_builder b;
    assert_status(kw_batch_builder_init(&b, w, o), KW_OK);
    return b;
}

static inline void append(kw_batch_builder *b, int64_t timestamp, const char *key, const char *value)
{
    kw_new_record r = record_of(timestamp, key, value);
    assert_status(kw_batch_builder_append(b, &r), KW_OK);
}

/* Writer and buffer are unchanged: nothing of a batch is left. */
#define assert_untouched(w, size)                      \
    do {                                               \
        assert_status((w)->status, KW_OK);             \
        assert_int_equal(kw_writer_needed(w), (size)); \
    } while (0)

#endif
