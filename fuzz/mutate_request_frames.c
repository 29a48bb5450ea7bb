/* SPDX-License-Identifier: Apache-2.0 */
/* For inputs that are several requests to a broker, one frame after the other: one of them changes, comes twice, goes,
 * or is a new one. */
#include <stdlib.h>
#include <string.h>

#include <kwire/api_keys.h>
#include <kwire/endian.h>

#include "../tests/property/random_value.h"
#include "mutate_body.h"
#include "mutate_frame.h"

/* What the broker serves; those that change something come more often. */
static const int16_t keys[] = {
    KW_KEY_CREATE_TOPICS,
    KW_KEY_CREATE_TOPICS,
    KW_KEY_DELETE_TOPICS,
    KW_KEY_DELETE_TOPICS,
    KW_KEY_CREATE_PARTITIONS,
    KW_KEY_CREATE_PARTITIONS,
    KW_KEY_ALTER_CONFIGS,
    KW_KEY_ALTER_CONFIGS,
    KW_KEY_ELECT_LEADERS,
    KW_KEY_INCREMENTAL_ALTER_CONFIGS,
    KW_KEY_UPDATE_FEATURES,
    KW_KEY_ALTER_PARTITION_REASSIGNMENTS,
    KW_KEY_INIT_PRODUCER_ID,
    KW_KEY_INCREMENTAL_ALTER_CONFIGS,
    KW_KEY_PRODUCE,
    KW_KEY_FETCH,
    KW_KEY_LIST_OFFSETS,
    KW_KEY_METADATA,
    KW_KEY_DELETE_RECORDS,
    KW_KEY_OFFSET_FOR_LEADER_EPOCH,
    KW_KEY_DESCRIBE_CONFIGS,
    KW_KEY_DESCRIBE_LOG_DIRS,
    KW_KEY_DESCRIBE_CLUSTER,
    KW_KEY_LIST_PARTITION_REASSIGNMENTS,
    KW_KEY_DESCRIBE_PRODUCERS,
    KW_KEY_WRITE_TXN_MARKERS,
    KW_KEY_DESCRIBE_TOPIC_PARTITIONS,
    KW_KEY_DESCRIBE_QUORUM,
    KW_KEY_LIST_CONFIG_RESOURCES,
    KW_KEY_API_VERSIONS,
};

enum { MOST_FRAMES = 16, SIZE = 4 };

/* Where frames start, and where the last one ends. Returns how many there are. */
static size_t split(const uint8_t *data, size_t size, size_t starts[MOST_FRAMES + 1])
{
    size_t count = 0;
    starts[0] = 0;
    while (count < MOST_FRAMES && size - starts[count] > SIZE) {
        size_t whole = SIZE + (size_t)kw_load_be32(data + starts[count]);
        size_t left = size - starts[count];
        starts[count + 1] = starts[count] + (whole < left ? whole : left);
        count++;
    }
    return count;
}

/* Replaces [from, to) by a copy of `piece`. Returns the new size, or the old one where it does not fit. */
static size_t replace(uint8_t *data, size_t size, size_t max_size, size_t from, size_t to, kw_span piece)
{
    size_t now = size - (to - from) + piece.size;
    if (now > max_size || now == 0)
        return size;
    memmove(data + from + piece.size, data + to, size - to);
    memcpy(data + from, piece.data, piece.size);
    return now;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    uint64_t random = seed;
    size_t starts[MOST_FRAMES + 1];
    size_t count = split(data, size, starts);
    size_t which = count != 0 ? random_below(&random, (uint32_t)count) : 0;
    size_t from = starts[which], to = count != 0 ? starts[which + 1] : 0;
    size_t kind = random_below(&random, 12), capacity = max_size - (size - (to - from));
    if (kind == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    uint8_t *piece = calloc(1, max_size + 1);
    memcpy(piece, data + from, to - from);
    size_t changed = to - from;
    if (kind == 1 && count > 1) { /* goes */
        changed = 0;
    } else if (kind == 2 && count < MOST_FRAMES) { /* comes once more, somewhere */
        from = to = starts[random_below(&random, (uint32_t)count + 1)];
    } else if (kind == 3 && count < MOST_FRAMES) { /* a new one */
        from = to = starts[random_below(&random, (uint32_t)count + 1)];
        changed = mutate_frame(piece, 0, max_size - size, keys, sizeof keys / sizeof keys[0], &random);
    } else {
        changed = mutate_frame(piece, changed, capacity, keys, sizeof keys / sizeof keys[0], &random);
    }
    size = replace(data, size, max_size, from, to, (kw_span){piece, changed});
    free(piece);
    return size;
}
