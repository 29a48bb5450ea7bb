/* SPDX-License-Identifier: Apache-2.0 */
#include "reading.h"

#include <inttypes.h>
#include <stdlib.h>

#include <kwire/api_keys.h>
#include <kwire/endian.h>
#include <kwire/error.h>
#include <kwire/messages/fetch_request.h>
#include <kwire/records.h>

#include "transactions.h"
#include "world.h"

enum { TIMEOUT_MS = 30000, OLDEST = 4, NEWEST = 17, FIRST_WITH_IDS = 13, MOST_ABORTED = 64 };

/* ---- values ---- */

void reading_write(uint8_t to[READING_VALUE], const struct ledger_record *record)
{
    kw_store_be64(to, record->id);
    kw_store_be64(to + 8, record->txn);
    kw_store_be64(to + 16, (uint64_t)record->source);
    kw_store_be64(to + 24, (uint64_t)(int64_t)record->chain);
}

static struct ledger_record read_value(int p, kw_bytes value)
{
    CHECK(value.len >= READING_VALUE, "ledger %d has a record that nobody has sent", p);
    return (struct ledger_record){kw_load_be64(value.data), (uint32_t)kw_load_be64(value.data + 8),
                                  (int64_t)kw_load_be64(value.data + 16), (int)(int64_t)kw_load_be64(value.data + 24)};
}

/* ---- the question ---- */

static int32_t list_topic(size_t topic, const int64_t offsets[LEDGER_ALL],
                          kw_fetch_request_partition asked[LEDGER_PARTITIONS])
{
    int32_t count = 0;
    for (int32_t i = 0; i < LEDGER_PARTITIONS; i++) {
        int64_t offset = offsets[topic * LEDGER_PARTITIONS + (size_t)i];
        if (offset < 0)
            continue;
        kw_fetch_request_partition_init(&asked[count]);
        asked[count].partition = i;
        asked[count].fetch_offset = offset;
        asked[count++].partition_max_bytes = (int32_t)pick_from(1, 4000);
    }
    return count;
}

void reading_ask(struct asker *asker, const int64_t offsets[LEDGER_ALL], bool is_committed, int32_t max_wait_ms)
{
    static kw_fetch_request_partition partitions[LEDGER_TOPICS][LEDGER_PARTITIONS];
    kw_fetch_request_topic asked[LEDGER_TOPICS];
    kw_fetch_request request;
    kw_fetch_request_init(&request);
    request.max_wait_ms = max_wait_ms;
    request.min_bytes = 1;
    request.max_bytes = (int32_t)pick_from(100, 20000);
    request.session_epoch = -1;
    request.isolation_level = is_committed ? 1 : 0;
    request.topics.items = asked;
    request.topics.len = 0;
    for (size_t t = 0; t < LEDGER_TOPICS; t++) {
        kw_fetch_request_topic *topic = &asked[request.topics.len];
        kw_fetch_request_topic_init(topic);
        topic->topic = kw_string_of(ledger_topics[t].name);
        topic->topic_id = ledger_topics[t].id;
        topic->partitions.items = partitions[t];
        topic->partitions.len = list_topic(t, offsets, partitions[t]);
        request.topics.len += topic->partitions.len != 0;
    }
    asker_ask(asker, KW_KEY_FETCH, (int16_t)pick_from(OLDEST, NEWEST), &request, max_wait_ms + TIMEOUT_MS);
}

/* ---- the answer ---- */

void reading_answered(const struct asker *asker, const kw_fetch_response *r, void *context,
                      void (*use)(void *context, int partition, const kw_fetch_response_partition_data *data))
{
    CHECK(r->error_code == KW_ERROR_NONE, "a fetch is answered with error %d", r->error_code);
    for (int32_t i = 0; i < r->responses.len; i++) {
        const kw_fetch_response_fetchable_topic_response *topic = &r->responses.items[i];
        size_t t =
            asker->version < FIRST_WITH_IDS ? ledger_topic_by_name(topic->topic) : ledger_topic_by_id(topic->topic_id);
        for (int32_t j = 0; j < topic->partitions.len; j++) {
            const kw_fetch_response_partition_data *data = &topic->partitions.items[j];
            int p = (int)(t * LEDGER_PARTITIONS) + data->partition_index;
            CHECK(data->error_code == KW_ERROR_NONE || data->error_code == KW_ERROR_NOT_LEADER_OR_FOLLOWER ||
                      data->error_code == KW_ERROR_KAFKA_STORAGE_ERROR,
                  "a fetch of ledger %d is answered with error %d", p, data->error_code);
            CHECK(data->error_code != KW_ERROR_NONE || data->last_stable_offset <= data->high_watermark,
                  "ledger %d is stable up to %" PRId64 ", above its end %" PRId64, p, data->last_stable_offset,
                  data->high_watermark);
            if (data->error_code == KW_ERROR_NONE)
                use(context, p, data);
        }
    }
}

