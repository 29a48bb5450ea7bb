/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_COORDINATOR_GROUP_SHARE_SHARE_GROUP_SUPPORT_H
#define TESTS_SERVER_COORDINATOR_GROUP_SHARE_SHARE_GROUP_SUPPORT_H

/* Share groups without a shard: heartbeats are decided and their records replayed by hand, and groups are printed. */

#include "../group_support.h"

#include "coordinator/group/share/share_heartbeat.h"

enum { MEMBERS = 6, TOPICS = 3, PARTITIONS = 5 };

static const char *const topic_names[TOPICS] = {"alpha", "beta", "gamma"};
static const char *const member_ids[MEMBERS] = {"m0", "m1", "m2", "m3", "m4", "m5"};
static const char *const group_ids[] = {"g", "share"};

static kw_arena call_arena;
static struct coordinator_decision decision;
static kw_share_group_heartbeat_response response;
static struct share_wanted wanted;

/* ---- images ---- */

static int32_t partition_counts[TOPICS]; /* 0: there is no such topic */

static inline const struct metadata_image *make_image(void)
{
    static struct metadata_partition partitions[PARTITIONS];
    struct metadata_topic *topics[TOPICS];
    size_t count = 0;
    for (int32_t i = 0; i < PARTITIONS; i++)
        partitions[i] = (struct metadata_partition){.index = i};
    for (size_t i = 0; i < TOPICS; i++) {
        const struct metadata_topic from = {.name = kw_string_of(topic_names[i]),
                                            .id = {{(uint8_t)(9 - i)}},
                                            .partitions = partitions,
                                            .partition_count = partition_counts[i]};
        if (partition_counts[i] != 0)
            topics[count++] = metadata_topic_create(&from);
    }
    const struct metadata_parts parts = {.topics = topics, .topic_count = count, .epoch = -1};
    const struct metadata_image *image = metadata_image_create(&parts);
    assert_non_null(image);
    return image;
}

/* Partitions are only added. */
static inline void change_image(struct group_machine *m, size_t topic, int32_t count)
{
    const struct metadata_image *before = decision.image;
    partition_counts[topic] = count;
    decision.image = make_image();
    share_image_changed(m, before, decision.image);
    metadata_image_release(before);
}

/* ---- requests ---- */

static inline void read_settings(struct group_machine *m)
{
    m->settings.share = (struct share_settings){.session_timeout = {45000, 45000, 60000},
                                                .heartbeat_interval = {5000, 5000, 15000},
                                                .assignment_interval = {0, 0, 15000},
                                                .max_size = 4,
                                                .initialize_retry_ms = 30000};
}

static inline void forget_records(void)
{
    kw_arena_reset(&record_arena);
    record_out_init(&decision.records, &record_arena);
    kw_arena_reset(&call_arena);
}

static inline kw_share_group_heartbeat_request request_of(const char *group, const char *member, int32_t epoch)
{
    kw_share_group_heartbeat_request request;
    kw_share_group_heartbeat_request_init(&request);
    request.group_id = kw_string_of(group);
    request.member_id = kw_string_of(member);
    request.member_epoch = epoch;
    return request;
}

static inline void decide(struct group_machine *m, const kw_share_group_heartbeat_request *request, kw_arena *arena)
{
    const struct share_heartbeat in = {request, kw_string_of("client"), kw_string_of("/127.0.0.1"), arena};
    kw_share_group_heartbeat_response_init(&response);
    wanted = (struct share_wanted){.epoch = 0};
    if (share_heartbeat_check(request, &response))
        share_heartbeat(m, &decision, &in, &response, &wanted);
}

/* ---- as text ---- */

static inline void print_set(FILE *out, const char *name, struct partition_set set)
{
    fprintf(out, " %s", name);
    for (size_t i = 0; i < set.count; i++)
        fprintf(out, " %d-%d", set.items[i].topic.bytes[0], set.items[i].index);
}

static inline void print_member(FILE *out, const struct share_slot *slot)
{
    fprintf(out, "\n %.*s names", KW_FMT(slot->id));
    for (int32_t i = 0; i < slot->member->names.len; i++)
        fprintf(out, " %.*s", KW_FMT(slot->member->names.items[i]));
    fprintf(out, " rack %.*s client %.*s %.*s", KW_FMT(slot->member->rack), KW_FMT(slot->member->client_id),
            KW_FMT(slot->member->client_host));
    if (slot->assignment != NULL) {
        fprintf(out, " epoch %d after %d state %d", slot->assignment->epoch, slot->assignment->previous_epoch,
                slot->assignment->state);
        print_set(out, "has", slot->assignment->set);
    }
    if (slot->target != NULL)
        print_set(out, "target", slot->target->set);
}

static inline void print_group(FILE *out, const struct group_machine *m, const char *id)
{
    const struct share_group *g = share_group_of(group_find(m, kw_string_of(id)));
    size_t count = 0;
    if (g == NULL)
        return;
    fprintf(out, "%s epochs %d %d hash %lld at %lld", id, g->epochs.epoch, g->epochs.target_epoch,
            (long long)g->epochs.metadata_hash, (long long)g->epochs.target_time);
    if (g->topics != NULL) {
        print_set(out, "initializing", g->topics->initializing);
        print_set(out, "initialized", g->topics->initialized);
    }
    for (size_t i = 0; i < MEMBERS; i++) {
        const struct share_slot *slot = share_find(g, kw_string_of(member_ids[i]));
        if (slot != NULL)
            print_member(out, slot);
        count += slot != NULL;
    }
    assert_int_equal(g->member_count, count);
    fprintf(out, "\n");
}

static inline char *text_of(const struct group_machine *m)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (size_t i = 0; i < COUNT_OF(group_ids); i++)
        print_group(out, m, group_ids[i]);
    fclose(out);
    return text;
}

static inline void expect_text(const struct group_machine *m, const char *expected)
{
    char *text = text_of(m);
    assert_string_equal(text, expected);
    free(text);
}

static int64_t log_end;

static inline kw_status replay_one(struct group_machine *m, const struct key_and_value *record, int64_t offset,
                                   struct coordinator_undo_list *undo)
{
    const struct coordinator_record r = {record->key, record->value, offset, KW_NO_PRODUCER_ID, -1};
    return group_machine_calls.replay(m, &r, undo);
}

static inline void start(void)
{
    start_machine();
    read_settings(machine);
    log_end = 0;
    for (size_t i = 0; i < TOPICS; i++)
        partition_counts[i] = 0;
    partition_counts[0] = 2;
    kw_arena_init_growing(&call_arena, NULL, 0, kw_allocator_libc(), 1 << 20);
    decision = (struct coordinator_decision){.state = machine, .now = 1700000000000, .clock = 1000};
    decision.image = make_image();
    forget_records();
}

static inline void end(void)
{
    metadata_image_release(decision.image);
    kw_arena_finish(&call_arena);
    end_machine();
}

#endif
