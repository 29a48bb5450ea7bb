/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_RECORD_OUT_H
#define SERVER_COORDINATOR_RECORD_OUT_H

/* The records of a decision, with a key each: a type and a body of version 0; and a value: a version and a body, or
 * null. */

#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/message.h>
#include <kwire/status.h>
#include <kwire/view.h>

struct key_and_value {
    kw_bytes key;
    kw_bytes value; /* null: what has this key is removed */
};

/* To look at. */
struct record_out {
    struct key_and_value *items;
    size_t count;
    kw_status status; /* the first error, after which nothing is added; KW_OK */
    kw_arena *arena;  /* private */
    size_t capacity;
};

/* Keys and values are in the arena, which must stay as long as the records. */
void record_out_init(struct record_out *out, kw_arena *arena);

/* Encodes a record, e.g. a kw_offset_commit_key with kw_offset_commit_key_message. The first error is kept in
 * out->status, so that a decision adds all it has and the runtime looks once. */
void record_out_add(struct record_out *out, const kw_message *key_message, const void *key,
                    const kw_message *value_message, int16_t version, const void *value);

/* The record that removes what has this key. */
void record_out_add_tombstone(struct record_out *out, const kw_message *key_message, const void *key);

/* Keeps an error of the caller, unless there is one already. */
void record_out_fail(struct record_out *out, kw_status status);

#endif
