/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap.h"

#include <errno.h>
#include <string.h>

#include <kwire/messages/feature_level_record.h>
#include <kwire/reader.h>

#include "../base/file.h"
#include "../observe/console.h"
#include "image_records.h"
#include "snapshot.h"
#include "versions.h"

enum { RECORDS_LIMIT = 64 * 1024 * 1024 };

static bool refuse(const struct bootstrap *b, kw_status status)
{
    complain("%s/__cluster_metadata-0: %s", b->log_dir,
             status == KW_ERR_FILE ? strerror(errno) : kw_status_text(status));
    return false;
}

/* ---- voters ---- */

static kw_status make_voters(const struct bootstrap *b, kw_uuid directory_id, kw_arena *arena, kw_voters_record *out)
{
    const struct supported_feature *quorum = supported_feature(kw_string_of("kraft.version"));
    kw_voters_record_voter *self = kw_arena_array(arena, 1, sizeof *self);
    kw_voters_record_endpoint *endpoint = kw_arena_array(arena, 1, sizeof *endpoint);
    if (self == NULL || endpoint == NULL)
        return kw_arena_status(arena);
    kw_voters_record_init(out);
    *endpoint = (kw_voters_record_endpoint){b->controller_endpoint->name, b->controller_endpoint->host,
                                            b->controller_endpoint->port, NULL};
    *self = (kw_voters_record_voter){.voter_id = b->node_id,
                                     .voter_directory_id = directory_id,
                                     .endpoints = {endpoint, 1},
                                     .kraft_version_feature = {quorum->min, quorum->max, NULL}};
    out->voters.items = self;
    out->voters.len = 1;
    return KW_OK;
}

/* A copy, because what was read from the log is not kept. */
static kw_status take_voters(const struct metadata_log *log, kw_arena *arena, kw_voters_record *out)
{
    kw_reader in;
    uint8_t *copy = kw_arena_alloc(arena, (size_t)log->voters.len);
    if (copy == NULL)
        return kw_arena_status(arena);
    memcpy(copy, log->voters.data, (size_t)log->voters.len);
    kw_reader_init(&in, copy, (size_t)log->voters.len);
    return kw_voters_record_decode(out, 0, &in, arena);
}

/* ---- records ---- */

static void add_features(struct record_list *records, enum feature_release release)
{
    size_t count;
    const struct supported_feature *features = supported_features(&count);
    const struct supported_feature *version = supported_feature(kw_string_of("metadata.version"));
    for (size_t i = 0; i <= count; i++) {
        const struct supported_feature *feature = i == 0 ? version : &features[i - 1];
        kw_feature_level_record record;
        if (feature->initial[release] == 0 || (i != 0 && feature == version))
            continue;
        kw_feature_level_record_init(&record);
        record.name = kw_string_of(feature->name);
        record.feature_level = feature->initial[release];
        record_list_add(records, &kw_feature_level_record_message, 0, &record);
    }
}

/* The walk drops its records when it goes on, so they are copied. */
static kw_status copy_records(void *context, const struct record_list *from)
{
    struct record_list *to = context;
    for (size_t i = 0; i < from->count; i++) {
        uint8_t *copy = kw_arena_alloc(to->arena, (size_t)from->values[i].len);
        if (copy == NULL)
            return kw_arena_status(to->arena);
        memcpy(copy, from->values[i].data, (size_t)from->values[i].len);
        record_list_add_value(to, (kw_bytes){copy, from->values[i].len});
    }
    return to->status;
}

static kw_status take_records(const struct metadata_image *image, struct record_list *records)
{
    kw_arena arena;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), RECORDS_LIMIT);
    kw_status status = image_records(image, &arena, copy_records, records);
    kw_arena_finish(&arena);
    return status;
}

/* As kafka-storage format --standalone does it. */
static bool format(const struct bootstrap *b, const struct record_list *records, const kw_voters_record *voters)
{
    char folder[KW_PATH_SIZE];
    const struct snapshot_options options = {
        .now = b->now, .last_timestamp = b->now, .kraft_version = 1, .voters = voters};
    kw_status status = path_join(folder, b->log_dir, kw_string_of("__cluster_metadata-0"));
    if (status == KW_OK && !folder_create(folder))
        status = KW_ERR_FILE;
    if (status == KW_OK)
        status = snapshot_write_bootstrap(folder, records, &options);
    return status == KW_OK || refuse(b, status);
}

bool bootstrap_prepare(const struct bootstrap *b, const struct metadata_log *log, const struct metadata_image *image,
                       kw_arena *arena, struct record_list *records, int16_t *kraft_version, kw_voters_record *voters)
{
    bool is_formatted = log->end_offset >= 0 || image->parts.feature_count != 0;
    *kraft_version = is_formatted ? log->kraft_version : 1;
    bool are_in_log = is_formatted && *kraft_version > 0;
    kw_status status = are_in_log ? take_voters(log, arena, voters) : make_voters(b, b->directory_id, arena, voters);
    if (metadata_feature_level(image, kw_string_of("metadata.version")) == 0)
        add_features(records, b->release);
    else if (!log->has_records && status == KW_OK)
        status = take_records(image, records);
    if (status == KW_OK)
        status = records->status;
    if (status != KW_OK)
        return refuse(b, status);
    return is_formatted || format(b, records, voters);
}
