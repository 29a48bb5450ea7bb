/* SPDX-License-Identifier: Apache-2.0 */
#include "takeover.h"

#include <stdarg.h>
#include <stdio.h>

#include <kwire/messages/voters_record.h>
#include <kwire/topic_name.h>

#include "../observe/console.h"
#include "versions.h"

enum { VOTERS_LIMIT = 1024 * 1024 };

static bool refuse(char reason[TAKEOVER_REASON_SIZE], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reason, TAKEOVER_REASON_SIZE, format, arguments);
    va_end(arguments);
    return false;
}

/* Kafka compares directories as well: with another one it would be no voter. */
static bool is_only_voter(const kw_voters_record *voters, const struct takeover_facts *facts)
{
    const kw_voters_record_voter *voter = voters->voters.len == 1 ? &voters->voters.items[0] : NULL;
    return voter != NULL && voter->voter_id == facts->node_id &&
           (kw_uuid_is_zero(voter->voter_directory_id) ||
            kw_uuid_equal(voter->voter_directory_id, facts->directory_id));
}

/* Those of kraft.version 1 and later, which are in the log. */
static bool check_voters(const struct takeover_facts *facts, char *reason)
{
    kw_arena arena;
    kw_reader in;
    kw_voters_record voters;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), VOTERS_LIMIT);
    kw_reader_init_bytes(&in, facts->log->voters);
    bool only = facts->log->voters.len >= 0 && kw_voters_record_decode(&voters, 0, &in, &arena) == KW_OK &&
                is_only_voter(&voters, facts);
    kw_arena_finish(&arena);
    return only || refuse(reason, "node %ld of meta.properties is not the only voter of the metadata log",
                          (long)facts->node_id);
}

/* Those of kraft.version 0, which the file quorum-state has. */
static bool check_state(const struct takeover_facts *facts, char *reason)
{
    const kw_quorum_state *quorum = &facts->log->quorum;
    if (quorum->data_version != 0 || (quorum->voters.len == 1 && quorum->voters.items[0] == facts->node_id))
        return true;
    return refuse(reason, "node %ld of meta.properties is not the only voter by quorum-state", (long)facts->node_id);
}

static bool check_brokers(const struct takeover_facts *facts, char *reason)
{
    for (size_t i = 0; i < facts->image->parts.broker_count; i++)
        if (facts->image->parts.brokers[i].id != facts->node_id)
            return refuse(reason, "broker %ld belongs to the cluster", (long)facts->image->parts.brokers[i].id);
    return true;
}

static bool check_records(const struct takeover_facts *facts, char *reason)
{
    const struct metadata_feature *unsupported;
    if (facts->log->has_gap)
        return refuse(reason, "records of the metadata log are missing");
    if (facts->was_clean && facts->log->is_torn)
        return refuse(reason, "the metadata log is damaged, and what follows would be cut off");
    if (facts->log->kraft_version > supported_feature(kw_string_of("kraft.version"))->max)
        return refuse(reason, "kraft.version=%d is not supported", facts->log->kraft_version);
    if (!metadata_is_supported(facts->image, &unsupported))
        return refuse(reason, "%.*s=%d is not supported", KW_FMT(unsupported->name), unsupported->level);
    if (facts->log->has_unknown)
        return refuse(reason, "the metadata log has records that are damaged or not known");
    for (size_t i = 0; i < metadata_topic_count(facts->image); i++)
        if (!kw_topic_name_is_valid(metadata_topic_at(facts->image, i)->name))
            return refuse(reason, "a topic has a name that is not valid");
    return true;
}

bool takeover_is_possible(const struct takeover_facts *facts, char reason[TAKEOVER_REASON_SIZE])
{
    if (facts->log->end_offset < 0 && facts->has_folders)
        return refuse(reason, "there are partitions, but no metadata log");
    if (kw_uuid_is_zero(facts->directory_id))
        return refuse(reason, "meta.properties has no directory.id");
    bool voter = facts->log->kraft_version > 0 ? check_voters(facts, reason) : check_state(facts, reason);
    return voter && check_brokers(facts, reason) && check_records(facts, reason);
}
