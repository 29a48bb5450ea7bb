/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_FILL_H
#define BENCH_FILL_H

/* Messages and records of a chosen size, the same ones every time; their content is in the arena. */

#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/messages/api_versions_response.h>
#include <kwire/messages/describe_topic_partitions_response.h>
#include <kwire/messages/fetch_response.h>
#include <kwire/messages/metadata_response.h>
#include <kwire/messages/offset_commit_request.h>
#include <kwire/messages/produce_request.h>
#include <kwire/record_builder.h>
#include <kwire/view.h>
#include <kwire/writer.h>

void fill_api_versions(kw_api_versions_response *m, kw_arena *arena, int32_t apis);
void fill_metadata(kw_metadata_response *m, kw_arena *arena, int32_t topics, int32_t partitions);
void fill_topic_partitions(kw_describe_topic_partitions_response *m, kw_arena *arena, int32_t topics,
                           int32_t partitions);
void fill_produce(kw_produce_request *m, kw_arena *arena, int32_t topics, int32_t partitions, int32_t batch_size);
void fill_fetch(kw_fetch_response *m, kw_arena *arena, int32_t topics, int32_t partitions, int32_t batch_size);
void fill_offset_commit(kw_offset_commit_request *m, kw_arena *arena, int32_t topics, int32_t partitions);

/* Unknown tagged fields of 8 bytes each. */
kw_raw_tags *fill_tags(kw_arena *arena, int32_t count);

void fill_bytes(uint8_t *data, int32_t size, int32_t seed);

/* Records with keys of 10 bytes and values of 100, a millisecond apart. */
kw_new_record *fill_records(kw_arena *arena, int32_t count);

/* Writes one batch of magic 2, not compressed. */
void write_batch(kw_writer *out, const kw_new_record *records, int32_t count);

#endif
