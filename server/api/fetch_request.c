/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch.h"

#include "../base/repeats.h"

/* Of one response; where more partitions have records, the last are asked for again. */
enum { RECORD_FIELDS_MAX = 4096 };

typedef kw_fetch_request_topic request_topic;
typedef kw_fetch_response_fetchable_topic_response response_topic;
typedef kw_fetch_response_partition_data response_partition;

response_partition *fetch_next_partition(struct fetching *f, const struct fetch_asked *asked)
{
    const request_topic *topic = asked->topic;
    kw_fetch_response *response = f->response;
    response_topic *last = response->responses.len > 0 ? &response->responses.items[response->responses.len - 1] : NULL;
    f->answered[f->partition_count] = *asked;
    response_partition *partition = &f->partitions[f->partition_count++];
    kw_fetch_response_partition_data_init(partition);
    partition->partition_index = asked->partition->partition;
    partition->high_watermark = -1;
    partition->records.len = 0;
    if (last == NULL || !kw_string_equal(last->topic, topic->topic) ||
        !kw_uuid_equal(last->topic_id, topic->topic_id)) {
        last = &response->responses.items[response->responses.len++];
        kw_fetch_response_fetchable_topic_response_init(last);
        last->topic = topic->topic;
        last->topic_id = topic->topic_id;
        last->partitions.items = partition;
    }
    last->partitions.len++;
    return partition;
}

/* What is asked for twice is answered where it is asked for first, as it is asked for last: that is how Kafka does it.
 */
bool fetch_list_asked(struct fetching *f)
{
    kw_arena *arena = f->call->arena;
    size_t count = 0, i = 0, kept = 0;
    for (int32_t t = 0; t < f->request->topics.len; t++)
        count += (size_t)f->request->topics.items[t].partitions.len;
    struct named_partition *named = kw_arena_array(arena, count, sizeof *named);
    struct fetch_asked *asked = f->asked = kw_arena_array(arena, count, sizeof *asked);
    if (named == NULL || asked == NULL)
        return false;
    for (int32_t t = 0; t < f->request->topics.len; t++) {
        const request_topic *topic = &f->request->topics.items[t];
        const kw_string id = {(const char *)topic->topic_id.bytes, (int32_t)sizeof topic->topic_id.bytes};
        for (int32_t p = 0; p < topic->partitions.len; p++, i++) {
            asked[i] = (struct fetch_asked){topic, &topic->partitions.items[p], {NULL, -1}};
            named[i].topic = f->call->version >= FETCH_FIRST_BY_ID ? id : topic->topic;
            named[i].partition = topic->partitions.items[p].partition;
        }
    }
    if (!repeats_find(named, count, arena))
        return false;
    for (i = 0; i < count; i++)
        if (named[i].last != NAMED_BEFORE)
            asked[kept++] = (struct fetch_asked){asked[i].topic, asked[named[i].last].partition, {NULL, -1}};
    f->asked_count = kept;
    return true;
}

bool fetch_allocate(struct fetching *f)
{
    kw_arena *arena = f->call->arena;
    size_t count = f->asked_count;
    f->partitions = kw_arena_array(arena, count, sizeof *f->partitions);
    f->answered = kw_arena_array(arena, count, sizeof *f->answered);
    f->watches = kw_arena_array(arena, count, sizeof *f->watches);
    f->held_max = count < RECORD_FIELDS_MAX ? count : RECORD_FIELDS_MAX;
    f->held = kw_arena_array(arena, f->held_max, sizeof *f->held);
    f->response->responses.items = kw_arena_array(arena, count, sizeof *f->response->responses.items);
    return f->partitions != NULL && f->answered != NULL && f->watches != NULL && f->held != NULL &&
           f->response->responses.items != NULL;
}
