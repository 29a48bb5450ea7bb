/* SPDX-License-Identifier: Apache-2.0 */
#include "group_machine.h"

#include <stdlib.h>

#include <kwire/messages/consumer_group_current_member_assignment_key.h>
#include <kwire/messages/consumer_group_member_metadata_key.h>
#include <kwire/messages/consumer_group_metadata_key.h>
#include <kwire/messages/consumer_group_partition_metadata_key.h>
#include <kwire/messages/consumer_group_regular_expression_key.h>
#include <kwire/messages/consumer_group_target_assignment_member_key.h>
#include <kwire/messages/consumer_group_target_assignment_metadata_key.h>
#include <kwire/messages/group_metadata_key.h>
#include <kwire/messages/legacy_offset_commit_key.h>
#include <kwire/messages/offset_commit_key.h>
#include <kwire/messages/share_group_current_member_assignment_key.h>
#include <kwire/messages/share_group_member_metadata_key.h>
#include <kwire/messages/share_group_metadata_key.h>
#include <kwire/messages/share_group_state_partition_metadata_key.h>
#include <kwire/messages/share_group_target_assignment_member_key.h>
#include <kwire/messages/share_group_target_assignment_metadata_key.h>
#include <kwire/messages/streams_group_current_member_assignment_key.h>
#include <kwire/messages/streams_group_member_metadata_key.h>
#include <kwire/messages/streams_group_metadata_key.h>
#include <kwire/messages/streams_group_target_assignment_member_key.h>
#include <kwire/messages/streams_group_target_assignment_metadata_key.h>
#include <kwire/messages/streams_group_topology_key.h>

#include "../../observe/console.h"
#include "classic/classic_kind.h"
#include "consumer/consumer_group.h"
#include "share/share_group.h"
#include "streams_group.h"

enum { LAST_TYPE = 23, TYPE_BITS = 63 };

/* ---- types ---- */

const struct group_kind *group_kind_of(enum group_type type)
{
    static const struct group_kind *const kinds[] = {
        [GROUP_CLASSIC] = &classic_kind,
        [GROUP_CONSUMER] = &consumer_kind,
        [GROUP_SHARE] = &share_kind,
        [GROUP_STREAMS] = &streams_kind,
    };
    return kinds[type];
}

/* ---- replay ---- */

typedef kw_status replay_function(struct group_machine *m, const struct group_record *record,
                                  struct coordinator_undo_list *undo);

/* By the type of record. */
static replay_function *const replays[LAST_TYPE + 1] = {
    [KW_LEGACY_OFFSET_COMMIT_KEY_TYPE] = offset_replay_legacy,
    [KW_OFFSET_COMMIT_KEY_TYPE] = offset_replay,
    [KW_GROUP_METADATA_KEY_TYPE] = classic_replay,
    [KW_CONSUMER_GROUP_METADATA_KEY_TYPE] = consumer_replay,
    [KW_CONSUMER_GROUP_PARTITION_METADATA_KEY_TYPE] = consumer_replay,
    [KW_CONSUMER_GROUP_MEMBER_METADATA_KEY_TYPE] = consumer_replay,
    [KW_CONSUMER_GROUP_TARGET_ASSIGNMENT_METADATA_KEY_TYPE] = consumer_replay,
    [KW_CONSUMER_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY_TYPE] = consumer_replay,
    [KW_CONSUMER_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_TYPE] = consumer_replay,
    [KW_SHARE_GROUP_MEMBER_METADATA_KEY_TYPE] = share_replay,
    [KW_SHARE_GROUP_METADATA_KEY_TYPE] = share_replay,
    [KW_SHARE_GROUP_TARGET_ASSIGNMENT_METADATA_KEY_TYPE] = share_replay,
    [KW_SHARE_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY_TYPE] = share_replay,
    [KW_SHARE_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_TYPE] = share_replay,
    [KW_SHARE_GROUP_STATE_PARTITION_METADATA_KEY_TYPE] = share_replay,
    [KW_CONSUMER_GROUP_REGULAR_EXPRESSION_KEY_TYPE] = consumer_replay,
    [KW_STREAMS_GROUP_METADATA_KEY_TYPE] = streams_replay,
    [KW_STREAMS_GROUP_MEMBER_METADATA_KEY_TYPE] = streams_replay,
    [KW_STREAMS_GROUP_TARGET_ASSIGNMENT_METADATA_KEY_TYPE] = streams_replay,
    [KW_STREAMS_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY_TYPE] = streams_replay,
    [KW_STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_TYPE] = streams_replay,
    [KW_STREAMS_GROUP_TOPOLOGY_KEY_TYPE] = streams_replay,
};

