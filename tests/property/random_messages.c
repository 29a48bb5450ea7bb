/* SPDX-License-Identifier: Apache-2.0 */
/* random_messages [SEED [ROUNDS]]
 *
 * Fills every message of every version at random and checks that the library is consistent: the typed codec, the
 * descriptor-driven reader, the walk, JSON, equality and copies, on complete bytes, on bytes cut at every place, on
 * bytes with one change, and when memory runs out.
 *
 * Prints each failure, with the seed that reproduces it, and a count at the end; exits 1 if anything failed. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/kwire.h>

#include "json_check.h"
#include "random_value.h"

#define ARENA_LIMIT ((size_t)1 << 26)
#define MAX_REPORTS 40
#define MAX_CHANGED_BYTES 96 /* of one message */

/* One message, and its expected form. */
typedef struct sample {
    const kw_message *message;
    int16_t version;
    uint64_t seed;
    const void *value;
    uint8_t *bytes; /* a heap block of exactly `size` bytes, so that sanitizers see a read past the end */
    size_t size;
} sample;

/* Both readers on the same bytes. */
typedef struct reading {
    kw_status status;
    size_t error_at;
    size_t left;
    void *value;
} reading;

/* malloc() that fails at call number `fail_at` and counts blocks that are not freed. */
typedef struct memory {
    size_t calls;
    size_t fail_at;
    size_t live;
} memory;

static unsigned long failures;
static kw_arena values, readings; /* expected and read */

static void complain(const sample *s, const char *what, size_t where)
{
    failures++;
    if (failures <= MAX_REPORTS)
        printf("FAILED %s %d, seed %" PRIu64 ": %s (at %zu of %zu bytes)\n", s->message->name, s->version, s->seed,
               what, where, s->size);
}

static void expect(bool holds, const sample *s, const char *what)
{
    if (!holds)
        complain(s, what, 0);
}

static uint8_t *exact_copy(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size + (size == 0));
    if (copy == NULL)
        abort();
    if (size != 0)
        memcpy(copy, bytes, size);
    return copy;
}

static void *limited_acquire(void *context, size_t size)
{
    memory *m = context;
    if (m->calls++ == m->fail_at)
        return NULL;
    m->live += size;
    return malloc(size);
}

static void limited_release(void *context, void *block, size_t size)
{
    memory *m = context;
    m->live -= size;
    free(block);
}

static reading read_typed(const sample *s, const uint8_t *bytes, size_t size, uint32_t flags, kw_arena *arena)
{
    reading r;
    kw_reader in;
    kw_reader_init(&in, bytes, size);
    in.flags = flags;
    r.status = kw_message_decode(s->message, s->version, &in, arena, &r.value);
    r.error_at = in.error_at;
    r.left = kw_reader_remaining(&in);
    return r;
}

static reading read_described(const sample *s, const uint8_t *bytes, size_t size, uint32_t flags, kw_arena *arena)
{
    reading r;
    kw_reader in;
    kw_reader_init(&in, bytes, size);
    in.flags = flags;
    r.status = kw_message_dissect(s->message, s->version, &in, arena, &r.value, NULL, NULL);
    r.error_at = in.error_at;
    r.left = kw_reader_remaining(&in);
    return r;
}

/* ---- encoding ---- */

/* Encodes s->value to s->bytes. */
static bool encode_sample(sample *s)
{
    kw_writer w;
    kw_writer_init_counting(&w);
    kw_status status = kw_message_encode(s->message, s->version, s->value, &w);
    s->size = kw_writer_needed(&w);
    s->bytes = malloc(s->size + (s->size == 0));
    if (s->bytes == NULL)
        abort();
    kw_writer_init(&w, s->bytes, s->size);
    expect(status == KW_OK, s, "cannot be counted");
    status = kw_message_encode(s->message, s->version, s->value, &w);
    expect(status == KW_OK && kw_writer_data(&w).size == s->size, s, "does not encode to its counted size");
    expect(kw_encode_error_path(s->message, s->version, s->value, NULL, 0) == KW_OK, s, "is reported as not encodable");
    return status == KW_OK;
}

