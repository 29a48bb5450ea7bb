/* SPDX-License-Identifier: Apache-2.0 */
#include "passing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/api_keys.h>
#include <kwire/endian.h>
#include <kwire/error.h>
#include <kwire/messages/create_partitions_request.h>
#include <kwire/messages/create_partitions_response.h>
#include <kwire/messages/create_topics_request.h>
#include <kwire/messages/create_topics_response.h>
#include <kwire/messages/delete_topics_request.h>
#include <kwire/messages/delete_topics_response.h>
#include <kwire/messages/list_offsets_request.h>
#include <kwire/messages/list_offsets_response.h>
#include <kwire/messages/metadata_request.h>
#include <kwire/messages/metadata_response.h>
#include <kwire/messages/produce_request.h>
#include <kwire/messages/produce_response.h>
#include <kwire/record_builder.h>

#include "control.h"
#include "world.h"

enum { NAMES = 5, MOST_PARTITIONS = 6, TIMEOUT_MS = 30000, BATCH = 512 };

/* Numbers are the least and the most that there may be, where an answer is missing. */
struct passing {
    char name[16];
    kw_uuid id, last_id; /* of the topic; of the one before it */
    bool may_be, must_be;
    int32_t least_partitions, most_partitions;
    int64_t least[MOST_PARTITIONS], most[MOST_PARTITIONS]; /* records */
};

static struct passing all[NAMES];
static int16_t error;      /* of the last answer */
static int64_t end_offset; /* the same, -1: none */

void passing_start(void)
{
    memset(all, 0, sizeof all);
    for (size_t i = 0; i < NAMES; i++)
        (void)snprintf(all[i].name, sizeof all[i].name, "passing-%zu", i);
}

/* ---- creation and deletion ---- */

static void use_creation(void *context, const void *response)
{
    struct passing *t = context;
    const kw_create_topics_response *r = response;
    CHECK(r->topics.len == 1, "%d topics are created", r->topics.len);
    error = r->topics.items[0].error_code;
    if (error != KW_ERROR_NONE)
        return;
    t->id = r->topics.items[0].topic_id;
    CHECK(!kw_uuid_equal(t->id, t->last_id), "%s has the id of the topic before it", t->name);
}

static void create(struct passing *t)
{
    kw_create_topics_request request;
    kw_create_topics_request_creatable_topic topic;
    kw_create_topics_request_init(&request);
    kw_create_topics_request_creatable_topic_init(&topic);
    topic.name = kw_string_of(t->name);
    topic.num_partitions = (int32_t)pick_from(1, 3);
    topic.replication_factor = 1;
    request.topics.items = &topic;
    request.topics.len = 1;
    bool may_exist = t->may_be;
    t->may_be = true;
    t->least_partitions = t->most_partitions = topic.num_partitions;
    memset(t->least, 0, sizeof t->least);
    memset(t->most, 0, sizeof t->most);
    if (!control_ask(KW_KEY_CREATE_TOPICS, 7, &request, use_creation, t))
        return;
    CHECK(error == KW_ERROR_NONE || (error == KW_ERROR_TOPIC_ALREADY_EXISTS && may_exist) ||
              error == KW_ERROR_KAFKA_STORAGE_ERROR,
          "%s is not created: error %d", t->name, error);
    t->must_be = error == KW_ERROR_NONE;
    note("%s is created: error %d", t->name, error);
}

static void use_deletion(void *context, const void *response)
{
    const kw_delete_topics_response *r = response;
    (void)context;
    CHECK(r->responses.len == 1, "%d topics are deleted", r->responses.len);
    error = r->responses.items[0].error_code;
}

static void delete (struct passing *t)
{
    kw_delete_topics_request request;
    kw_delete_topics_request_delete_topic_state topic;
    kw_delete_topics_request_init(&request);
    kw_delete_topics_request_delete_topic_state_init(&topic);
    topic.name = kw_string_of(t->name);
    request.topics.items = &topic;
    request.topics.len = 1;
    request.timeout_ms = TIMEOUT_MS;
    bool must_exist = t->must_be;
    t->must_be = false;
    if (!control_ask(KW_KEY_DELETE_TOPICS, 6, &request, use_deletion, NULL))
        return;
    CHECK(error == KW_ERROR_NONE || (error == KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION && !must_exist) ||
              error == KW_ERROR_KAFKA_STORAGE_ERROR,
          "%s is not deleted: error %d", t->name, error);
    note("%s is deleted: error %d", t->name, error);
    t->may_be = error == KW_ERROR_KAFKA_STORAGE_ERROR;
    t->last_id = t->id;
}

