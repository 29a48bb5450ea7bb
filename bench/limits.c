/* SPDX-License-Identifier: Apache-2.0 */
/* kwire-limits DIR [NAME...]: lower limits for any codec, on the messages that DIR/inputs.txt lists and whose layout is
 * known here: `copy`, the same bytes copied at once; `walk`, only the lengths and counts read, in order, as each
 * determines the place of the next one, without checks and without stored values. Decoding and encoding by libkwire are
 * measured in the same run. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/api_keys.h>

#include "benches.h"
#include "timing.h"

/* ---- lengths and counts ---- */

static inline const uint8_t *take_varint(const uint8_t *p, size_t *value)
{
    size_t v = *p & 0x7f;
    for (unsigned shift = 7; *p++ >= 0x80; shift += 7)
        v |= (size_t)(*p & 0x7f) << shift;
    *value = v;
    return p;
}

/* A COMPACT_ARRAY of elements of one size; a COMPACT_STRING is one of bytes. */
static inline const uint8_t *skip_array(const uint8_t *p, size_t element_size)
{
    size_t count;
    p = take_varint(p, &count);
    return count == 0 ? p : p + (count - 1) * element_size;
}

static inline const uint8_t *take_count(const uint8_t *p, size_t *count)
{
    p = take_varint(p, count);
    *count -= *count != 0;
    return p;
}

static inline const uint8_t *skip_tags(const uint8_t *p)
{
    size_t count, field;
    for (p = take_varint(p, &count); count != 0; count--) {
        p = take_varint(p, &field); /* the tag */
        p = take_varint(p, &field);
        p += field;
    }
    return p;
}

/* ---- messages: the numbers are sizes of the fields between lengths ---- */

static const uint8_t *walk_api_versions_4(const uint8_t *p)
{
    size_t keys;
    for (p = take_count(p + 2, &keys); keys != 0; keys--)
        p = skip_tags(p + 6);
    return skip_tags(p + 4);
}

static const uint8_t *walk_metadata_12(const uint8_t *p)
{
    size_t brokers, topics, partitions;
    for (p = take_count(p + 4, &brokers); brokers != 0; brokers--) {
        p = skip_array(p + 4, 1);
        p = skip_array(p + 4, 1);
        p = skip_tags(p);
    }
    p = skip_array(p, 1);
    for (p = take_count(p + 4, &topics); topics != 0; topics--) {
        p = skip_array(p + 2, 1);
        for (p = take_count(p + 17, &partitions); partitions != 0; partitions--) {
            p = skip_array(p + 14, 4);
            p = skip_array(p, 4);
            p = skip_array(p, 4);
            p = skip_tags(p);
        }
        p = skip_tags(p + 4);
    }
    return skip_tags(p);
}

static const uint8_t *walk_topic_partitions_0(const uint8_t *p)
{
    size_t topics, partitions;
    for (p = take_count(p + 4, &topics); topics != 0; topics--) {
        p = skip_array(p + 2, 1);
        for (p = take_count(p + 17, &partitions); partitions != 0; partitions--) {
            p += 14;
            for (int i = 0; i < 5; i++)
                p = skip_array(p, 4);
            p = skip_tags(p);
        }
        p = skip_tags(p + 4);
    }
    bool has_cursor = (int8_t)*p++ >= 0;
    if (has_cursor) {
        p = skip_array(p, 1);
        p = skip_tags(p + 4);
    }
    return skip_tags(p);
}

static const uint8_t *walk_offset_commit_8(const uint8_t *p)
{
    size_t topics, partitions;
    p = skip_array(p, 1);
    p = skip_array(p + 4, 1);
    p = skip_array(p, 1);
    for (p = take_count(p, &topics); topics != 0; topics--) {
        p = skip_array(p, 1);
        for (p = take_count(p, &partitions); partitions != 0; partitions--) {
            p = skip_array(p + 16, 1);
            p = skip_tags(p);
        }
        p = skip_tags(p);
    }
    return skip_tags(p);
}

typedef const uint8_t *walk_function(const uint8_t *body);

static const struct {
    int16_t api_key;
    int16_t version;
    kw_message_kind type;
    walk_function *walk;
} walks[] = {
    {KW_KEY_API_VERSIONS, 4, KW_MESSAGE_RESPONSE, walk_api_versions_4},
    {KW_KEY_METADATA, 12, KW_MESSAGE_RESPONSE, walk_metadata_12},
    {KW_KEY_DESCRIBE_TOPIC_PARTITIONS, 0, KW_MESSAGE_RESPONSE, walk_topic_partitions_0},
    {KW_KEY_OFFSET_COMMIT, 8, KW_MESSAGE_REQUEST, walk_offset_commit_8},
};

/* ---- timing ---- */

struct limit {
    const struct bench_input *input;
    walk_function *walk;
    uint8_t *copy;
};

static void copy(void *context)
{
    struct limit *l = context;
    memcpy(l->copy, l->input->data, l->input->size);
    use(l->copy[0]);
}

static void walk(void *context)
{
    struct limit *l = context;
    use((size_t)(l->walk(l->input->data) - l->input->data));
}

static void run(const struct bench_input *input)
{
    struct limit l = {.input = input};
    for (size_t i = 0; i < sizeof walks / sizeof walks[0]; i++)
        if (walks[i].api_key == input->api_key && walks[i].version == input->version && walks[i].type == input->type)
            l.walk = walks[i].walk;
    if (l.walk == NULL || strcmp(input->kind, "batch") == 0 || strcmp(input->kind, "raw") == 0)
        return;
    if (l.walk(input->data) != input->data + input->size)
        die("%s: the walk does not end at the end of the message", input->name);
    l.copy = malloc(input->size);
    if (l.copy == NULL)
        die("out of memory");
    struct counted_memory memory;
    counted_memory_init(&memory);
    bench(input->name, "copy", copy, &l, &memory);
    bench(input->name, "walk", walk, &l, &memory);
    free(l.copy);
    bench_message(input);
}

int main(int count, char **words)
{
    if (count < 2) {
        fputs("usage: kwire-limits DIR [NAME...]\n", stderr);
        return 2;
    }
    for_each_input(words[1], count - 2, words + 2, run);
    return 0;
}
