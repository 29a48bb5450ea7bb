/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_SUPPORT_H
#define TESTS_UNIT_SUPPORT_H

/* Shared by the unit tests: bytes from hex text, an allocator that fails and counts, assertions that report the
 * place. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/arena.h>
#include <kwire/reader.h>
#include <kwire/status.h>
#include <kwire/view.h>
#include <kwire/writer.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- bytes ---- */

static inline unsigned nibble(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c);
    if (at == NULL)
        fail_msg("'%c' is not a lower-case hex digit", c);
    return (unsigned)(at - digits);
}

/* Blocks that given() made; each test ends with forget_given(). */
struct given_block {
    struct given_block *older;
};

#define FRONT ((size_t)16) /* the header of a block of test memory, which keeps the bytes after it aligned */

static inline struct given_block **given_blocks(void)
{
    static struct given_block *newest;
    return &newest;
}

/* `size` bytes at the end of a heap block, so that a sanitizer sees the first byte read beyond them. */
static inline uint8_t *given_size(size_t size)
{
    struct given_block *block = size <= PTRDIFF_MAX - FRONT ? malloc(FRONT + size) : NULL;
    if (block == NULL)
        abort();
    block->older = *given_blocks();
    *given_blocks() = block;
    return (uint8_t *)block + FRONT;
}

/* The bytes that hex text stands for, spaces ignored. */
static inline kw_bytes given(const char *hex)
{
    size_t size = 0;
    for (const char *p = hex; *p != '\0'; p++)
        size += *p != ' ';
    assert_true(size % 2 == 0);
    uint8_t *bytes = given_size(size / 2);
    size_t n = 0;
    for (const char *p = hex; *p != '\0'; p++) {
        if (*p == ' ')
            continue;
        unsigned high = nibble(*p++);
        bytes[n++] = (uint8_t)(high << 4 | nibble(*p));
    }
    kw_bytes b = kw_bytes_of(bytes, n);
    return b;
}

/* The first `size` bytes of `whole`, in a heap block of their own. */
static inline kw_bytes given_prefix(kw_bytes whole, size_t size)
{
    kw_bytes b = {memcpy(given_size(size), whole.data, size), (int32_t)size};
    return b;
}

static inline int forget_given(void **state)
{
    (void)state;
    while (*given_blocks() != NULL) {
        struct given_block *block = *given_blocks();
        *given_blocks() = block->older;
        free(block);
    }
    return 0;
}

#define TEST(function) cmocka_unit_test_teardown(function, forget_given)

static inline kw_reader reader_of(kw_bytes bytes)
{
    kw_reader r;
    kw_reader_init_bytes(&r, bytes);
    return r;
}

static inline kw_reader reading(const char *hex)
{
    return reader_of(given(hex));
}

/* ---- assertions ---- */

static inline void print_bytes(const char *title, const uint8_t *data, size_t size)
{
    print_error("%-8s", title);
    for (size_t i = 0; i < size && i < 64; i++)
        print_error(" %02x", data[i]);
    print_error("%s\n", size > 64 ? " ..." : "");
}

static inline void print_caret(size_t at)
{
    print_error("%*s^^ byte %zu\n", (int)(9 + 3 * (at < 64 ? at : 64)), "", at);
}

static inline void check_status(kw_status got, kw_status want, const char *file, int line)
{
    if (got == want)
        return;
    print_error("got %s, want %s\n", kw_status_name(got), kw_status_name(want));
    _fail(file, line);
}
#define assert_status(got, want) check_status((got), (want), __FILE__, __LINE__)

/* The error and its offset. */
static inline void check_refused(kw_status got, size_t got_at, kw_bytes input, kw_status want, size_t want_at,
                                 const char *file, int line)
{
    if (got == want && got_at == want_at)
        return;
    print_error("got %s at byte %zu, ", kw_status_name(got), got_at);
    print_error("want %s at byte %zu\n", kw_status_name(want), want_at);
    print_bytes("input", input.data, input.len > 0 ? (size_t)input.len : 0);
    print_caret(want_at);
    _fail(file, line);
}
#define assert_refused(reader, input, want, want_at) \
    check_refused((reader)->status, (reader)->error_at, (input), (want), (want_at), __FILE__, __LINE__)

static inline void check_bytes(const void *got, size_t got_size, kw_bytes want, const char *file, int line)
{
    size_t size = (size_t)want.len;
    if (got_size == size && (size == 0 || memcmp(got, want.data, size) == 0))
        return;
    size_t at = 0;
    while (at < size && at < got_size && ((const uint8_t *)got)[at] == want.data[at])
        at++;
    print_bytes("got", got, got_size);
    print_bytes("want", want.data, size);
    print_caret(at);
    _fail(file, line);
}
#define assert_bytes(got, got_size, want_hex) check_bytes((got), (got_size), given(want_hex), __FILE__, __LINE__)

/* The bytes in a writer's buffer. */
#define assert_written(writer, want_hex) \
    check_bytes(kw_writer_data(writer).data, kw_writer_data(writer).size, given(want_hex), __FILE__, __LINE__)

static inline void check_text(kw_string got, const char *want, const char *file, int line)
{
    kw_string wanted = kw_string_of(want);
    if (kw_string_equal(got, wanted))
        return;
    print_error("got \"%.*s\" (length %d), want \"%.*s\" (length %d)\n", KW_FMT(got), (int)got.len, KW_FMT(wanted),
                (int)wanted.len);
    _fail(file, line);
}
/* A kw_string against a C string; NULL is null. */
#define assert_text(got, want) check_text((got), (want), __FILE__, __LINE__)

/* ---- memory ---- */

/* An allocator that can fail and that keeps track of unreleased blocks. */
struct test_memory {
    kw_allocator allocator;
    size_t calls;
    size_t fail_at; /* this call fails, counted from 1; 0: none does */
    bool fail_on;   /* and all after it */
    size_t blocks;
    size_t bytes;
};

static inline void *test_memory_acquire(void *context, size_t size)
{
    struct test_memory *m = context;
    m->calls++;
    if (m->calls == m->fail_at || (m->fail_on && m->fail_at != 0 && m->calls > m->fail_at))
        return NULL;
    uint8_t *block = malloc(FRONT + size);
    if (block == NULL)
        abort();
    memcpy(block, &size, sizeof size);
    m->blocks++;
    m->bytes += size;
    return block + FRONT;
}

static inline void test_memory_release(void *context, void *memory, size_t size)
{
    struct test_memory *m = context;
    uint8_t *block = (uint8_t *)memory - FRONT;
    size_t acquired;
    memcpy(&acquired, block, sizeof acquired);
    if (acquired != size)
        fail_msg("a block of %zu bytes is released as one of %zu", acquired, size);
    m->blocks--;
    m->bytes -= size;
    free(block);
}

/* *m is the context of its allocator and must not move. */
static inline const kw_allocator *test_memory_init(struct test_memory *m)
{
    memset(m, 0, sizeof *m);
    m->allocator.acquire = test_memory_acquire;
    m->allocator.release = test_memory_release;
    m->allocator.context = m;
    return &m->allocator;
}

#endif
