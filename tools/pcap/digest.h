/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DIGEST_H
#define TOOLS_DIGEST_H

/* A summary of a message of any API: topics with their partitions and records, errors, and whether the message is about
 * what is wanted. They are found through the descriptions of the messages; other content is skipped. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/message.h>

#include "../capture/budget.h"
#include "topic_names.h"

enum {
    DIGEST_TOPICS = 16, /* limits of the lists that are kept */
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
    uint32_t partitions; /* of all, including those that are not in `ranges` */
    uint64_t records;
    uint64_t record_bytes;
    bool more_records; /* `records` is a minimum: batches of old formats have no count */
} topic_digest;

typedef struct topic_list {
    topic_digest *items;
    uint32_t kept;
    uint32_t count; /* in the message */
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

/* What a message may be about. */
typedef enum subject { SUBJECT_TOPIC, SUBJECT_GROUP, SUBJECT_TRANSACTIONAL_ID, SUBJECTS } subject;

typedef struct digest {
    unsigned found; /* a bit, 1 << subject, for each wanted name that the message has */
    topic_list topics;
    topic_digest storage[DIGEST_TOPICS]; /* topics.items */
    error_list errors;
} digest;

/* The places of relevant fields, found once for each message. All zero is empty. */
typedef struct digest_plans {
    const struct digest_plan *plans[256][2]; /* by API key and kind */
    kw_arena arena;
    bool ready;
} digest_plans;

typedef struct digest_reader {
    digest_plans plans;
    topic_names *names;         /* learned from responses; used for `wanted` */
    kw_string wanted[SUBJECTS]; /* names to look for; null: none */
    bool topics;                /* topics are needed */
} digest_reader;

/* Whether more is needed than errors, which only responses have. */
bool digest_reads_requests(const digest_reader *r);

/* Whether this message has relevant fields. */
bool digest_is_useful(digest_reader *r, const kw_message *m);

/* Whether it has names of topic ids. */
bool digest_teaches(digest_reader *r, const kw_message *m);

/* The digest has views of the message. */
void digest_read(digest_reader *r, const kw_message *m, int16_t version, const void *value, digest *out);

void error_list_add(error_list *errors, int16_t code, uint64_t count);

/* A copy without views of the message. NULL if the list is empty, or memory is short. */
topic_list *topic_list_copy(const topic_list *list, budget *memory);

/* NULL is accepted. */
void topic_list_free(topic_list *list, budget *memory);

void digest_reader_finish(digest_reader *r);

#endif
