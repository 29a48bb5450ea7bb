/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_resolve.h"

#include <stdlib.h>
#include <string.h>

#include "../../../base/growth.h"
#include "../../../metadata/image.h"
#include "../../pattern.h"
#include "consumer_group.h"
#include "consumer_records.h"
#include "consumer_topics.h"

enum { MEMORY_LIMIT = 256 * 1024 * 1024, LEAST_INTERVAL_MS = 10000 };

struct job_pattern {
    kw_string text;
    struct resolved_topics resolved; /* names are the image's */
};

/* Patterns on their way: with the machine's turn, then on a worker, then with the turn again. */
struct pattern_job {
    struct coordinator_event event; /* the first member */
    struct task task;
    struct shard *shard;
    void (*release)(struct shard *shard);
    const struct metadata_image *image; /* shared */
    struct pattern_job *next;           /* of the machine; only while that is there */
    struct pattern_job **link;
    kw_arena arena; /* of all that follows */
    kw_string group;
    struct job_pattern *patterns;
    size_t count;
    bool has_failed; /* memory was short on the worker */
};

static void free_job(struct pattern_job *job)
{
    metadata_image_release(job->image);
    kw_arena_finish(&job->arena);
    if (job->release != NULL)
        job->release(job->shard);
    free(job);
}

/* ---- on the worker ---- */

static bool match_all(struct pattern_job *job, struct job_pattern *p)
{
    size_t topics = metadata_topic_count(job->image);
    kw_string *names = kw_arena_array(&job->arena, topics + 1, sizeof *names);
    struct pattern *pattern;
    const char *why;
    if (names == NULL)
        return false;
    enum pattern_status status = pattern_compile(p->text, &pattern, &why);
    if (status == PATTERN_NO_MEMORY)
        return false;
    p->resolved.names.items = names;
    for (size_t i = 0; pattern != NULL && i < topics; i++) {
        kw_string name = metadata_topic_at(job->image, i)->name;
        if (pattern_matches(pattern, name))
            names[p->resolved.names.len++] = name;
    }
    pattern_free(pattern);
    return true;
}

static void complete(struct coordinator_event *event, int16_t error)
{
    (void)error; /* a later heartbeat tries again */
    free_job((struct pattern_job *)(void *)event);
}

static void work(struct task *task)
{
    struct pattern_job *job = (struct pattern_job *)(void *)((char *)task - offsetof(struct pattern_job, task));
    for (size_t i = 0; i < job->count && !job->has_failed; i++)
        job->has_failed = !match_all(job, &job->patterns[i]);
    if (coordinator_submit(job->shard, &job->event))
        free_job(job);
}

/* ---- with the turn: what comes back ---- */

static void leave_list(struct pattern_job *job)
{
    *job->link = job->next;
    if (job->next != NULL)
        job->next->link = job->link;
}

static bool has_other_topics(const struct pattern_result *result)
{
    static const kw_string_array none = {NULL, 0};
    const struct resolved_topics *before = result->pattern->resolved;
    return !same_names(before != NULL ? before->names : none, result->resolved->names);
}

static void take_results(struct coordinator_decision *d, const struct consumer_group *g,
                         const struct pattern_result *results, size_t count)
{
    const struct subscription_change change = {.results = results, .result_count = count};
    bool bump = false;
    int64_t hash;
    for (size_t i = 0; i < count; i++) {
        bump = bump || has_other_topics(&results[i]);
        consumer_records_add_pattern(&d->records, g->id, results[i].pattern->text, results[i].resolved);
    }
    if (!consumer_topics_hash(d, g, &change, d->records.arena, &hash)) {
        record_out_fail(&d->records, kw_arena_status(d->records.arena));
        return;
    }
    if (bump || hash != g->epochs.metadata_hash)
        consumer_records_add_epoch(&d->records, g->id, g->epochs.epoch + 1, hash);
}

static void decide(struct coordinator_event *event, struct coordinator_decision *d)
{
    struct pattern_job *job = (struct pattern_job *)(void *)event;
    leave_list(job);
    const struct consumer_group *g = consumer_group_of(group_find(d->state, job->group));
    if (g == NULL || job->has_failed)
        return;
    struct pattern_result *results = kw_arena_array(d->records.arena, job->count + 1, sizeof *results);
    size_t count = 0;
    if (results == NULL) {
        record_out_fail(&d->records, kw_arena_status(d->records.arena));
        return;
    }
    for (size_t i = 0; i < job->count; i++) {
        const struct consumer_pattern *pattern = consumer_find_pattern(g, job->patterns[i].text);
        if (pattern != NULL && pattern->members != 0)
            results[count++] = (struct pattern_result){pattern, &job->patterns[i].resolved};
    }
    take_results(d, g, results, count);
}

