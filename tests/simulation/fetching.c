/* SPDX-License-Identifier: Apache-2.0 */
#include "fetching.h"

#include <inttypes.h>
#include <string.h>

#include <kwire/api_keys.h>
#include <kwire/endian.h>
#include <kwire/error.h>
#include <kwire/messages/fetch_request.h>
#include <kwire/messages/fetch_response.h>
#include <kwire/records.h>

#include "topics.h"

enum { TIMEOUT_MS = 30000, OLDEST_VERSION = 4, NEWEST_VERSION = 17, FIRST_WITH_IDS = 13 };

static struct member *of_fetcher(struct asker *asker)
{
    return (struct member *)(void *)((char *)asker - offsetof(struct member, fetcher));
}

/* ---- the question ---- */

static void ask(struct member *m)
{
    static kw_fetch_request_topic asked[TOPICS];
    static kw_fetch_request_partition partitions[ALL_PARTITIONS];
    kw_fetch_request request;
    int32_t indexes[PARTITIONS];
    size_t used = 0;
    kw_fetch_request_init(&request);
    request.max_wait_ms = (int32_t)pick_from(0, 10000);
    request.min_bytes = 1;
    request.max_bytes = (int32_t)pick_from(100, 100000);
    request.topics.items = asked;
    request.topics.len = 0;
    for (size_t next = 0; next < TOPICS;) {
        int32_t count = next_topic(m->known, &next, indexes);
        if (count == 0)
            break;
        kw_fetch_request_topic *topic = &asked[request.topics.len++];
        kw_fetch_request_topic_init(topic);
        topic->topic = kw_string_of(topics.all[next - 1].name);
        topic->topic_id = topics.all[next - 1].id;
        topic->partitions.items = &partitions[used];
        topic->partitions.len = count;
        for (int32_t i = 0; i < count; i++) {
            kw_fetch_request_partition *one = &partitions[used++];
            int p = partition_of(next - 1, indexes[i]);
            kw_fetch_request_partition_init(one);
            one->partition = indexes[i];
            one->fetch_offset = m->fetching[p] = m->positions[p];
            one->partition_max_bytes = (int32_t)pick_from(1, 5000);
        }
    }
    int16_t version = (int16_t)pick_from(OLDEST_VERSION, NEWEST_VERSION);
    asker_ask(&m->fetcher, KW_KEY_FETCH, version, &request, request.max_wait_ms + TIMEOUT_MS);
}

static void fetch(struct happening *happening)
{
    struct member *m = (struct member *)(void *)((char *)happening - offsetof(struct member, fetch));
    if (world.now < m->asleep_until)
        happen_in(&m->fetch, m->asleep_until - world.now);
    else if (m->is_present && !m->fetcher.is_busy && m->known != 0)
        ask(m);
}

/* ---- the answer ---- */

static void read_batch(struct member *m, int p, const kw_batch *batch)
{
    kw_records records;
    kw_record record;
    CHECK(kw_batch_check_crc(batch) == KW_OK, "a batch of partition %d with a wrong checksum", p);
    for (kw_records_init(&records, batch, NULL, NULL); kw_records_next(&records, &record);) {
        if (record.offset < m->positions[p])
            continue;
        CHECK(record.offset == m->positions[p],
              "partition %d continues with offset %" PRId64 " in the place of %" PRId64, p, record.offset,
              m->positions[p]);
        CHECK(record.value.len >= 8, "partition %d has a record that nobody has sent", p);
        judge_read(m->group->number, p, record.offset, kw_load_be64(record.value.data));
        m->positions[p]++;
    }
    CHECK(records.status == KW_OK, "a batch of partition %d that cannot be read", p);
}

static void read_partition(struct member *m, int p, const kw_fetch_response_partition_data *data)
{
    kw_batches batches;
    kw_batch batch;
    CHECK(data->error_code == KW_ERROR_NONE || data->error_code == KW_ERROR_NOT_LEADER_OR_FOLLOWER ||
              data->error_code == KW_ERROR_KAFKA_STORAGE_ERROR,
          "a fetch of partition %d from %" PRId64 " is answered with error %d", p, m->fetching[p], data->error_code);
    if (data->error_code != KW_ERROR_NONE)
        note("a fetch of partition %d is answered with error %d", p, data->error_code);
    if ((m->known & bit(p)) == 0 || m->positions[p] != m->fetching[p])
        return; /* it was taken away meanwhile */
    for (kw_batches_init(&batches, data->records); kw_batches_next(&batches, &batch);)
        read_batch(m, p, &batch);
    CHECK(batches.status == KW_OK, "partition %d has something that is no batch", p);
}

static void read_all(struct member *m, const kw_fetch_response *response)
{
    CHECK(response->error_code == KW_ERROR_NONE, "a fetch is answered with error %d", response->error_code);
    for (int32_t i = 0; i < response->responses.len; i++) {
        const kw_fetch_response_fetchable_topic_response *topic = &response->responses.items[i];
        size_t t = m->fetcher.version < FIRST_WITH_IDS ? topic_by_name(topic->topic) : topic_by_id(topic->topic_id);
        for (int32_t j = 0; j < topic->partitions.len; j++)
            read_partition(m, partition_of(t, topic->partitions.items[j].partition_index), &topic->partitions.items[j]);
    }
}

static void answered(struct asker *asker, const void *response)
{
    struct member *m = of_fetcher(asker);
    read_all(m, response);
    happen_in(&m->fetch, one_in(20) ? pick_from(0, 5000) : pick_from(0, 50));
    if (!is_expected(&m->act))
        happen_in(&m->act, 0);
}

static void failed(struct asker *asker)
{
    happen_in(&of_fetcher(asker)->fetch, pick_from(10, 500));
}

void fetching_init(struct member *m)
{
    m->fetch.happen = fetch;
    m->fetcher.answered = answered;
    m->fetcher.failed = failed;
}
