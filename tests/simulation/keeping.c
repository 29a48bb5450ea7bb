/* SPDX-License-Identifier: Apache-2.0 */
#include "keeping.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

int64_t keeping_retention_ms;

void keeping_start(struct keeping *k, const char *topic, int32_t partition, bool is_compacted)
{
    memset(k, 0, sizeof *k);
    k->topic = topic;
    k->partition = partition;
    k->is_compacted = is_compacted;
}

void keeping_finish(struct keeping *k)
{
    free(k->places);
    k->places = NULL;
}

struct kept_record keeping_new(struct keeping *k, uint32_t key)
{
    return (struct kept_record){.key = key, .version = ++k->sent[key]};
}

static struct kept_record *place_at(struct keeping *k, int64_t offset)
{
    CHECK(offset >= 0, "%s-%d has offset %" PRId64, k->topic, k->partition, offset);
    if ((size_t)offset >= k->capacity) {
        size_t capacity = 2 * (size_t)offset + 64;
        k->places = realloc(k->places, capacity * sizeof *k->places);
        if (k->places == NULL)
            abort();
        memset(k->places + k->capacity, 0, (capacity - k->capacity) * sizeof *k->places);
        k->capacity = capacity;
    }
    if (offset >= k->end)
        k->end = offset + 1;
    return &k->places[offset];
}

/* What an offset has does not change. */
static void compare(struct keeping *k, int64_t offset, const struct kept_record *now)
{
    struct kept_record *before = place_at(k, offset);
    CHECK(before->version == 0 || (before->key == now->key && before->version == now->version),
          "%s-%d has version %" PRIu32 " of key %" PRIu32 " at offset %" PRId64 ", which was %" PRIu32 " of %" PRIu32,
          k->topic, k->partition, now->version, now->key, offset, before->version, before->key);
    *before = *now;
}

void keeping_acknowledged(struct keeping *k, int64_t offset, const struct kept_record *records, size_t count)
{
    note("%s-%d acknowledges %zu records at %" PRId64, k->topic, k->partition, count, offset);
    for (size_t i = 0; i < count; i++) {
        compare(k, offset + (int64_t)i, &records[i]);
        k->acknowledged[records[i].key] = records[i].version;
    }
}

void keeping_starts_at(struct keeping *k, int64_t offset)
{
    CHECK(!k->is_compacted || offset == 0, "%s-%d starts at %" PRId64 ", but nothing expires", k->topic, k->partition,
          offset);
    for (; k->start < offset; k->start++) {
        const struct kept_record *one = place_at(k, k->start);
        CHECK(one->version == 0 || world_latest() - one->time >= keeping_retention_ms,
              "%s-%d: offset %" PRId64 " is gone, which is %" PRId64 " ms old", k->topic, k->partition, k->start,
              world_latest() - one->time);
    }
}

void keeping_begin(struct keeping *k, int64_t offset)
{
    note("%s-%d is read from %" PRId64, k->topic, k->partition, offset);
    memcpy(k->required, k->acknowledged, sizeof k->required);
    memset(k->seen, 0, sizeof k->seen);
    k->next = offset;
}

void keeping_saw(struct keeping *k, int64_t offset, const struct kept_record *record)
{
    CHECK(record->key < KEYS && record->version <= k->sent[record->key], "%s-%d has a record that nobody has sent",
          k->topic, k->partition);
    if (offset >= k->end)
        note("%s-%d has version %" PRIu32 " of key %" PRIu32 " at %" PRId64, k->topic, k->partition, record->version,
             record->key, offset);
    compare(k, offset, record);
    CHECK(offset >= k->next, "%s-%d continues with offset %" PRId64 " in the place of %" PRId64, k->topic, k->partition,
          offset, k->next);
    CHECK(k->is_compacted || offset == k->next, "%s-%d skips offset %" PRId64, k->topic, k->partition, k->next);
    /* As in Kafka, producers are forgotten with the last record of a partition: what is sent again then is new. */
    bool may_be_again = !k->is_compacted && world_latest() - record->time >= keeping_retention_ms;
    CHECK(record->version > k->seen[record->key] || may_be_again,
          "%s-%d has version %" PRIu32 " of key %" PRIu32 " at offset %" PRId64 " after version %" PRIu32, k->topic,
          k->partition, record->version, record->key, offset, k->seen[record->key]);
    if (record->version > k->seen[record->key])
        k->seen[record->key] = record->version;
    k->next = offset + 1;
}

/* Whether a version from this one on has removed its key. */
static bool may_be_removed(const struct keeping *k, uint32_t key)
{
    return k->sent[key] / TOMBSTONE_EVERY > (k->required[key] - 1) / TOMBSTONE_EVERY;
}

void keeping_end(struct keeping *k, int64_t offset)
{
    CHECK(k->is_compacted || offset == k->next, "%s-%d skips from %" PRId64 " to %" PRId64, k->topic, k->partition,
          k->next, offset);
    for (uint32_t key = 0; k->is_compacted && key < KEYS; key++)
        CHECK(k->required[key] == 0 || k->seen[key] >= k->required[key] || may_be_removed(k, key),
              "%s-%d has version %" PRIu32 " of key %" PRIu32 ", where %" PRIu32 " was acknowledged", k->topic,
              k->partition, k->seen[key], key, k->required[key]);
}
