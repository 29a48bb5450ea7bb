/* SPDX-License-Identifier: Apache-2.0 */
#include "produce.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/endian.h>
#include <kwire/error.h>

#include "../base/repeats.h"

enum { MESSAGE_SIZE = 80, SMALLEST_BATCH = 14, MAGIC_END = KW_BATCH_MAGIC + 1, NEWEST_MAGIC = 2 };

typedef kw_produce_request_topic_produce_data request_topic;
typedef kw_produce_request_partition_produce_data request_partition;
typedef kw_produce_response_topic_produce_response response_topic;
typedef kw_produce_response_partition_produce_response response_partition;

static const struct metadata_topic *find_topic(const struct call *call, const request_topic *asked)
{
    return call->version >= PRODUCE_FIRST_BY_ID ? metadata_topic_by_id(call->image, asked->topic_id)
                                                : metadata_topic_by_name(call->image, asked->name);
}

static response_partition *next_partition(struct producing *p, const request_topic *topic, response_partition *out)
{
    kw_produce_response *response = p->response;
    response_topic *last = response->responses.len > 0 ? &response->responses.items[response->responses.len - 1] : NULL;
    if (last == NULL || !kw_string_equal(last->name, topic->name) || !kw_uuid_equal(last->topic_id, topic->topic_id)) {
        last = &response->responses.items[response->responses.len++];
        kw_produce_response_topic_produce_response_init(last);
        last->name = topic->name;
        last->topic_id = topic->topic_id;
        last->partition_responses.items = out;
    }
    last->partition_responses.len++;
    return out;
}

static void add_part(struct producing *p, const request_topic *topic, const struct metadata_topic *known,
                     const request_partition *asked, response_partition *out)
{
    struct produce_part *part = &p->parts[p->count++];
    memset(part, 0, sizeof *part);
    kw_produce_response_partition_produce_response_init(out);
    out->index = asked->index;
    out->base_offset = -1;
    part->asked_topic = topic;
    part->asked = asked;
    part->out = next_partition(p, topic, out);
    part->topic = known;
    part->partition = known != NULL ? metadata_topic_partition(known, asked->index) : NULL;
    part->append_time = -1;
}

/* ---- topics that are named more than once ---- */

struct named_topic {
    const request_topic *topic;
    kw_string name; /* or the bytes of its id */
    size_t first;   /* where it is named first */
};

/* The request has them in an array. */
static int by_name(const void *a, const void *b)
{
    const struct named_topic *x = a, *y = b;
    int order = kw_string_compare(x->name, y->name);
    return order != 0 ? order : (x->topic > y->topic) - (x->topic < y->topic);
}

static int by_first(const void *a, const void *b)
{
    const struct named_topic *x = a, *y = b;
    return x->first != y->first ? (x->first > y->first) - (x->first < y->first)
                                : (x->topic > y->topic) - (x->topic < y->topic);
}

static kw_string name_of(const struct producing *p, const request_topic *topic)
{
    const kw_string id = {(const char *)topic->topic_id.bytes, (int32_t)sizeof topic->topic_id.bytes};
    return p->call->version >= PRODUCE_FIRST_BY_ID ? id : topic->name;
}

/* In the order of the request, but the same ones together, where the first one is. NULL: there is no memory. */
static struct named_topic *order_topics(const struct producing *p)
{
    const request_topic *asked = p->request->topic_data.items;
    size_t count = p->request->topic_data.len > 0 ? (size_t)p->request->topic_data.len : 0;
    struct named_topic *topics = kw_arena_array(p->call->arena, count, sizeof *topics);
    for (size_t i = 0; i < count && topics != NULL; i++)
        topics[i] = (struct named_topic){&asked[i], name_of(p, &asked[i]), i};
    if (topics == NULL || count < 2)
        return topics;
    qsort(topics, count, sizeof *topics, by_name);
    for (size_t i = 1; i < count; i++)
        if (kw_string_compare(topics[i - 1].name, topics[i].name) == 0)
            topics[i].first = topics[i - 1].first;
    qsort(topics, count, sizeof *topics, by_first);
    return topics;
}

/* What is named twice is answered where it is named first, with the records that come last: that is how Kafka does it.
 */