/* ---- with the turn: what is sent ---- */

static bool add_pattern(struct pattern_job *job, kw_string text, int64_t version, int64_t now)
{
    struct job_pattern *p = &job->patterns[job->count];
    *p = (struct job_pattern){.text = arena_copy_string(&job->arena, text), .resolved = {version, now, {NULL, 0}}};
    job->count += p->text.data != NULL;
    return p->text.data != NULL;
}

static bool fill(struct pattern_job *job, const struct consumer_group *g, const struct consumer_member *before,
                 const struct consumer_member *after, int64_t now)
{
    int64_t version = job->image->parts.offset;
    bool has_after = !consumer_member_has_pattern(after);
    job->group = arena_copy_string(&job->arena, g->id);
    job->patterns = kw_arena_array(&job->arena, g->patterns.count + 1, sizeof *job->patterns);
    if (job->group.data == NULL || job->patterns == NULL)
        return false;
    for (const struct hash_link *link = NULL; (link = hash_chains_after(&g->patterns, link)) != NULL;) {
        const struct consumer_pattern *pattern = consumer_pattern_at(link);
        bool is_after = kw_string_equal(pattern->text, after->pattern);
        uint32_t others = pattern->members;
        others -= before != NULL && kw_string_equal(pattern->text, before->pattern);
        has_after = has_after || is_after;
        if ((others != 0 || is_after) && !add_pattern(job, pattern->text, version, now))
            return false;
    }
    return has_after || add_pattern(job, after->pattern, version, now);
}

static struct pattern_job *create_job(const struct group_machine *m, const struct coordinator_decision *d)
{
    struct pattern_job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return NULL;
    kw_arena_init_growing(&job->arena, NULL, 0, kw_allocator_libc(), MEMORY_LIMIT);
    job->image = metadata_image_share(d->image);
    job->shard = d->shard;
    job->release = m->options.release;
    if (m->options.hold != NULL)
        m->options.hold(d->shard);
    job->event.decide = decide;
    job->event.complete = complete;
    job->event.executor = d->shard->options.home;
    job->task.run = work;
    return job;
}

static bool is_resolving(const struct group_machine *m, kw_string group)
{
    for (const struct pattern_job *job = m->resolving; job != NULL; job = job->next)
        if (kw_string_equal(job->group, group))
            return true;
    return false;
}

/* How many patterns the group is going to have. */
static size_t count_patterns(const struct consumer_group *g, const struct consumer_member *before,
                             const struct consumer_member *after, bool is_new)
{
    size_t count = g->pattern_count + is_new;
    if (before != NULL && consumer_member_has_pattern(before) && !kw_string_equal(before->pattern, after->pattern))
        count -= consumer_find_pattern(g, before->pattern)->members == 1;
    return count;
}

static bool is_due(const struct group_machine *m, const struct coordinator_decision *d, const struct consumer_group *g,
                   size_t count, bool is_new)
{
    bool was_resolved = g->resolved_count != 0;
    if (is_resolving(m, g->id) || (was_resolved && d->now <= g->resolved_time + LEAST_INTERVAL_MS))
        return false;
    return is_new || count != g->resolved_count || !was_resolved || g->resolved_version < m->new_topics_version ||
           d->now > g->resolved_time + m->settings.consumer.pattern_refresh_ms;
}

void consumer_resolve_if_due(struct group_machine *m, const struct coordinator_decision *d,
                             const struct consumer_group *g, const struct consumer_member *before,
                             const struct consumer_member *after, bool is_new)
{
    if (g->pattern_count == 0 && !is_new)
        return;
    size_t count = count_patterns(g, before, after, is_new);
    if (count == 0 || !is_due(m, d, g, count, is_new))
        return;
    struct pattern_job *job = create_job(m, d);
    if (job == NULL)
        return;
    if (!fill(job, g, before, after, d->now)) {
        free_job(job);
        return;
    }
    job->next = m->resolving;
    job->link = &m->resolving;
    if (job->next != NULL)
        job->next->link = &job->next;
    m->resolving = job;
    executor_offload(d->shard->options.home, &job->task);
}
