/* SPDX-License-Identifier: Apache-2.0 */
#include "sharing.h"

#include <inttypes.h>

#include <kwire/api_keys.h>
#include <kwire/endian.h>
#include <kwire/error.h>
#include <kwire/messages/share_fetch_request.h>
#include <kwire/messages/share_fetch_response.h>
#include <kwire/records.h>

#include "topics.h"

enum { TIMEOUT_MS = 30000, ACCEPT = 1, RELEASE = 2, OLDEST_VERSION = 1, NEWEST_VERSION = 2 };

static struct member *of_fetcher(struct asker *asker)
{
    return (struct member *)(void *)((char *)asker - offsetof(struct member, fetcher));
}

static void end_session(struct member *m)
{
    m->session_epoch = 0;
    m->in_session = 0;
    m->result_count = m->sent_count = 0;
    m->fetcher.holding = judge_new_holder();
}

/* ---- the question ---- */

/* In the order of offsets. Where a member has acquired something anew after its lock, the later result counts. */
static void sort_results(struct member *m)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->result_count; i++) {
        const struct result one = m->results[i];
        size_t to = 0;
        for (size_t j = 0; j < kept; j++) {
            const struct result *other = &m->results[j];
            if (other->partition != one.partition || other->last < one.first || other->first > one.last)
                m->results[to++] = *other;
        }
        size_t at = to;
        for (; at > 0 && m->results[at - 1].first > one.first; at--)
            m->results[at] = m->results[at - 1];
        m->results[at] = one;
        kept = to + 1;
    }
    m->result_count = kept;
}

/* Results of a partition, as batches from *used on. */
static void list_results(const struct member *m, int p, kw_share_fetch_request_acknowledgement_batch *batches,
                         size_t *used, kw_share_fetch_request_fetch_partition *out)
{
    out->acknowledgement_batches.items = &batches[*used];
    out->acknowledgement_batches.len = 0;
    for (size_t i = 0; i < m->sent_count; i++) {
        if (m->results[i].partition != p)
            continue;
        kw_share_fetch_request_acknowledgement_batch *batch = &batches[(*used)++];
        kw_share_fetch_request_acknowledgement_batch_init(batch);
        batch->first_offset = m->results[i].first;
        batch->last_offset = m->results[i].last;
        batch->acknowledge_types.items = (int8_t *)(uintptr_t)&m->results[i].type;
        batch->acknowledge_types.len = 1;
        out->acknowledgement_batches.len++;
    }
}

static uint64_t with_results(const struct member *m)
{
    uint64_t set = 0;
    for (size_t i = 0; i < m->sent_count; i++)
        set |= bit(m->results[i].partition);
    return set;
}

static int32_t list_asked(struct member *m, uint64_t set, kw_share_fetch_request_fetch_topic asked[TOPICS])
{
    static kw_share_fetch_request_fetch_partition partitions[ALL_PARTITIONS];
    static kw_share_fetch_request_acknowledgement_batch batches[MOST_RESULTS];
    int32_t indexes[PARTITIONS], len = 0;
    size_t used = 0, used_batches = 0;
    for (size_t next = 0; next < TOPICS; len++) {
        int32_t count = next_topic(set, &next, indexes);
        if (count == 0)
            break;
        kw_share_fetch_request_fetch_topic_init(&asked[len]);
        asked[len].topic_id = topics.all[next - 1].id;
        asked[len].partitions.items = &partitions[used];
        asked[len].partitions.len = count;
        for (int32_t i = 0; i < count; i++) {
            kw_share_fetch_request_fetch_partition_init(&partitions[used]);
            partitions[used].partition_index = indexes[i];
            int p = partition_of(next - 1, indexes[i]);
            list_results(m, p, batches, &used_batches, &partitions[used++]);
        }
    }
    return len;
}