bool produce_list(struct producing *p)
{
    kw_arena *arena = p->call->arena;
    const kw_produce_request *request = p->request;
    size_t count = 0, i = 0;
    for (int32_t t = 0; t < request->topic_data.len; t++)
        count += (size_t)request->topic_data.items[t].partition_data.len;
    struct named_partition *named = kw_arena_array(arena, count, sizeof *named);
    const request_partition **asked = kw_arena_array(arena, count, sizeof *asked);
    response_partition *out = kw_arena_array(arena, count, sizeof *out);
    const struct named_topic *topics = order_topics(p);
    p->parts = kw_arena_array(arena, count, sizeof *p->parts);
    p->response->responses.items = kw_arena_array(arena, count, sizeof *p->response->responses.items);
    if (topics == NULL || named == NULL || asked == NULL || out == NULL || p->parts == NULL ||
        p->response->responses.items == NULL)
        return false;
    for (int32_t t = 0; t < request->topic_data.len; t++) {
        const request_topic *topic = topics[t].topic;
        for (int32_t k = 0; k < topic->partition_data.len; k++, i++) {
            asked[i] = &topic->partition_data.items[k];
            named[i].topic = topics[t].name;
            named[i].partition = asked[i]->index;
        }
    }
    if (!repeats_find(named, count, arena))
        return false;
    i = 0;
    for (int32_t t = 0; t < request->topic_data.len; t++) {
        const request_topic *topic = topics[t].topic;
        const struct metadata_topic *known = find_topic(p->call, topic);
        for (int32_t k = 0; k < topic->partition_data.len; k++, i++)
            if (named[i].last != NAMED_BEFORE)
                add_part(p, topic, known, asked[named[i].last], &out[p->count]);
    }
    return true;
}

/* ---- the request as a whole ---- */

/* Kafka looks at the first batch of every partition before it knows which partition that is. */
static bool is_damaged(struct producing *p, kw_bytes records, kw_string *message)
{
    char *text = NULL;
    if (records.len < KW_BATCH_LENGTH + 4)
        return false;
    int32_t size = (int32_t)kw_load_be32(records.data + KW_BATCH_LENGTH);
    int8_t magic = records.len >= MAGIC_END ? (int8_t)records.data[KW_BATCH_MAGIC] : 0;
    if (size >= SMALLEST_BATCH && magic >= 0 && magic <= NEWEST_MAGIC)
        return false;
    text = kw_arena_alloc(p->call->arena, MESSAGE_SIZE);
    if (text != NULL && size < SMALLEST_BATCH)
        (void)snprintf(text, MESSAGE_SIZE, "Record size %ld is less than the minimum record overhead (%d)", (long)size,
                       SMALLEST_BATCH);
    else if (text != NULL)
        (void)snprintf(text, MESSAGE_SIZE, "Invalid magic found in record: %d", magic);
    *message = kw_string_of(text);
    return true;
}

static bool first_batch(kw_bytes records, kw_batch *out)
{
    kw_batches bs;
    kw_batches_init(&bs, records);
    return kw_batches_next(&bs, out);
}

/* Of old versions, where Kafka asks for the codec of a batch before it knows that it has one. */
static bool has_unknown_codec(const struct producing *p, const struct produce_part *part)
{
    kw_batch b;
    return part->partition != NULL && p->call->version >= PRODUCE_FIRST_FOR_MAGIC_2 &&
           p->call->version < PRODUCE_FIRST_FOR_ZSTD && first_batch(part->asked->records, &b) &&
           b.magic == KW_MAGIC_V2 && kw_batch_codec(&b) > KW_CODEC_ZSTD;
}

static int16_t check_producers(struct producing *p, kw_string *message)
{
    const kw_batch *first = NULL;
    kw_batch found = {0}, b;
    for (size_t i = 0; i < p->count; i++) {
        const struct produce_part *part = &p->parts[i];
        if (part->partition == NULL || !first_batch(part->asked->records, &b) || b.producer_id < 0 ||
            !kw_batch_is_transactional(&b))
            continue;
        if (first != NULL && (b.producer_id != first->producer_id || b.producer_epoch != first->producer_epoch)) {
            *message = kw_string_of("Transactional records contained more than one producer ID");
            return KW_ERROR_INVALID_PRODUCER_ID_MAPPING;
        }
        found = b;
        first = &found;
    }
    return KW_ERROR_NONE;
}

int16_t produce_refuse_all(struct producing *p, kw_string *message)
{
    kw_batch b;
    *message = kw_string_of(NULL);
    for (int32_t t = 0; t < p->request->topic_data.len; t++) {
        const request_topic *topic = &p->request->topic_data.items[t];
        for (int32_t k = 0; k < topic->partition_data.len; k++) {
            kw_bytes records = topic->partition_data.items[k].records;
            if (is_damaged(p, records, message))
                return KW_ERROR_CORRUPT_MESSAGE;
            if (p->request->transactional_id.len < 0 && first_batch(records, &b) && kw_batch_is_transactional(&b))
                return KW_ERROR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
        }
    }
    for (size_t i = 0; i < p->count; i++)
        if (has_unknown_codec(p, &p->parts[i]))
            return KW_ERROR_UNKNOWN_SERVER_ERROR;
    return check_producers(p, message);
}
