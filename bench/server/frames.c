/* SPDX-License-Identifier: Apache-2.0 */
/* kwire-frames WHAT: prints one request frame, or the record batch of each partition of the topic "bench". */
#include <stdio.h>
#include <string.h>

#include <kwire/api_keys.h>
#include <kwire/frame.h>
#include <kwire/messages/api_versions_request.h>
#include <kwire/messages/create_topics_request.h>
#include <kwire/messages/fetch_request.h>
#include <kwire/messages/metadata_request.h>
#include <kwire/messages/produce_request.h>
#include <kwire/record_builder.h>

enum { PARTITIONS = 10, RECORDS = 100, RECORD_SIZE = 100, FETCH_SIZE = 1 << 20, TIMEOUT_MS = 10000 };
enum { LIMIT = 1 << 20 };

static kw_string topic_name(void)
{
    return kw_string_of("bench");
}

/* ---- requests ---- */

static kw_status write_api_versions(kw_writer *out)
{
    kw_api_versions_request request;
    kw_api_versions_request_init(&request);
    request.client_software_name = kw_string_of("kwire-load");
    request.client_software_version = kw_string_of("1");
    return kw_api_versions_request_encode(&request, 4, out);
}

static kw_status write_metadata(kw_writer *out)
{
    kw_metadata_request request;
    kw_metadata_request_topic topic;
    kw_metadata_request_init(&request);
    kw_metadata_request_topic_init(&topic);
    topic.name = topic_name();
    request.allow_auto_topic_creation = false;
    request.topics.items = &topic;
    request.topics.len = 1;
    return kw_metadata_request_encode(&request, 12, out);
}

/* Without a session, so that the broker keeps no state. */
static kw_status write_fetch_from(int64_t offset, kw_writer *out)
{
    kw_fetch_request request;
    kw_fetch_request_topic topic;
    kw_fetch_request_partition partition;
    kw_fetch_request_init(&request);
    kw_fetch_request_topic_init(&topic);
    kw_fetch_request_partition_init(&partition);
    partition.fetch_offset = offset;
    partition.partition_max_bytes = FETCH_SIZE;
    topic.topic = topic_name();
    topic.partitions.items = &partition;
    topic.partitions.len = 1;
    request.max_wait_ms = TIMEOUT_MS;
    request.min_bytes = 1;
    request.topics.items = &topic;
    request.topics.len = 1;
    return kw_fetch_request_encode(&request, 12, out);
}

static kw_status write_fetch(kw_writer *out)
{
    return write_fetch_from(0, out);
}

/* From the log end offset, so that it waits. */
static kw_status write_fetch_at_end(kw_writer *out)
{
    return write_fetch_from(RECORDS, out);
}

static kw_status write_create_topics(kw_writer *out)
{
    kw_create_topics_request request;
    kw_create_topics_request_creatable_topic topic;
    kw_create_topics_request_init(&request);
    kw_create_topics_request_creatable_topic_init(&topic);
    topic.name = topic_name();
    topic.num_partitions = PARTITIONS;
    topic.replication_factor = 1;
    request.timeout_ms = TIMEOUT_MS;
    request.topics.items = &topic;
    request.topics.len = 1;
    return kw_create_topics_request_encode(&request, 7, out);
}

/* ---- records ---- */

static kw_status write_batch(kw_writer *out)
{
    uint8_t value[RECORD_SIZE];
    kw_batch_options options;
    kw_batch_builder builder;
    kw_batch_options_init(&options);
    kw_status status = kw_batch_builder_init(&builder, out, &options);
    memset(value, 'v', sizeof value);
    for (int i = 0; i < RECORDS && status == KW_OK; i++) {
        kw_new_record record = {.timestamp = 1763683200000 + i, .key = {NULL, -1}, .value = {value, RECORD_SIZE}};
        status = kw_batch_builder_append(&builder, &record);
    }
    return status != KW_OK ? status : kw_batch_builder_end(&builder);
}

static kw_status write_produce(kw_writer *out)
{
    kw_produce_request request;
    kw_produce_request_topic_produce_data topic;
    kw_produce_request_partition_produce_data partitions[PARTITIONS];
    kw_writer batch;
    kw_writer_init_growing(&batch, kw_allocator_libc(), LIMIT);
    kw_status status = write_batch(&batch);
    kw_span records = kw_writer_data(&batch);
    for (int32_t i = 0; i < PARTITIONS; i++) {
        kw_produce_request_partition_produce_data_init(&partitions[i]);
        partitions[i].index = i;
        partitions[i].records = kw_bytes_of(records.data, records.size);
    }
    kw_produce_request_init(&request);
    kw_produce_request_topic_produce_data_init(&topic);
    topic.name = topic_name();
    topic.partition_data.items = partitions;
    topic.partition_data.len = PARTITIONS;
    request.acks = -1;
    request.timeout_ms = TIMEOUT_MS;
    request.topic_data.items = &topic;
    request.topic_data.len = 1;
    status = status != KW_OK ? status : kw_produce_request_encode(&request, 9, out);
    kw_writer_finish(&batch);
    return status;
}

/* ---- */

static const struct {
    const char *name;
    int16_t key, version;
    kw_status (*write)(kw_writer *out);
} requests[] = {
    {"api-versions", KW_KEY_API_VERSIONS, 4, write_api_versions},
    {"metadata", KW_KEY_METADATA, 12, write_metadata},
    {"fetch", KW_KEY_FETCH, 12, write_fetch},
    {"fetch-at-end", KW_KEY_FETCH, 12, write_fetch_at_end},
    {"create-topics", KW_KEY_CREATE_TOPICS, 7, write_create_topics},
    {"produce", KW_KEY_PRODUCE, 9, write_produce},
};

static kw_status write_named(const char *name, kw_writer *out)
{
    if (strcmp(name, "batch") == 0)
        return write_batch(out);
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        if (strcmp(name, requests[i].name) != 0)
            continue;
        kw_frame_mark mark = kw_request_begin(out, requests[i].key, requests[i].version, 0, kw_string_of("bench"));
        (void)requests[i].write(out);
        return kw_frame_end(out, mark);
    }
    return KW_ERR_UNKNOWN_MESSAGE;
}

int main(int argc, char **argv)
{
    kw_writer out;
    kw_writer_init_growing(&out, kw_allocator_libc(), LIMIT);
    kw_status status = argc == 2 ? write_named(argv[1], &out) : KW_ERR_UNKNOWN_MESSAGE;
    kw_span data = kw_writer_data(&out);
    if (status == KW_OK && (fwrite(data.data, 1, data.size, stdout) != data.size || fflush(stdout) != 0))
        status = KW_ERR_FILE;
    if (status != KW_OK)
        fprintf(stderr, "kwire-frames: %s\n", kw_status_text(status));
    kw_writer_finish(&out);
    return status != KW_OK;
}