static bool encodes_to(const sample *s, const void *value, const uint8_t *bytes, size_t size)
{
    kw_writer w;
    kw_writer_init_growing(&w, kw_allocator_libc(), ARENA_LIMIT);
    kw_status status = kw_message_encode(s->message, s->version, value, &w);
    kw_span out = kw_writer_data(&w);
    bool same = status == KW_OK && out.size == size && (size == 0 || memcmp(out.data, bytes, size) == 0);
    kw_writer_finish(&w);
    return same;
}

static void check_short_buffers(const sample *s)
{
    size_t step = 1 + s->size / 16;
    for (size_t capacity = 0; capacity < s->size; capacity += step) {
        uint8_t *out = malloc(capacity + (capacity == 0));
        kw_writer w;
        kw_writer_init(&w, out, capacity);
        kw_status status = kw_message_encode(s->message, s->version, s->value, &w);
        if (status != KW_ERR_SPACE || kw_writer_needed(&w) != s->size)
            complain(s, "a buffer that is too small does not report the needed size", capacity);
        free(out);
    }
}

/* ---- reading ---- */

/* A digest of the events of a walk, without what only one of the two kinds of walk provides. */
static bool digest_step(void *context, const kw_step *step)
{
    uint64_t *digest = context;
    uint64_t parts[] = {step->event,
                        (uint64_t)(uintptr_t)step->field,
                        (uint64_t)(uintptr_t)step->type,
                        (uint64_t)(int64_t)step->index,
                        (uint64_t)(int64_t)step->count,
                        step->is_null};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        *digest ^= parts[i];
        (void)random_next(digest);
        *digest = (*digest << 7 | *digest >> 57) * UINT64_C(0x100000001b3);
    }
    return true;
}

static void check_walks(const sample *s)
{
    uint64_t walked = 1, dissected = 1;
    void *value;
    kw_reader in;
    expect(kw_message_walk(s->message, s->version, s->value, digest_step, &walked), s, "the walk ends early");
    kw_reader_init(&in, s->bytes, s->size);
    kw_status status = kw_message_dissect(s->message, s->version, &in, &readings, &value, digest_step, &dissected);
    expect(status == KW_OK && walked == dissected, s, "the walks of the value and of its bytes differ");
}

static void check_readers(const sample *s)
{
    reading typed = read_typed(s, s->bytes, s->size, KW_READ_STRICT_TAGS, &readings);
    reading described = read_described(s, s->bytes, s->size, KW_READ_STRICT_TAGS, &readings);
    if (typed.status != KW_OK || typed.left != 0)
        complain(s, "does not decode", typed.error_at);
    else
        expect(kw_message_equal(s->message, s->value, typed.value), s, "decodes to another value");
    if (described.status != KW_OK || described.left != 0)
        complain(s, "does not dissect", described.error_at);
    else
        expect(kw_message_equal(s->message, s->value, described.value), s, "dissects to another value");
    expect(encodes_to(s, typed.value, s->bytes, s->size), s, "encodes to other bytes after decoding");
    check_walks(s);
}

