/* SPDX-License-Identifier: Apache-2.0 */
/* message_bounds [-v]
 *
 * Builds the worst message of every version of every schema and decodes it: memory for each byte of input, and the work
 * that the input makes, counted and not timed. Prints the worst of all, with -v each. Exits 1 if a bound that
 * docs/security.md gives does not hold. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/kwire.h>

#include "worst_message.h"

/* Bounds of docs/security.md. */
#define MOST_FOR_A_BYTE 32.0           /* arena bytes, in a message that decodes */
#define MOST_SET_ASIDE_FOR_A_BYTE 64.0 /* in one that does not */
#define MOST_STEPS_FOR_A_BYTE 2.0
#define DEEPEST 8
#define DEEPEST_TAGS 2

/* Twice of it has fewer tagged fields than Kafka's limit. */
#define SIZE ((size_t)8 * 1024)
#define GREEDY_SIZE ((size_t)16 * 1024)
#define ARENA_LIMIT ((size_t)1 << 30)

typedef struct figures {
    double wire;
    double memory; /* without the message's own struct */
    double steps;
    kw_status status;
} figures;

typedef struct record {
    double ratio;
    const kw_message *message;
    int16_t version;
} record;

static unsigned long failures;
static kw_arena arena;

static void complain(const kw_message *m, int16_t version, const char *what, double got, double bound)
{
    failures++;
    printf("FAILED %s %d: %s: %.2f, not %.2f\n", m->name, version, what, got, bound);
}

static void keep_highest(record *highest, double ratio, const kw_message *m, int16_t version)
{
    if (ratio > highest->ratio) {
        record r = {ratio, m, version};
        *highest = r;
    }
}

static bool count_step(void *context, const kw_step *step)
{
    (void)step;
    ++*(size_t *)context;
    return true;
}

/* With both readers, which must take the same memory. */
static figures decode(const kw_message *m, int16_t version, const kw_writer *bytes)
{
    kw_span span = kw_writer_data(bytes);
    kw_reader in;
    void *value;
    size_t steps = 0;
    figures f = {.wire = (double)span.size};
    kw_arena_reset(&arena);
    kw_reader_init(&in, span.data, span.size);
    f.status = kw_message_decode(m, version, &in, &arena, &value);
    kw_status all_read = kw_reader_end(&in);
    f.memory = (double)kw_arena_used(&arena) - (double)m->type->size;
    kw_arena_reset(&arena);
    kw_reader_init(&in, span.data, span.size);
    kw_status described_status = kw_message_dissect(m, version, &in, &arena, &value, count_step, &steps);
    f.steps = (double)steps;
    double described = (double)kw_arena_used(&arena) - (double)m->type->size;
    if (described < f.memory || described > f.memory)
        complain(m, version, "memory that the dissector takes", described, f.memory);
    if (described_status != f.status)
        complain(m, version, "the dissector's status", described_status, f.status);
    f.status = f.status == KW_OK ? all_read : f.status;
    return f;
}

static figures decode_worst(const worst_message *w, size_t size)
{
    kw_writer bytes;
    kw_writer_init_growing(&bytes, kw_allocator_libc(), ARENA_LIMIT);
    worst_message_write(w, size, &bytes);
    figures f = decode(w->message, w->version, &bytes);
    kw_writer_finish(&bytes);
    if (f.status != KW_OK)
        complain(w->message, w->version, "the worst message does not decode; status", f.status, KW_OK);
    return f;
}

/* The growth when the size doubles, so that constant parts are excluded. */
static void check_worst(const kw_message *m, int16_t version, record *memory, record *steps)
{
    worst_message w = worst_message_find(m, version);
    figures one = decode_worst(&w, SIZE), two = decode_worst(&w, 2 * SIZE);
    double bytes = w.sink.kind != SINK_NONE ? two.wire - one.wire : 1;
    double more = (two.memory - one.memory) / bytes, more_steps = (two.steps - one.steps) / bytes;
    if (w.sink.kind != SINK_NONE && (more < w.price * 0.99 || more > w.price * 1.01))
        complain(m, version, "arena bytes for a byte are not as worked out", more, w.price);
    if (more > MOST_FOR_A_BYTE)
        complain(m, version, "arena bytes for a byte", more, MOST_FOR_A_BYTE);
    if (more_steps > MOST_STEPS_FOR_A_BYTE)
        complain(m, version, "steps for a byte", more_steps, MOST_STEPS_FOR_A_BYTE);
    keep_highest(memory, more, m, version);
    keep_highest(steps, more_steps, m, version);
}

static void check_greedy(const kw_message *m, int16_t version, record *set_aside)
{
    double ratio = greedy_message_ratio(m, version);
    kw_writer bytes;
    kw_writer_init_growing(&bytes, kw_allocator_libc(), ARENA_LIMIT);
    greedy_message_write(m, version, GREEDY_SIZE, &bytes);
    figures f = decode(m, version, &bytes);
    kw_writer_finish(&bytes);
    double got = f.memory / f.wire;
    if (ratio > 0 && (got < ratio * 0.97 || got > ratio * 1.01))
        complain(m, version, "arena bytes set aside for a byte are not as worked out", got, ratio);
    if (got > MOST_SET_ASIDE_FOR_A_BYTE)
        complain(m, version, "arena bytes set aside for a byte", got, MOST_SET_ASIDE_FOR_A_BYTE);
    keep_highest(set_aside, got, m, version);
}

int main(int argc, char **argv)
{
    bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
    record memory = {0}, set_aside = {0}, steps = {0}, depth = {0}, tags = {0};
    unsigned long checked = 0;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    for (size_t i = 0; i < kw_message_count(); i++) {
        const kw_message *m = kw_message_at(i);
        record of_message[3] = {{0}};
        for (int version = m->versions.first; version <= m->versions.last; version++, checked++) {
            check_worst(m, (int16_t)version, &of_message[0], &of_message[2]);
            check_greedy(m, (int16_t)version, &of_message[1]);
        }
        keep_highest(&memory, of_message[0].ratio, m, of_message[0].version);
        keep_highest(&set_aside, of_message[1].ratio, m, of_message[1].version);
        keep_highest(&steps, of_message[2].ratio, m, of_message[2].version);
        keep_highest(&depth, (double)message_depth(m->type), m, m->versions.last);
        keep_highest(&tags, (double)tagged_depth(m->type), m, m->versions.last);
        if (verbose)
            printf("%-40s %6.1f %6.1f %5.2f\n", m->name, of_message[0].ratio, of_message[1].ratio, of_message[2].ratio);
    }
    kw_arena_finish(&arena);
    printf("arena bytes for a byte: %.1f (%s %d)\n", memory.ratio, memory.message->name, memory.version);
    printf("set aside for a byte of a message that fails: %.1f (%s %d)\n", set_aside.ratio, set_aside.message->name,
           set_aside.version);
    printf("steps for a byte: %.2f (%s %d)\n", steps.ratio, steps.message->name, steps.version);
    printf("structs within each other: %.0f (%s)\n", depth.ratio, depth.message->name);
    printf("tagged structs within each other: %.0f (%s)\n", tags.ratio, tags.message->name);
    if (tags.ratio > DEEPEST_TAGS)
        complain(tags.message, tags.version, "tagged structs within each other", tags.ratio, DEEPEST_TAGS);
    if (depth.ratio > DEEPEST)
        complain(depth.message, depth.version, "structs within each other", depth.ratio, DEEPEST);
    printf("%lu messages, %lu failures\n", checked, failures);
    return failures != 0 || checked == 0;
}
