/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_METADATA_COMPRESSED_TOPIC_H
#define TESTS_SERVER_METADATA_COMPRESSED_TOPIC_H

/* A file of metadata records that are compressed, which Kafka does not write but may read. */

#include "../../unit/disk_support.h"

#include <kwire/messages/topic_record.h>
#include <kwire/persisted.h>
#include <kwire/record_builder.h>

/* Writes `batches` of one TopicRecord each, of the topic "a", from offset 0 and in epoch 4. */
static inline void write_compressed_topic(const char *path, int batches)
{
    uint8_t value[256], bytes[4096];
    kw_topic_record topic;
    kw_writer w, out, scratch;
    kw_batch_options options;
    kw_batch_builder b;
    kw_topic_record_init(&topic);
    topic.name = kw_string_of("a");
    topic.topic_id.bytes[0] = 1;
    kw_writer_init(&w, value, sizeof value);
    kw_persisted_encode_header(&w, &kw_topic_record_message, 0);
    assert_status(kw_message_encode(&kw_topic_record_message, 0, &topic, &w), KW_OK);
    const kw_new_record record = {.key = {NULL, -1}, .value = kw_bytes_of(value, kw_writer_data(&w).size)};
    kw_writer_init(&out, bytes, sizeof bytes);
    kw_writer_init_growing(&scratch, kw_allocator_libc(), 65536);
    kw_batch_options_init(&options);
    options.codec = KW_CODEC_GZIP;
    options.compressor = kw_compressor_create(kw_allocator_libc());
    options.scratch = &scratch;
    options.leader_epoch = 4;
    for (int i = 0; i < batches; i++) {
        options.base_offset = i;
        assert_status(kw_batch_builder_init(&b, &out, &options), KW_OK);
        assert_status(kw_batch_builder_append(&b, &record), KW_OK);
        assert_status(kw_batch_builder_end(&b), KW_OK);
    }
    write_file(path, kw_writer_data(&out).data, kw_writer_data(&out).size);
    kw_compressor_destroy(options.compressor);
    kw_writer_finish(&scratch);
}

#endif