/* Producers whose transactions are aborted where the walk is. */
struct walk {
    const kw_fetch_response_partition_data *data;
    bool is_used[MOST_ABORTED];
    int64_t aborted[MOST_ABORTED];
    size_t count;
};

static bool is_aborted(const struct walk *w, int64_t producer)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->aborted[i] == producer)
            return true;
    return false;
}

static void forget(struct walk *w, int64_t producer)
{
    for (size_t i = 0; i < w->count;)
        if (w->aborted[i] == producer)
            w->aborted[i] = w->aborted[--w->count];
        else
            i++;
}

/* The aborted transactions that start up to here. */
static void move_to(struct walk *w, int64_t last_offset)
{
    for (int32_t i = 0; i < w->data->aborted_transactions.len; i++) {
        const kw_fetch_response_aborted_transaction *one = &w->data->aborted_transactions.items[i];
        if (i >= MOST_ABORTED)
            broken("more aborted transactions than a reader can know");
        if (w->is_used[i] || one->first_offset > last_offset)
            continue;
        w->is_used[i] = true;
        if (!is_aborted(w, one->producer_id))
            w->aborted[w->count++] = one->producer_id;
    }
}

static void read_marker(struct walk *w, int p, const kw_batch *batch)
{
    enum { ABORT = 0, COMMIT = 1 };
    kw_records records;
    kw_record record;
    bool is_read = kw_records_init(&records, batch, NULL, NULL) == KW_OK && kw_records_next(&records, &record);
    CHECK(is_read && record.key.len == 4, "ledger %d has a marker that cannot be read", p);
    uint16_t type = kw_load_be16(record.key.data + 2);
    CHECK(type == ABORT || type == COMMIT, "ledger %d has a marker of type %d", p, type);
    ledger_saw_marker(p, batch->base_offset, (struct ledger_producer){batch->producer_id, batch->producer_epoch},
                      type == COMMIT);
    if (type == ABORT)
        forget(w, batch->producer_id);
}

/* False: the reader has enough; *next is where it goes on. */
static bool read_records(struct walk *w, int p, const kw_batch *batch, int64_t *next, bool is_committed,
                         reading_take *take, void *context)
{
    kw_records records;
    kw_record record;
    const struct ledger_producer by = {batch->producer_id, batch->producer_epoch};
    bool is_hidden = is_committed && kw_batch_is_transactional(batch) && is_aborted(w, batch->producer_id);
    enum ledger_view view = !is_committed ? LEDGER_RAW : is_hidden ? LEDGER_HIDDEN : LEDGER_VISIBLE;
    for (kw_records_init(&records, batch, NULL, NULL); kw_records_next(&records, &record);) {
        if (record.offset < *next)
            continue;
        CHECK(record.offset == *next, "ledger %d continues with offset %" PRId64 " in the place of %" PRId64, p,
              record.offset, *next);
        const struct ledger_record one = read_value(p, record.value);
        ledger_saw(p, record.offset, &one, by, view);
        ++*next;
        if (!is_hidden && take != NULL && !take(context, record.offset, &one, *next))
            return false;
    }
    CHECK(records.status == KW_OK, "a batch of ledger %d that cannot be read", p);
    return true;
}

int64_t reading_walk(const kw_fetch_response_partition_data *data, int p, int64_t from, bool is_committed,
                     reading_take *take, void *context)
{
    struct walk w = {.data = data};
    kw_batches batches;
    kw_batch batch;
    int64_t next = from;
    for (kw_batches_init(&batches, data->records); kw_batches_next(&batches, &batch);) {
        CHECK(kw_batch_check_crc(&batch) == KW_OK, "a batch of ledger %d with a wrong checksum", p);
        CHECK(batch.base_offset <= next && (batch.last_offset >= next || next == from),
              "ledger %d continues with offset %" PRId64 " in the place of %" PRId64, p, batch.base_offset, next);
        CHECK(!is_committed || batch.last_offset < data->last_stable_offset,
              "ledger %d gives offset %" PRId64 ", but is stable up to %" PRId64, p, batch.last_offset,
              data->last_stable_offset);
        move_to(&w, batch.last_offset);
        if (batch.last_offset < next)
            continue;
        if (kw_batch_is_control(&batch))
            read_marker(&w, p, &batch);
        else if (!read_records(&w, p, &batch, &next, is_committed, take, context))
            return next;
        next = batch.last_offset + 1;
    }
    CHECK(batches.status == KW_OK, "ledger %d has something that is no batch", p);
    return next;
}
