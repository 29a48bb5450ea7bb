/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_RECORD_LIST_H
#define SERVER_METADATA_RECORD_LIST_H

/* Records of the metadata log as a decision yields them, in order: the values, with their frames, as they are written
 * and as metadata_delta_replay() takes them. */

#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/message.h>
#include <kwire/status.h>
#include <kwire/view.h>

/* To read; record_list_add() changes it. */
struct record_list {
    kw_bytes *values;
    size_t count;
    size_t bytes;     /* of all values */
    kw_status status; /* the first error, after which nothing is added; KW_OK */
    kw_arena *arena;  /* private */
    size_t capacity;
};

/* A record with its header, the frame of a value or the type of a key, in memory of the arena. */
kw_status record_encode(kw_arena *arena, const kw_message *message, int16_t version, const void *record, kw_bytes *out);

/* The values are in the arena, which must stay as long as the list. */
void record_list_init(struct record_list *list, kw_arena *arena);

/* Encodes a record, e.g. a kw_topic_record with kw_topic_record_message, in a version that it has. The first error is
 * kept in list->status, so that a decision adds all it has and the runtime looks once. */
void record_list_add(struct record_list *list, const kw_message *message, int16_t version, const void *record);

/* Adds a value that is encoded already and stays as long as the list. */
void record_list_add_value(struct record_list *list, kw_bytes value);

/* Keeps an error of the caller, unless there is one already. */
void record_list_fail(struct record_list *list, kw_status status);

/* Adds the records of another list, whose values must stay as long as this list; and its status. */
void record_list_append(struct record_list *list, const struct record_list *more);

/* Drops the records after the first `count`, as for an item of a request that fails after all. Keeps the status. */
void record_list_truncate(struct record_list *list, size_t count);

#endif
