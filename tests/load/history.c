/* SPDX-License-Identifier: Apache-2.0 */
#include "history.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/endian.h>

#include "../../bench/load/program.h"

enum { MOST_PRINTED = 20, NUMBER_AT = 8 };

void history_init(struct history *h, uint32_t producers, uint32_t partitions)
{
    *h = (struct history){.producers = producers,
                          .partitions = partitions,
                          .sent = must_have(calloc(producers, sizeof *h->sent)),
                          .acknowledged = must_have(calloc(producers, sizeof *h->acknowledged)),
                          .offsets = must_have(calloc(producers, sizeof *h->offsets))};
    for (uint32_t i = 0; i < producers; i++)
        h->offsets[i] = -1;
}

void history_finish(struct history *h)
{
    free(h->sent);
    free(h->acknowledged);
    free(h->offsets);
}

void history_violation(struct history *h, const char *format, ...)
{
    va_list arguments;
    if (h->violations++ >= MOST_PRINTED)
        return;
    va_start(arguments, format);
    fputs("violation: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

void history_write(uint8_t *value, uint32_t producer, uint64_t number)
{
    kw_store_be64(value, producer);
    kw_store_be64(value + NUMBER_AT, number);
}

void history_acknowledge(struct history *h, uint32_t producer, uint64_t count, int64_t base_offset)
{
    if (base_offset <= h->offsets[producer])
        history_violation(h, "producer %u: a batch at offset %lld after one at %lld", producer, (long long)base_offset,
                          (long long)h->offsets[producer]);
    h->offsets[producer] = base_offset;
    h->acknowledged[producer] += count;
}

/* ---- reading ---- */

/* Of this partition. */
static uint32_t producers_of(const struct history *h, uint32_t partition)
{
    return partition < h->producers ? (h->producers - partition - 1) / h->partitions + 1 : 0;
}

void reading_init(struct reading *r, const struct history *h, uint32_t partition)
{
    *r = (struct reading){.partition = partition};
    r->next = must_have(calloc(producers_of(h, partition) + 1, sizeof *r->next));
}

void reading_finish(struct reading *r)
{
    free(r->next);
}

void reading_copy(struct reading *to, const struct reading *from, const struct history *h)
{
    to->offset = from->offset;
    memcpy(to->next, from->next, producers_of(h, from->partition) * sizeof *to->next);
}

void history_read(struct history *h, struct reading *r, int64_t offset, kw_bytes value)
{
    if (offset != r->offset)
        history_violation(h, "partition %u: offset %lld after %lld", r->partition, (long long)offset,
                          (long long)r->offset - 1);
    r->offset = offset + 1;
    uint64_t producer = value.len >= HISTORY_RECORD ? kw_load_be64(value.data) : UINT64_MAX;
    if (producer >= h->producers || producer % h->partitions != r->partition) {
        history_violation(h, "partition %u, offset %lld: a record that nobody has written there", r->partition,
                          (long long)offset);
        return;
    }
    uint64_t number = kw_load_be64(value.data + NUMBER_AT), *next = &r->next[producer / h->partitions];
    if (number != *next)
        history_violation(h, "partition %u, offset %lld: record %llu of producer %llu, not %llu, which is %s",
                          r->partition, (long long)offset, (unsigned long long)number, (unsigned long long)producer,
                          (unsigned long long)*next, number < *next ? "doubled or in another order" : "lost");
    if (number >= h->sent[producer])
        history_violation(h, "partition %u, offset %lld: record %llu of producer %llu has not been sent", r->partition,
                          (long long)offset, (unsigned long long)number, (unsigned long long)producer);
    *next = number + 1;
}

bool history_is_complete(const struct history *h, const struct reading *r)
{
    for (uint32_t i = 0; i < producers_of(h, r->partition); i++)
        if (r->next[i] < h->acknowledged[r->partition + i * h->partitions])
            return false;
    return true;
}

void history_compare(struct history *h, const struct reading *r)
{
    for (uint32_t i = 0; i < producers_of(h, r->partition); i++) {
        uint32_t producer = r->partition + i * h->partitions;
        if (r->next[i] != h->acknowledged[producer])
            history_violation(h, "producer %u: %llu records were acknowledged, partition %u has %llu", producer,
                              (unsigned long long)h->acknowledged[producer], r->partition,
                              (unsigned long long)r->next[i]);
    }
}
