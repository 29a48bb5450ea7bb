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

enum { TIMEOUT_MS = 30000, OLDEST_VERSION = 4, NEWEST_VERSION = 17, FIRST_WITH_IDS = 13, FIRST_WITH_SESSIONS = 7 };

static struct member *of_fetcher(struct asker *asker)
{
    return (struct member *)(void *)((char *)asker - offsetof(struct member, fetcher));
}

/* ---- sessions ---- */

static void end_session(struct member *m)
{
    m->session_id = m->session_epoch = 0;
    m->in_session = 0;
}

/* What the broker need not be told again, as it is in the session. */
static uint64_t known_to_session(const struct member *m)
{
    uint64_t same = 0;
    for (int p = 0; p < ALL_PARTITIONS; p++)
        if ((m->in_session & m->known & bit(p)) != 0 && m->fetching[p] == m->positions[p])
            same |= bit(p);
    return same;
}

static int32_t list_forgotten(uint64_t set, kw_fetch_request_forgotten_topic forgotten[TOPICS])
{
    static int32_t indexes[TOPICS][PARTITIONS];
    int32_t len = 0;
    for (size_t next = 0; next < TOPICS; len++) {
        int32_t count = next_topic(set, &next, indexes[len]);
        if (count == 0)
            break;
        kw_fetch_request_forgotten_topic_init(&forgotten[len]);
        forgotten[len].topic = kw_string_of(topics.all[next - 1].name);
        forgotten[len].topic_id = topics.all[next - 1].id;
        forgotten[len].partitions = (kw_int32_array){indexes[len], count};
    }
    return len;
}

/* ---- the question ---- */

static int32_t list_asked(struct member *m, uint64_t set, kw_fetch_request_topic asked[TOPICS])
{
    static kw_fetch_request_partition partitions[ALL_PARTITIONS];
    int32_t indexes[PARTITIONS], len = 0;
    size_t used = 0;
    for (size_t next = 0; next < TOPICS; len++) {
        int32_t count = next_topic(set, &next, indexes);
        if (count == 0)
            break;
        kw_fetch_request_topic_init(&asked[len]);
        asked[len].topic = kw_string_of(topics.all[next - 1].name);
        asked[len].topic_id = topics.all[next - 1].id;
        asked[len].partitions.items = &partitions[used];
        asked[len].partitions.len = count;
        for (int32_t i = 0; i < count; i++) {
            kw_fetch_request_partition *one = &partitions[used++];
            int p = partition_of(next - 1, indexes[i]);
            kw_fetch_request_partition_init(one);
            one->partition = indexes[i];
            one->fetch_offset = m->fetching[p] = m->positions[p];
            one->partition_max_bytes = (int32_t)pick_from(1, 5000);
        }
    }
    return len;
}

static void ask(struct member *m)
{
    static kw_fetch_request_topic asked[TOPICS];
    static kw_fetch_request_forgotten_topic forgotten[TOPICS];
    kw_fetch_request request;
    kw_fetch_request_init(&request);
    request.max_wait_ms = (int32_t)pick_from(0, 10000);
    request.min_bytes = 1;
    request.max_bytes = (int32_t)pick_from(100, 100000);
    request.session_epoch = -1;
    uint64_t same = 0;
    int16_t version = (int16_t)pick_from(OLDEST_VERSION, NEWEST_VERSION);
    if (m->uses_session && m->session_epoch == 0)
        m->session_version = (int16_t)pick_from(FIRST_WITH_SESSIONS, NEWEST_VERSION);
    if (m->uses_session) {
        version = m->session_version;
        same = known_to_session(m);
        request.session_id = m->session_id;
        request.session_epoch = m->session_epoch;
        request.forgotten_topics_data.items = forgotten;
        request.forgotten_topics_data.len = list_forgotten(m->in_session & ~m->known, forgotten);
    }
    request.topics.items = asked;
    request.topics.len = list_asked(m, m->known & ~same, asked);
    m->in_session = m->known;
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

/* False: the broker does not know the session any more. */
static bool go_on_with_session(struct member *m, const kw_fetch_response *response)
{
    if (response->error_code == KW_ERROR_NONE) {
        m->session_id = response->session_id;
        m->session_epoch++;
        if (m->session_id == 0)
            end_session(m); /* the broker has too many */
        return true;
    }
    CHECK(response->error_code == KW_ERROR_FETCH_SESSION_ID_NOT_FOUND ||
              response->error_code == KW_ERROR_INVALID_FETCH_SESSION_EPOCH,
          "a fetch in a session is answered with error %d", response->error_code);
    end_session(m);
    return false;
}

static void read_all(struct member *m, const kw_fetch_response *response)
{
    if (m->uses_session && !go_on_with_session(m, response))
        return;
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
    end_session(of_fetcher(asker));
    happen_in(&of_fetcher(asker)->fetch, pick_from(10, 500));
}

void fetching_stop(struct member *m)
{
    asker_stop(&m->fetcher);
    happen_not(&m->fetch);
    end_session(m);
}

void fetching_init(struct member *m)
{
    m->fetch.happen = fetch;
    m->uses_session = one_in(2);
    m->fetcher.answered = answered;
    m->fetcher.failed = failed;
}