static replay_function *find_replay(int16_t type)
{
    return type >= 0 && type <= LAST_TYPE ? replays[type] : NULL;
}

/* As in Kafka, a later release may have written it. */
static void skip(struct group_machine *m, int16_t type)
{
    unsigned bit = type >= 0 && type < TYPE_BITS ? (unsigned)type : TYPE_BITS;
    if ((m->skipped_types >> bit & 1) == 0)
        console_line("__consumer_offsets-%d: records of type %d are skipped, as they are not known",
                     m->options.partition, type);
    m->skipped_types |= UINT64_C(1) << bit;
}

static kw_status replay(void *state, const struct coordinator_record *record, struct coordinator_undo_list *undo)
{
    struct group_machine *m = state;
    struct group_record read;
    kw_arena_reset(&m->arena);
    kw_status status = group_record_read(&read, record, &m->arena);
    if (status != KW_OK)
        return status;
    replay_function *function = find_replay(read.type);
    if (function != NULL)
        return function(m, &read, undo);
    skip(m, read.type);
    return KW_OK;
}

static kw_status marker(void *state, const struct coordinator_marker *end, struct coordinator_undo_list *undo)
{
    return offset_replay_marker(state, end, undo);
}

/* ---- life ---- */

static void read_settings(struct group_machine *m, const struct metadata_image *image)
{
    const struct config_place place = {image, m->options.file, m->options.node_id};
    group_settings_read(&m->settings, &place);
}

struct group_machine *group_machine_create(const struct group_machine_options *options)
{
    struct group_machine *m = calloc(1, sizeof *m);
    if (m == NULL)
        return NULL;
    m->options = *options;
    m->budget = options->budget;
    m->groups.seed = m->offsets.seed = options->seed;
    kw_arena_init_growing(&m->arena, NULL, 0, kw_allocator_libc(), COORDINATOR_RECORD_LIMIT);
    return m;
}

void group_machine_destroy(struct group_machine *m)
{
    offset_store_finish(m);
    group_table_finish(m);
    kw_arena_finish(&m->arena);
    free(m);
}

static void for_each_kind(struct group_machine *m, bool is_loaded)
{
    for (size_t i = 0; i < group_bucket_count(m); i++)
        for (struct group *group = group_first_in(m, i); group != NULL; group = group_next_in(group)) {
            const struct group_kind *kind = group->type != GROUP_NONE ? group_kind_of(group->type) : NULL;
            if (kind != NULL && (is_loaded ? kind->loaded : kind->unloaded) != NULL)
                (is_loaded ? kind->loaded : kind->unloaded)(m, group);
        }
}

static void loaded(void *state, struct shard *shard)
{
    struct group_machine *m = state;
    m->shard = shard;
    m->new_topics_version = shard->image->parts.offset;
    read_settings(m, shard->image);
    offset_expiry_start(m);
    share_cleanup_start(m);
    for_each_kind(m, true);
}

static void unloaded(void *state)
{
    struct group_machine *m = state;
    for_each_kind(m, false);
    group_machine_destroy(m);
}

static void changed(void *state, struct shard *shard, const struct metadata_image *before,
                    const struct metadata_image *after)
{
    struct group_machine *m = state;
    (void)shard;
    m->hashes.image = NULL;
    read_settings(m, after);
    offset_expiry_changed(m, before, after);
    consumer_image_changed(m, before, after);
    share_image_changed(m, before, after);
}

const struct coordinator_calls group_machine_calls = {replay, marker, loaded, unloaded, changed};