static void use_growth(void *context, const void *response)
{
    const kw_create_partitions_response *r = response;
    (void)context;
    CHECK(r->results.len == 1, "%d topics grow", r->results.len);
    error = r->results.items[0].error_code;
}

static void grow(struct passing *t)
{
    kw_create_partitions_request request;
    kw_create_partitions_request_topic topic;
    kw_create_partitions_request_init(&request);
    kw_create_partitions_request_topic_init(&topic);
    topic.name = kw_string_of(t->name);
    topic.count = t->most_partitions + 1;
    topic.assignments.len = -1;
    request.topics.items = &topic;
    request.topics.len = 1;
    request.timeout_ms = TIMEOUT_MS;
    if (topic.count > MOST_PARTITIONS)
        return;
    t->most_partitions = topic.count;
    if (!control_ask(KW_KEY_CREATE_PARTITIONS, 3, &request, use_growth, NULL))
        return;
    CHECK(error == KW_ERROR_NONE || error == KW_ERROR_KAFKA_STORAGE_ERROR, "%s does not grow: error %d", t->name,
          error);
    if (error == KW_ERROR_NONE)
        t->least_partitions = topic.count;
}

/* ---- records ---- */

static void use_produce(void *context, const void *response)
{
    const kw_produce_response *r = response;
    (void)context;
    CHECK(r->responses.len == 1 && r->responses.items[0].partition_responses.len == 1, "another partition is answered");
    error = r->responses.items[0].partition_responses.items[0].error_code;
    end_offset = r->responses.items[0].partition_responses.items[0].base_offset;
}

static kw_bytes one_record(uint8_t bytes[BATCH])
{
    kw_writer w;
    kw_batch_options options;
    kw_batch_builder builder;
    const kw_new_record record = {
        .timestamp = world.epoch + world.now, .key = {NULL, -1}, .value = {(const uint8_t *)"passing", 7}};
    kw_writer_init(&w, bytes, BATCH);
    kw_batch_options_init(&options);
    if (kw_batch_builder_init(&builder, &w, &options) != KW_OK || kw_batch_builder_append(&builder, &record) != KW_OK ||
        kw_batch_builder_end(&builder) != KW_OK)
        broken("a batch cannot be built");
    kw_span data = kw_writer_data(&w);
    return kw_bytes_of_span(data);
}

static void produce(struct passing *t)
{
    static uint8_t bytes[BATCH];
    kw_produce_request request;
    kw_produce_request_topic_produce_data topic;
    kw_produce_request_partition_produce_data partition;
    kw_produce_request_init(&request);
    kw_produce_request_topic_produce_data_init(&topic);
    kw_produce_request_partition_produce_data_init(&partition);
    int32_t p = partition.index = (int32_t)pick((size_t)t->least_partitions);
    partition.records = one_record(bytes);
    topic.topic_id = t->id;
    topic.partition_data.items = &partition;
    request.topic_data.items = &topic;
    topic.partition_data.len = request.topic_data.len = 1;
    request.acks = -1;
    request.timeout_ms = TIMEOUT_MS;
    t->most[p]++;
    if (!control_ask(KW_KEY_PRODUCE, 13, &request, use_produce, NULL))
        return;
    CHECK(error == KW_ERROR_NONE || error == KW_ERROR_KAFKA_STORAGE_ERROR || error == KW_ERROR_NOT_LEADER_OR_FOLLOWER,
          "a record for %s is answered with error %d", t->name, error);
    if (error != KW_ERROR_NONE)
        return;
    CHECK(end_offset >= t->least[p] && end_offset < t->most[p],
          "a record for %s-%d gets offset %" PRId64 ", where it has %" PRId64 " to %" PRId64, t->name, p, end_offset,
          t->least[p], t->most[p] - 1);
    t->least[p] = end_offset + 1;
}

