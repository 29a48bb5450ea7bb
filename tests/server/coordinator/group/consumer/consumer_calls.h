/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_CALLS_H
#define TESTS_SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_CALLS_H

/* Heartbeats of members of the group "g", which are kept until the end of a test. */

#include "consumer_support.h"

#include "coordinator/pattern.h"

static struct beat_event beats[64]; /* kept until the end of a test */
static size_t beat_count;

/* ---- requests ---- */

static kw_string topic_names[] = {{"t0", 2}, {"t1", 2}, {"t2", 2}};

static inline struct beat_event *new_beat(const char *member, int32_t epoch)
{
    assert_true(beat_count < COUNT_OF(beats));
    struct beat_event *e = &beats[beat_count++];
    beat_init(e, "g", member, epoch);
    return e;
}

static inline const kw_consumer_group_heartbeat_response *send_beat(struct beat_event *e)
{
    beat_submit(e);
    sim_settle(&sim);
    assert_int_equal(e->completed, 1);
    assert_int_equal(e->error, KW_ERROR_NONE);
    return &e->response;
}

/* The first `topics` of t0, t1, t2. */
static inline struct beat_event *joining(const char *member, int32_t topics)
{
    static kw_consumer_group_heartbeat_request_topic_partitions none;
    struct beat_event *e = new_beat(member, EPOCH_JOIN);
    e->request.rebalance_timeout_ms = 10000;
    e->request.subscribed_topic_names.items = topic_names;
    e->request.subscribed_topic_names.len = topics;
    e->request.topic_partitions.items = &none;
    e->request.topic_partitions.len = 0;
    return e;
}

static inline const kw_consumer_group_heartbeat_response *join(const char *member, int32_t topics)
{
    return send_beat(joining(member, topics));
}

static inline const kw_consumer_group_heartbeat_response *beat(const char *member, int32_t epoch)
{
    return send_beat(new_beat(member, epoch));
}

/* It says that it has nothing. */
static inline const kw_consumer_group_heartbeat_response *beat_with_nothing(const char *member, int32_t epoch)
{
    struct beat_event *e = new_beat(member, epoch);
    e->request.topic_partitions.len = 0;
    return send_beat(e);
}

static inline int end_test(void **state)
{
    for (size_t i = 0; i < beat_count; i++)
        beat_finish(&beats[i]);
    beat_count = 0;
    return tear_down_groups(state);
}

/* ---- patterns of topic names ---- */

static inline struct beat_event *with_pattern(struct beat_event *e, const char *pattern)
{
    e->request.subscribed_topic_regex = kw_string_of(pattern);
    return e;
}

static inline bool are_built(void)
{
    struct pattern *pattern;
    const char *why;
    enum pattern_status status = pattern_compile(kw_string_of("a"), &pattern, &why);
    pattern_free(pattern);
    return status == PATTERN_VALID;
}

/* ---- answers ---- */

static inline const struct consumer_group *group(void)
{
    const struct consumer_group *g = consumer_group_of(group_find(machine, kw_string_of("g")));
    if (g != NULL)
        assert_sound(g, true);
    return g;
}

static inline int32_t count_assigned(const kw_consumer_group_heartbeat_response *r)
{
    int32_t count = 0;
    assert_non_null(r->assignment);
    for (int32_t t = 0; t < r->assignment->topic_partitions.len; t++)
        count += r->assignment->topic_partitions.items[t].partitions.len;
    return count;
}

static inline void assert_error(const kw_consumer_group_heartbeat_response *r, int16_t error, const char *message)
{
    assert_int_equal(r->error_code, error);
    assert_true(kw_string_equal(r->error_message, kw_string_of(message)));
    assert_null(r->assignment);
}

static inline void set_config(const char *name, const char *value)
{
    group_configs[group_config_count++] = (struct metadata_config){kw_string_of(name), kw_string_of(value)};
    publish();
}

#endif