static int32_t list_forgotten(uint64_t set, kw_share_fetch_request_forgotten_topic forgotten[TOPICS])
{
    static int32_t indexes[TOPICS][PARTITIONS];
    int32_t len = 0;
    for (size_t next = 0; next < TOPICS; len++) {
        int32_t count = next_topic(set, &next, indexes[len]);
        if (count == 0)
            break;
        kw_share_fetch_request_forgotten_topic_init(&forgotten[len]);
        forgotten[len].topic_id = topics.all[next - 1].id;
        forgotten[len].partitions = (kw_int32_array){indexes[len], count};
    }
    return len;
}

static void ask(struct member *m)
{
    static kw_share_fetch_request_fetch_topic asked[TOPICS];
    static kw_share_fetch_request_forgotten_topic forgotten[TOPICS];
    kw_share_fetch_request request;
    kw_share_fetch_request_init(&request);
    request.group_id = kw_string_of(m->group->name);
    request.member_id = kw_string_of(m->id);
    request.share_session_epoch = m->session_epoch;
    request.max_wait_ms = (int32_t)pick_from(0, 5000);
    request.min_bytes = 1;
    request.max_bytes = (int32_t)pick_from(100, 100000);
    request.max_records = (int32_t)pick_from(1, 100);
    request.batch_size = (int32_t)pick_from(1, 100);
    request.share_acquire_mode = one_in(3) ? 1 : 0;
    sort_results(m);
    m->sent_count = m->session_epoch != 0 ? m->result_count : 0;
    for (size_t i = 0; i < m->sent_count; i++) /* others may have them as soon as the broker knows */
        judge_let_go(m->group->number, m->results[i].partition, m->results[i].first, m->results[i].last);
    request.topics.items = asked;
    request.topics.len = list_asked(m, (m->owned & ~m->in_session) | with_results(m), asked);
    request.forgotten_topics_data.items = forgotten;
    request.forgotten_topics_data.len = list_forgotten(m->in_session & ~m->owned & ~with_results(m), forgotten);
    m->in_session = m->owned | with_results(m);
    asker_ask(&m->fetcher, KW_KEY_SHARE_FETCH, (int16_t)pick_from(OLDEST_VERSION, NEWEST_VERSION), &request,
              request.max_wait_ms + TIMEOUT_MS);
}

static void fetch(struct happening *happening)
{
    struct member *m = (struct member *)(void *)((char *)happening - offsetof(struct member, fetch));
    if (world.now < m->asleep_until)
        happen_in(&m->fetch, m->asleep_until - world.now);
    else if (m->is_present && !m->fetcher.is_busy && m->epoch > 0 && (m->owned | m->in_session) != 0)
        ask(m);
}

/* ---- the answer ---- */

/* Most are processed, some are given back, and some forgotten until their lock ends. */
static void decide(struct member *m, int p, int64_t first, int64_t last)
{
    if (m->result_count == MOST_RESULTS || (!all_are_answered && one_in(50)))
        return;
    m->results[m->result_count++] = (struct result){p, first, last, !all_are_answered && one_in(20) ? RELEASE : ACCEPT};
}

static void read_batch(struct member *m, int p, const kw_batch *batch,
                       const kw_share_fetch_response_acquired_records *range)
{
    kw_records records;
    kw_record record;
    CHECK(kw_batch_check_crc(batch) == KW_OK, "a batch of partition %d with a wrong checksum", p);
    for (kw_records_init(&records, batch, NULL, NULL); kw_records_next(&records, &record);)
        if (record.offset >= range->first_offset && record.offset <= range->last_offset)
            judge_delivered(m->group->number, p, record.offset, kw_load_be64(record.value.data), m->fetcher.asked_at);
}

static void read_range(struct member *m, int p, kw_bytes bytes, const kw_share_fetch_response_acquired_records *range,
                       int32_t lock_ms)
{
    kw_batches batches;
    kw_batch batch;
    CHECK(range->first_offset <= range->last_offset && range->delivery_count > 0 &&
              range->delivery_count <= SHARE_DELIVERIES,
          "%s/%zu acquires %" PRId64 " to %" PRId64 " with count %d", m->group->name, m->number, range->first_offset,
          range->last_offset, range->delivery_count);
    for (kw_batches_init(&batches, bytes); kw_batches_next(&batches, &batch);)
        read_batch(m, p, &batch, range);
    judge_acquired(m->group->number, p, range->first_offset, range->last_offset, &m->fetcher, lock_ms);
    decide(m, p, range->first_offset, range->last_offset);
}

