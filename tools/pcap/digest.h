/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DIGEST_H
#define TOOLS_DIGEST_H

/* What a message is about, whatever its API: topics with their partitions and records, and errors. The descriptions of
 * the messages say where these are; what else is in a message is passed over. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/message.h>

#include "../capture/budget.h"
#include "topic_names.h"

enum {
    DIGEST_TOPICS = 16, /* what is kept of longer lists */
    DIGEST_RANGES = 8,
    DIGEST_ERRORS = 16
};

typedef struct partition_range {
    int32_t first;
    int32_t last;
} partition_range;

typedef struct topic_digest {
    kw_string name; /* null or empty: the message has none */
    kw_uuid id;     /* zero: the message has none */
    partition_range ranges[DIGEST_RANGES];
    uint32_t range_count;
    uint32_t partitions; /* all of them, also those that are not in `ranges` */
    uint64_t records;
    uint64_t record_bytes;
    bool more_records; /* `records` is the least: batches of old formats do not say how many they have */
} topic_digest;

typedef struct topic_list {
    topic_digest *items;
    uint32_t kept;
    uint32_t count; /* in the message */
    bool has_wanted;
} topic_list;

typedef struct error_digest {
    int16_t code;
    uint64_t count;
} error_digest;

typedef struct error_list { /* all zero: none */
    error_digest items[DIGEST_ERRORS];
    uint32_t kinds;
    uint64_t count; /* of all */
} error_list;

typedef struct digest {
    topic_list topics;
    topic_digest room[DIGEST_TOPICS]; /* topics.items */
    error_list errors;
} digest;

/* Where in messages things are, found out once for each message. All zero is an empty one. */
typedef struct digest_plans {
    const struct digest_plan *plans[256][2]; /* by API key and kind */
    kw_arena arena;
    bool ready;
} digest_plans;

typedef struct digest_reader {
    digest_plans plans;
    topic_names *names; /* learned from responses; used for `wanted` */
    kw_string wanted;   /* null, or the name of a topic to look for */
    bool topics;        /* to look for at all; else errors alone */
} digest_reader;

/* Whether reading this message can be of any use. */
bool digest_is_useful(digest_reader *r, const kw_message *m);

/* Whether it can tell the names of topic ids. */
bool digest_teaches(digest_reader *r, const kw_message *m);

/* Views of the message are valid as long as it is. */
void digest_read(digest_reader *r, const kw_message *m, int16_t version, const void *value, digest *out);

void error_list_add(error_list *errors, int16_t code, uint64_t count);

/* A copy that needs nothing of the message. NULL if the list is empty, or memory is short. */
topic_list *topic_list_copy(const topic_list *list, budget *memory);

/* NULL is accepted. */
void topic_list_free(topic_list *list, budget *memory);

void digest_reader_finish(digest_reader *r);

#endif
