/* SPDX-License-Identifier: Apache-2.0 */
#include "dump_log.h"

#include <stdio.h>

#include <kwire/storage/checkpoint.h>
#include <kwire/storage/meta_properties.h>
#include <kwire/storage/partition_metadata.h>
#include <kwire/storage/quorum_state.h>

#include "read_file.h"

#define PUT_ROW(p, type, cells) printer_row((p), (type), (cells), sizeof(cells) / sizeof((cells)[0]))

/* A UUID as text, "-" or null if it is zero. */
typedef struct uuid_text {
    char text[23];
} uuid_text;

static cell uuid_cell(const char *name, const char *title, kw_uuid uuid, uuid_text *text)
{
    kw_uuid_format(uuid, text->text);
    return text_cell(name, title, 22, kw_string_of(kw_uuid_is_zero(uuid) ? NULL : text->text));
}

/* An error in a text. */
typedef struct text_error {
    size_t at;
    char detail[240]; /* empty: only the status */
} text_error;

static kw_status put_offsets(printer *p, kw_string text, kw_arena *arena, text_error *error)
{
    kw_offset_checkpoint checkpoint;
    kw_status status = kw_offset_checkpoint_parse(&checkpoint, text, arena, &error->at);
    for (int32_t i = 0; i < checkpoint.len; i++) {
        const kw_partition_offset *item = &checkpoint.items[i];
        const cell cells[] = {
            text_cell("topic", "TOPIC", 30, item->topic),
            number_cell("partition", "PARTITION", 9, item->partition),
            number_cell("offset", "OFFSET", 12, item->offset),
        };
        PUT_ROW(p, "partitionOffset", cells);
    }
    return status;
}

static kw_status put_epochs(printer *p, kw_string text, kw_arena *arena, text_error *error)
{
    kw_leader_epochs epochs;
    kw_status status = kw_leader_epochs_parse(&epochs, text, arena, &error->at);
    for (int32_t i = 0; i < epochs.len; i++) {
        const cell cells[] = {
            number_cell("epoch", "EPOCH", 5, epochs.items[i].epoch),
            number_cell("startOffset", "START OFFSET", 12, epochs.items[i].start_offset),
        };
        PUT_ROW(p, "leaderEpoch", cells);
    }
    return status;
}

static kw_status put_partition(printer *p, kw_string text, kw_arena *arena, text_error *error)
{
    kw_uuid id;
    uuid_text id_text;
    (void)arena;
    kw_status status = kw_partition_metadata_parse(&id, text, &error->at);
    if (status == KW_OK) {
        const cell cells[] = {uuid_cell("topicId", "TOPIC ID", id, &id_text)};
        PUT_ROW(p, "partition", cells);
    }
    return status;
}

enum { SHOWN = 64 };

/* The start of a value; what is not printable ASCII is shown as '?'. */
static const char *show(kw_string value, char shown[SHOWN + 1])
{
    int32_t size = value.len < SHOWN ? value.len : SHOWN;
    for (int32_t i = 0; i < size; i++)
        shown[i] = (char)(value.data[i] >= ' ' && value.data[i] <= '~' ? value.data[i] : '?');
    shown[size] = '\0';
    return shown;
}

static void explain_property(const kw_property_error *wrong, text_error *error)
{
    char shown[SHOWN + 1];
    if (wrong->key == NULL)
        (void)snprintf(error->detail, sizeof error->detail, ", line %d: expected %s", (int)wrong->line,
                       wrong->expected);
    else if (wrong->value.len < 0)
        (void)snprintf(error->detail, sizeof error->detail, ": %s is missing: expected %s", wrong->key,
                       wrong->expected);
    else
        (void)snprintf(error->detail, sizeof error->detail, ", line %d: %s=%s: expected %s", (int)wrong->line,
                       wrong->key, show(wrong->value, shown), wrong->expected);
}

static kw_status put_meta(printer *p, kw_string text, kw_arena *arena, text_error *error)
{
    kw_meta_properties meta;
    uuid_text id_text;
    kw_property_error wrong;
    kw_status status = kw_meta_properties_parse(&meta, text, arena, &wrong);
    error->at = wrong.at;
    if (wrong.expected != NULL)
        explain_property(&wrong, error);
    if (status == KW_OK) {
        const cell cells[] = {
            number_cell("version", "VERSION", 7, meta.version),
            number_cell("nodeId", "NODE", 6, meta.node_id),
            text_cell("clusterId", "CLUSTER ID", 22, meta.cluster_id),
            uuid_cell("directoryId", "DIRECTORY ID", meta.directory_id, &id_text),
        };
        PUT_ROW(p, "meta", cells);
    }
    return status;
}

static kw_status put_quorum(printer *p, kw_string text, kw_arena *arena, text_error *error)
{
    kw_quorum_state state;
    uuid_text id_text;
    kw_status status = kw_quorum_state_parse(&state, text, arena, &error->at);
    if (status == KW_OK) {
        const cell cells[] = {
            number_cell("version", "VERSION", 7, state.data_version),
            number_cell("leaderId", "LEADER", 6, state.leader_id),
            number_cell("leaderEpoch", "EPOCH", 6, state.leader_epoch),
            number_cell("votedId", "VOTED FOR", 9, state.voted_id),
            uuid_cell("votedDirectoryId", "ITS DIRECTORY ID", state.voted_directory_id, &id_text),
        };
        PUT_ROW(p, "quorumState", cells);
    }
    return status;
}

void dump_text(dumper *d, dump_file *file)
{
    static kw_status (*const put[])(printer * p, kw_string text, kw_arena * arena, text_error * error) = {
        [KIND_META] = put_meta,     [KIND_OFFSETS] = put_offsets, [KIND_PARTITION] = put_partition,
        [KIND_QUORUM] = put_quorum, [KIND_EPOCHS] = put_epochs,
    };
    printer *p = &d->printer;
    kw_arena arena;
    kw_bytes bytes;
    problem why;
    text_error error = {0, ""};
    printer_begin(p, file, file_size(file->path), "");
    printer_head(p);
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), d->options->max_memory);
    if (!read_whole(file->path, d->options->max_memory, &arena, &bytes, &why)) {
        printer_problem(p, &why);
    } else {
        kw_string text = kw_string_of_bytes(bytes);
        kw_status status = put[file->kind](p, text, &arena, &error);
        if (status != KW_OK) {
            problem_set(&why, (int64_t)error.at, -1, status, "%s%s", file_kind_title(file->kind), error.detail);
            printer_problem(p, &why);
        }
    }
    kw_arena_finish(&arena);
}