static void check_copy(const sample *s)
{
    kw_arena source;
    kw_arena_init_growing(&source, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    uint8_t *bytes = exact_copy(s->bytes, s->size);
    reading typed = read_typed(s, bytes, s->size, 0, &source);
    void *copy = kw_message_copy(s->message, typed.value, &readings);
    kw_arena_finish(&source); /* the copy must use neither that nor the bytes */
    free(bytes);
    expect(copy != NULL && kw_message_equal(s->message, s->value, copy), s, "the copy differs");
    expect(copy != NULL && encodes_to(s, copy, s->bytes, s->size), s, "the copy encodes to other bytes");
}

/* True if two readings are the same. After an error only the verdict counts. */
static bool agree(const sample *s, const reading *a, const reading *b)
{
    if (a->status != b->status || a->error_at != b->error_at || a->left != b->left)
        return false;
    return a->status != KW_OK || kw_message_equal(s->message, a->value, b->value);
}

static void check_cuts(const sample *s)
{
    static const uint32_t flags[] = {0, KW_READ_PARTIAL};
    for (size_t size = 0; size < s->size; size++) {
        uint8_t *part = exact_copy(s->bytes, size);
        for (size_t i = 0; i < 2; i++) {
            kw_arena_reset(&readings);
            reading typed = read_typed(s, part, size, flags[i], &readings);
            reading described = read_described(s, part, size, flags[i], &readings);
            if (typed.status == KW_OK)
                complain(s, "decodes although it is cut", size);
            if (flags[i] == KW_READ_PARTIAL && typed.status != KW_ERR_TRUNCATED && typed.status != KW_ERR_LENGTH)
                complain(s, "partial input is not reported as cut", size);
            if (!agree(s, &typed, &described))
                complain(s, "cut, the two readers disagree", size);
        }
        free(part);
    }
}

/* A value read from changed bytes must survive another round trip. */
static void check_again(const sample *s, const reading *r, size_t at)
{
    sample again = *s;
    again.value = r->value;
    if (!encode_sample(&again)) {
        complain(s, "changed, it decodes to a value that cannot be encoded", at);
    } else {
        reading second = read_typed(&again, again.bytes, again.size, KW_READ_STRICT_TAGS, &readings);
        if (second.status != KW_OK || !kw_message_equal(s->message, r->value, second.value))
            complain(s, "changed, it does not survive encoding", at);
    }
    free(again.bytes);
}

static void check_changes(const sample *s, uint64_t *random)
{
    size_t count = s->size < MAX_CHANGED_BYTES ? s->size : MAX_CHANGED_BYTES;
    uint8_t *bytes = exact_copy(s->bytes, s->size);
    for (size_t i = 0; i < count; i++) {
        size_t at = count == s->size ? i : random_below(random, (uint32_t)s->size);
        uint8_t change = (uint8_t)(1 + random_below(random, 255));
        uint32_t flags = random_below(random, 2) == 0 ? 0 : KW_READ_STRICT_TAGS;
        bytes[at] ^= change;
        kw_arena_reset(&readings);
        reading typed = read_typed(s, bytes, s->size, flags, &readings);
        reading described = read_described(s, bytes, s->size, flags, &readings);
        if (!agree(s, &typed, &described))
            complain(s, "changed, the two readers disagree", at);
        else if (typed.status == KW_OK && flags == KW_READ_STRICT_TAGS)
            check_again(s, &typed, at);
        bytes[at] ^= change;
    }
    free(bytes);
}

/* ---- JSON ---- */

static bool write_json(const sample *s, const void *value, kw_writer *w)
{
    kw_writer_init_growing(w, kw_allocator_libc(), ARENA_LIMIT);
    return kw_message_json(s->message, s->version, value, w) == KW_OK;
}

static void check_json(const sample *s)
{
    kw_writer first, second;
    reading typed = read_typed(s, s->bytes, s->size, 0, &readings);
    bool written = write_json(s, s->value, &first);
    written = write_json(s, typed.value, &second) && written;
    kw_span a = kw_writer_data(&first), b = kw_writer_data(&second);
    expect(written, s, "has no JSON");
    expect(written && is_json_object(a.data, a.size), s, "its JSON is malformed");
    expect(written && a.size == b.size && memcmp(a.data, b.data, a.size) == 0, s, "its JSON changes by decoding");
    kw_writer_finish(&first);
    kw_writer_finish(&second);
}

/* ---- fields that the version lacks ---- */

static void check_absent(const sample *s)
{
    size_t dropped, refused;
    const void *value = random_message(s->message, s->version, s->seed, ABSENT_DROPPED, &values, &dropped);
    if (dropped != 0)
        expect(encodes_to(s, value, s->bytes, s->size), s, "ignorable fields that the version lacks change the bytes");
    value = random_message(s->message, s->version, s->seed, ABSENT_REFUSED, &values, &refused);
    if (refused == 0)
        return;
    kw_writer w;
    kw_writer_init_counting(&w);
    expect(kw_message_encode(s->message, s->version, value, &w) == KW_ERR_FIELD_VERSION, s,
           "a field that the version lacks is encoded");
    expect(kw_encode_error_path(s->message, s->version, value, NULL, 0) == KW_ERR_FIELD_VERSION, s,
           "a field that the version lacks has no path");
    kw_writer_init_counting(&w);
    expect(kw_message_json(s->message, s->version, value, &w) == KW_ERR_FIELD_VERSION, s,
           "a field that the version lacks has JSON");
}

/* ---- memory ---- */

static bool is_memory_error(kw_status status)
{
    return status == KW_ERR_NO_MEMORY || status == KW_ERR_MEMORY_LIMIT;
}

static void check_small_arenas(const sample *s)
{
    _Alignas(8) static uint8_t block[1 << 16];
    kw_arena_reset(&readings);
    (void)read_typed(s, s->bytes, s->size, 0, &readings);
    size_t needed = kw_arena_used(&readings);
    size_t step = 8 * (1 + needed / 128);
    for (size_t capacity = 0; capacity < needed && needed <= sizeof block; capacity += step) {
        kw_arena arena;
        kw_arena_init(&arena, block, capacity);
        reading typed = read_typed(s, s->bytes, s->size, 0, &arena);
        kw_arena_init(&arena, block, capacity);
        reading described = read_described(s, s->bytes, s->size, 0, &arena);
        if (!is_memory_error(typed.status) || !is_memory_error(described.status))
            complain(s, "decodes in an arena that is too small", capacity);
        kw_arena_init(&arena, block, capacity);
        if (kw_message_copy(s->message, s->value, &arena) != NULL && kw_arena_used(&arena) > capacity)
            complain(s, "a copy takes more than its arena has", capacity);
    }
}

/* Every allocation fails in turn; all blocks before it are freed. */
static void check_failing_allocator(const sample *s)
{
    memory m = {0, 0, 0};
    kw_allocator allocator = {limited_acquire, limited_release, &m};
    for (bool done = false; !done; m.fail_at++) {
        kw_arena arena;
        kw_writer w;
        void *copy = NULL;
        m.calls = 0;
        kw_arena_init_growing(&arena, NULL, 0, &allocator, ARENA_LIMIT);
        kw_writer_init_growing(&w, &allocator, ARENA_LIMIT);
        kw_status status = read_typed(s, s->bytes, s->size, 0, &arena).status;
        if (status == KW_OK)
            status = read_described(s, s->bytes, s->size, 0, &arena).status;
        if (status == KW_OK && (copy = kw_message_copy(s->message, s->value, &arena)) == NULL)
            status = kw_arena_status(&arena);
        if (status == KW_OK)
            status = kw_message_encode(s->message, s->version, copy, &w);
        done = m.calls <= m.fail_at;
        if (status != (done ? KW_OK : KW_ERR_NO_MEMORY))
            complain(s, "a failed allocation is not reported", m.fail_at);
        kw_writer_finish(&w);
        kw_arena_finish(&arena);
        if (m.live != 0)
            complain(s, "memory is lost", m.fail_at);
        m.live = 0;
    }
}

/* ---- all of it ---- */

static void check(const kw_message *m, int16_t version, uint64_t seed)
{
    sample s = {.message = m, .version = version, .seed = seed};
    uint64_t random = seed;
    kw_arena_reset(&values);
    kw_arena_reset(&readings);
    s.value = random_message(m, version, seed, ABSENT_DEFAULT, &values, NULL);
    if (encode_sample(&s)) {
        check_short_buffers(&s);
        check_readers(&s);
        check_copy(&s);
        check_json(&s);
        check_absent(&s);
        check_small_arenas(&s);
        check_failing_allocator(&s);
        check_cuts(&s);
        check_changes(&s, &random);
    }
    free(s.bytes);
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 20;
    unsigned long checked = 0;
    kw_arena_init_growing(&values, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    kw_arena_init_growing(&readings, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    for (unsigned long round = 0; round < rounds; round++, seed++) {
        for (size_t i = 0; i < kw_message_count(); i++) {
            const kw_message *m = kw_message_at(i);
            for (int version = m->versions.first; version <= m->versions.last; version++, checked++)
                check(m, (int16_t)version, seed);
        }
    }
    kw_arena_finish(&values);
    kw_arena_finish(&readings);
    printf("%lu messages, %lu failures\n", checked, failures);
    return failures != 0 || checked == 0;
}