static bool is_allowed(int16_t error)
{
    return is_about_coordinator(error) || error == KW_ERROR_NOT_LEADER_OR_FOLLOWER ||
           error == KW_ERROR_KAFKA_STORAGE_ERROR || error == KW_ERROR_UNKNOWN_SERVER_ERROR ||
           error == KW_ERROR_INVALID_RECORD_STATE || error == KW_ERROR_FENCED_STATE_EPOCH ||
           error == KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
}

static void take_results(struct member *m, int p, int16_t error)
{
    CHECK(error == KW_ERROR_NONE || is_allowed(error), "results of %s/%zu for partition %d are answered with error %d",
          m->group->name, m->number, p, error);
    for (size_t i = 0; i < m->sent_count; i++)
        if (m->results[i].partition == p && m->results[i].type == ACCEPT && error == KW_ERROR_NONE)
            judge_accepted(m->group->number, p, m->results[i].first, m->results[i].last);
}

static void forget_results(struct member *m)
{
    for (size_t i = m->sent_count; i < m->result_count; i++)
        m->results[i - m->sent_count] = m->results[i];
    m->result_count -= m->sent_count;
    m->sent_count = 0;
}

static void read_partition(struct member *m, int p, const kw_share_fetch_response_partition_data *data, int32_t lock_ms)
{
    CHECK(data->error_code == KW_ERROR_NONE || is_allowed(data->error_code),
          "a ShareFetch of %s/%zu from partition %d is answered with error %d", m->group->name, m->number, p,
          data->error_code);
    take_results(m, p, data->acknowledge_error_code);
    for (int32_t i = 0; i < data->acquired_records.len; i++)
        read_range(m, p, data->records, &data->acquired_records.items[i], lock_ms);
}

static void take(struct member *m, const kw_share_fetch_response *r)
{
    uint64_t asked = with_results(m), found = 0;
    if (r->error_code != KW_ERROR_NONE) {
        CHECK(r->error_code == KW_ERROR_SHARE_SESSION_NOT_FOUND ||
                  r->error_code == KW_ERROR_INVALID_SHARE_SESSION_EPOCH ||
                  r->error_code == KW_ERROR_SHARE_SESSION_LIMIT_REACHED || is_about_coordinator(r->error_code),
              "a ShareFetch of %s/%zu is answered with error %d", m->group->name, m->number, r->error_code);
        end_session(m);
        return;
    }
    m->session_epoch++;
    for (int32_t i = 0; i < r->responses.len; i++)
        for (int32_t j = 0; j < r->responses.items[i].partitions.len; j++) {
            const kw_share_fetch_response_partition_data *data = &r->responses.items[i].partitions.items[j];
            int p = partition_of(topic_by_id(r->responses.items[i].topic_id), data->partition_index);
            found |= bit(p);
            read_partition(m, p, data, r->acquisition_lock_timeout_ms);
        }
    CHECK((asked & ~found) == 0, "results for partitions %" PRIx64 " are not answered", asked & ~found);
    forget_results(m);
}

static void answered(struct asker *asker, const void *response)
{
    struct member *m = of_fetcher(asker);
    take(m, response);
    happen_in(&m->fetch, one_in(20) ? pick_from(0, 5000) : pick_from(0, 50));
}

static void failed(struct asker *asker)
{
    end_session(of_fetcher(asker));
    happen_in(&of_fetcher(asker)->fetch, pick_from(10, 500));
}

void sharing_stop(struct member *m)
{
    asker_stop(&m->fetcher);
    happen_not(&m->fetch);
    end_session(m);
}

void sharing_init(struct member *m)
{
    m->fetch.happen = fetch;
    m->fetcher.answered = answered;
    m->fetcher.failed = failed;
    end_session(m);
}
