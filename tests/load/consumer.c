/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer.h"

#include <stdio.h>
#include <string.h>

#include <kwire/api_keys.h>
#include <kwire/batches.h>
#include <kwire/error.h>
#include <kwire/messages/fetch_request.h>
#include <kwire/messages/fetch_response.h>
#include <kwire/messages/offset_commit_request.h>
#include <kwire/messages/offset_commit_response.h>
#include <kwire/messages/offset_fetch_request.h>
#include <kwire/messages/offset_fetch_response.h>
#include <kwire/records.h>

#include "../../bench/load/program.h"

enum { FETCH_VERSION = 12, COMMIT_VERSION = 9, OFFSET_FETCH_VERSION = 7 };
enum { WAIT_MS = 500, FETCH_BYTES = 1 << 18 };

static const double RETRY_SECONDS = 0.2;

static struct history *history_of(const struct consumer *c)
{
    return c->all->history;
}

static bool is_for_later(int16_t error)
{
    return error == KW_ERROR_NOT_LEADER_OR_FOLLOWER || error == KW_ERROR_KAFKA_STORAGE_ERROR ||
           error == KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION || error == KW_ERROR_COORDINATOR_NOT_AVAILABLE ||
           error == KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS || error == KW_ERROR_NOT_COORDINATOR;
}

static void try_again(struct consumer *c, const char *what, int16_t error)
{
    if (!is_for_later(error))
        history_violation(history_of(c), "%s of partition %u at offset %lld: %s", what, c->reading.partition,
                          (long long)c->reading.offset, kw_error_name(error));
    link_rest(&c->link, RETRY_SECONDS);
}

/* ---- where it continues ---- */

static void ask_offset(struct consumer *c)
{
    kw_offset_fetch_request request;
    kw_offset_fetch_request_topic topic;
    int32_t index = (int32_t)c->reading.partition;
    kw_offset_fetch_request_init(&request);
    kw_offset_fetch_request_topic_init(&topic);
    topic.name = kw_string_of(c->all->topic);
    topic.partition_indexes = (kw_int32_array){&index, 1};
    request.group_id = kw_string_of(c->group);
    request.topics.items = &topic;
    request.topics.len = 1;
    c->stage = CONSUMER_ASKS_OFFSET;
    link_ask(&c->link, KW_KEY_OFFSET_FETCH, OFFSET_FETCH_VERSION, &request);
}

/* It is the one that was acknowledged last, or the one after it that was on its way. */
static void continue_at(struct consumer *c, int64_t offset)
{
    int64_t known = offset < 0 ? 0 : offset;
    if (c->has_one_on_its_way && known == c->on_its_way.offset)
        reading_copy(&c->committed, &c->on_its_way, history_of(c));
    else if (known != c->committed.offset)
        history_violation(history_of(c), "group %s: offset %lld, but %lld was committed", c->group, (long long)offset,
                          (long long)c->committed.offset);
    c->has_one_on_its_way = false;
    reading_copy(&c->reading, &c->committed, history_of(c));
    c->stage = CONSUMER_READS;
    c->all->resumed++;
    link_rest(&c->link, 0);
}

static void take_offset(struct consumer *c, const kw_offset_fetch_response *r)
{
    int16_t error = r->error_code;
    bool has_one = r->topics.len == 1 && r->topics.items[0].partitions.len == 1;
    if (error == KW_ERROR_NONE && has_one)
        error = r->topics.items[0].partitions.items[0].error_code;
    if (error == KW_ERROR_NONE && !has_one)
        die("not the answer to this OffsetFetch");
    if (error != KW_ERROR_NONE)
        try_again(c, "OffsetFetch", error);
    else
        continue_at(c, r->topics.items[0].partitions.items[0].committed_offset);
}

/* ---- commits ---- */

static void commit(struct consumer *c)
{
    kw_offset_commit_request request;
    kw_offset_commit_request_topic topic;
    kw_offset_commit_request_partition partition;
    kw_offset_commit_request_init(&request);
    kw_offset_commit_request_topic_init(&topic);
    kw_offset_commit_request_partition_init(&partition);
    reading_copy(&c->on_its_way, &c->reading, history_of(c));
    c->has_one_on_its_way = true;
    partition.partition_index = (int32_t)c->reading.partition;
    partition.committed_offset = c->reading.offset;
    partition.committed_metadata = kw_string_of("");
    topic.name = kw_string_of(c->all->topic);
    topic.partitions.items = &partition;
    topic.partitions.len = 1;
    request.group_id = kw_string_of(c->group);
    request.member_id = kw_string_of("");
    request.generation_id_or_member_epoch = -1;
    request.topics.items = &topic;
    request.topics.len = 1;
    c->stage = CONSUMER_COMMITS;
    link_ask(&c->link, KW_KEY_OFFSET_COMMIT, COMMIT_VERSION, &request);
}

