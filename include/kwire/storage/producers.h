/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_STORAGE_PRODUCERS_H
#define KWIRE_STORAGE_PRODUCERS_H

/* .snapshot: the state of a partition's producers when its log ended at the offset in the file name. It has only the
 * last batch of each producer. */

#include <stddef.h>
#include <stdint.h>

#include <kwire/export.h>
#include <kwire/status.h>
#include <kwire/writer.h>

/* One entry: the state of a producer. */
typedef struct kw_producer_state {
    int64_t producer_id;
    int64_t last_offset;      /* of its last batch of data; -1: none */
    int64_t timestamp;        /* of its last batch of data; -1: none */
    int64_t txn_first_offset; /* where its open transaction starts; -1: none is open */
    int32_t last_sequence;    /* -1: none */
    int32_t offset_delta;     /* of the last batch, from its first record to its last */
    int32_t coordinator_epoch;
    int16_t producer_epoch;
} kw_producer_state;

/* A view of a snapshot, valid as long as its bytes. */
typedef struct kw_producers {
    const uint8_t *data; /* the entries; private */
    size_t count;
} kw_producers;

KW_BEGIN_DECLS

/* Reads the header of a snapshot and checks it; *out is a view of the bytes. KW_ERR_TRUNCATED, KW_ERR_VERSION,
 * KW_ERR_CRC, KW_ERR_NEGATIVE, KW_ERR_COUNT, KW_ERR_TRAILING; *error_at is the byte of the error. */
KW_API KW_NODISCARD kw_status kw_producers_init(kw_producers *out, const void *data, size_t size, size_t *error_at);

/* The producer at i < count. */
KW_API kw_producer_state kw_producers_at(const kw_producers *producers, size_t i);

/* Writes a snapshot of `count` producers, in this order. Returns the writer's status; KW_ERR_ARGUMENT for more than
 * INT32_MAX producers. */
KW_API kw_status kw_producers_write(kw_writer *w, const kw_producer_state *producers, size_t count);

KW_END_DECLS
#endif