static void use_end(void *context, const void *response)
{
    const kw_list_offsets_response *r = response;
    (void)context;
    CHECK(r->topics.len == 1 && r->topics.items[0].partitions.len == 1, "another partition is answered");
    error = r->topics.items[0].partitions.items[0].error_code;
    end_offset = r->topics.items[0].partitions.items[0].offset;
}

static void look(struct passing *t, int32_t p)
{
    enum { LATEST = -1 };
    kw_list_offsets_request request;
    kw_list_offsets_request_topic topic;
    kw_list_offsets_request_partition partition;
    kw_list_offsets_request_init(&request);
    kw_list_offsets_request_topic_init(&topic);
    kw_list_offsets_request_partition_init(&partition);
    partition.partition_index = p;
    partition.timestamp = LATEST;
    topic.name = kw_string_of(t->name);
    topic.partitions.items = &partition;
    request.topics.items = &topic;
    topic.partitions.len = request.topics.len = 1;
    request.replica_id = -1;
    if (!control_ask(KW_KEY_LIST_OFFSETS, 7, &request, use_end, NULL))
        return;
    CHECK(error == KW_ERROR_NONE || error == KW_ERROR_KAFKA_STORAGE_ERROR || error == KW_ERROR_NOT_LEADER_OR_FOLLOWER,
          "ListOffsets of %s-%d is answered with error %d", t->name, p, error);
    CHECK(error != KW_ERROR_NONE || (end_offset >= t->least[p] && end_offset <= t->most[p]),
          "%s-%d ends at %" PRId64 ", where it has %" PRId64 " to %" PRId64 " records", t->name, p, end_offset,
          t->least[p], t->most[p]);
}

/* ---- for the run ---- */

void passing_step(void)
{
    struct passing *t = &all[pick(NAMES)];
    if (!t->may_be)
        create(t);
    else if (!t->must_be || one_in(6))
        delete (t);
    else if (one_in(6))
        grow(t);
    else if (one_in(3))
        look(t, (int32_t)pick((size_t)t->least_partitions));
    else
        produce(t);
}

static void use_metadata(void *context, const void *response)
{
    const kw_metadata_response *r = response;
    (void)context;
    for (size_t i = 0; i < NAMES; i++) {
        struct passing *t = &all[i];
        const kw_metadata_response_topic *found = NULL;
        for (int32_t j = 0; j < r->topics.len; j++)
            if (kw_string_equal(r->topics.items[j].name, kw_string_of(t->name)))
                found = &r->topics.items[j];
        CHECK(found != NULL || !t->must_be, "%s is gone", t->name);
        CHECK(found == NULL || t->may_be, "%s is there again", t->name);
        CHECK(found == NULL || !t->must_be ||
                  (kw_uuid_equal(found->topic_id, t->id) && found->partitions.len >= t->least_partitions &&
                   found->partitions.len <= t->most_partitions),
              "%s is another topic, with %d partitions", t->name, found != NULL ? found->partitions.len : 0);
    }
}

void passing_check(void)
{
    kw_metadata_request request;
    kw_metadata_request_init(&request);
    request.topics.len = -1;
    CHECK(control_ask(KW_KEY_METADATA, 12, &request, use_metadata, NULL), "the broker goes away");
    for (size_t i = 0; i < NAMES; i++)
        for (int32_t p = 0; all[i].must_be && p < all[i].least_partitions; p++)
            look(&all[i], p);
}

/* Nothing is produced to what was created without an answer. Where a folder could not be renamed as its topic was
 * deleted, and the topic of that name has fewer partitions now, it is a stray one. */
bool passing_may_be_gone(const char *folder)
{
    for (size_t i = 0; i < NAMES; i++) {
        size_t length = strlen(all[i].name);
        if (strncmp(folder, all[i].name, length) == 0 && folder[length] == '-')
            return !all[i].must_be || atoi(folder + length + 1) >= all[i].least_partitions;
    }
    return false;
}