static void take_commit(struct consumer *c, const kw_offset_commit_response *r)
{
    if (r->topics.len != 1 || r->topics.items[0].partitions.len != 1)
        die("not the answer to this OffsetCommit");
    int16_t error = r->topics.items[0].partitions.items[0].error_code;
    c->commit_at = c->link.all->now + (uint64_t)(c->all->commit_seconds * 1e9);
    if (error != KW_ERROR_NONE) {
        c->stage = CONSUMER_LOST; /* it may have been written */
        try_again(c, "OffsetCommit", error);
        return;
    }
    reading_copy(&c->committed, &c->on_its_way, history_of(c));
    c->has_one_on_its_way = false;
    c->stage = CONSUMER_READS;
    c->all->commits++;
    link_rest(&c->link, 0);
}

/* ---- reading ---- */

static void fetch(struct consumer *c)
{
    kw_fetch_request request;
    kw_fetch_request_topic topic;
    kw_fetch_request_partition partition;
    kw_fetch_request_init(&request);
    kw_fetch_request_topic_init(&topic);
    kw_fetch_request_partition_init(&partition);
    partition.partition = (int32_t)c->reading.partition;
    partition.fetch_offset = c->reading.offset;
    partition.partition_max_bytes = FETCH_BYTES;
    topic.topic = kw_string_of(c->all->topic);
    topic.partitions.items = &partition;
    topic.partitions.len = 1;
    request.max_wait_ms = WAIT_MS;
    request.min_bytes = 1;
    request.max_bytes = FETCH_BYTES;
    request.session_epoch = -1;
    request.topics.items = &topic;
    request.topics.len = 1;
    link_ask(&c->link, KW_KEY_FETCH, FETCH_VERSION, &request);
}

/* A batch may start before the offset that was asked for. */
static void read_batch(struct consumer *c, const kw_batch *batch, int64_t from)
{
    kw_records records;
    kw_record record;
    if (kw_batch_check_crc(batch) != KW_OK || kw_records_init(&records, batch, NULL, NULL) != KW_OK) {
        history_violation(history_of(c), "partition %u, offset %lld: a damaged batch", c->reading.partition,
                          (long long)batch->base_offset);
        return;
    }
    while (kw_records_next(&records, &record))
        if (record.offset >= from) {
            history_read(history_of(c), &c->reading, record.offset, record.value);
            c->all->read++;
        }
}

static void take_records(struct consumer *c, const kw_fetch_response *r)
{
    kw_batches batches;
    kw_batch batch;
    int16_t error = r->error_code;
    if (error == KW_ERROR_NONE && (r->responses.len != 1 || r->responses.items[0].partitions.len != 1))
        die("not the answer to this Fetch");
    if (error == KW_ERROR_NONE)
        error = r->responses.items[0].partitions.items[0].error_code;
    if (error != KW_ERROR_NONE) {
        try_again(c, "Fetch", error);
        return;
    }
    int64_t from = c->reading.offset;
    kw_batches_init(&batches, r->responses.items[0].partitions.items[0].records);
    while (kw_batches_next(&batches, &batch))
        read_batch(c, &batch, from);
    if (batches.status != KW_OK)
        history_violation(history_of(c), "partition %u, after offset %lld: what is not a batch", c->reading.partition,
                          (long long)c->reading.offset);
    link_rest(&c->link, 0);
}

/* ---- the link ---- */

static struct consumer *consumer_of(struct link *l)
{
    return (struct consumer *)(void *)l;
}

static void act(struct link *l)
{
    struct consumer *c = consumer_of(l);
    if (c->stage != CONSUMER_READS)
        ask_offset(c);
    else if (l->all->now >= c->commit_at && c->reading.offset != c->committed.offset)
        commit(c);
    else
        fetch(c);
}

static void answered(struct link *l, const void *body)
{
    struct consumer *c = consumer_of(l);
    if (c->stage == CONSUMER_ASKS_OFFSET)
        take_offset(c, body);
    else if (c->stage == CONSUMER_COMMITS)
        take_commit(c, body);
    else
        take_records(c, body);
}

static void lost(struct link *l)
{
    consumer_of(l)->stage = CONSUMER_LOST;
    link_rest(l, RETRY_SECONDS);
}

void consumer_start(struct consumer *c, struct consuming *all, uint32_t number, struct links *links, double delay)
{
    *c = (struct consumer){.link = {.act = act, .answered = answered, .lost = lost}, .all = all};
    (void)snprintf(c->group, sizeof c->group, "%s-%05u", all->group, number);
    reading_init(&c->reading, all->history, number % all->history->partitions);
    reading_init(&c->committed, all->history, c->reading.partition);
    reading_init(&c->on_its_way, all->history, c->reading.partition);
    links_add(links, &c->link, delay);
    c->commit_at = links->now + (uint64_t)((delay + all->commit_seconds) * 1e9);
}

void consumer_finish(struct consumer *c)
{
    reading_finish(&c->reading);
    reading_finish(&c->committed);
    reading_finish(&c->on_its_way);
}

bool consumer_is_complete(const struct consumer *c)
{
    return c->stage == CONSUMER_READS && history_is_complete(history_of(c), &c->reading);
}
