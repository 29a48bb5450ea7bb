/* SPDX-License-Identifier: Apache-2.0 */
#include "timeline.h"

#include <stdlib.h>
#include <string.h>

#include "../command/buffer.h"
#include "../command/output.h"
#include "explain_printer.h"
#include "filter.h"
#include "line_printer.h"

/* ---- connections ---- */

static uint32_t hash(const char *text, uint32_t h)
{
    for (; *text != '\0'; text++)
        h = (h ^ (uint8_t)*text) * 16777619U;
    return h;
}

/* NULL if the limit or memory does not allow one more. */
static lane *add_lane(timeline *t, const exchange *e, uint16_t *slot)
{
    if (t->lane_count == TIMELINE_LANES || !budget_take(&t->memory, sizeof(lane)))
        return NULL;
    lane *l = zeroed_memory(sizeof *l);
    memcpy(l->client, e->client, strlen(e->client));
    memcpy(l->broker, e->broker, strlen(e->broker));
    t->lanes[t->lane_count++] = l;
    *slot = (uint16_t)t->lane_count;
    return l;
}

static uint32_t find_lane(timeline *t, const exchange *e)
{
    uint32_t at = hash(e->broker, hash(e->client, 2166136261U)) % TIMELINE_LANE_SLOTS;
    for (; t->lane_slots[at] != 0; at = (at + 1) % TIMELINE_LANE_SLOTS) {
        const lane *l = t->lanes[t->lane_slots[at] - 1];
        if (strcmp(l->client, e->client) == 0 && strcmp(l->broker, e->broker) == 0)
            return t->lane_slots[at] - 1U;
    }
    return add_lane(t, e, &t->lane_slots[at]) != NULL ? t->lane_count - 1 : TIMELINE_LANES;
}

static void include(timeline *t, int64_t time)
{
    while (!activity_scale_include(&t->scale, time)) {
        for (uint32_t i = 0; i < t->lane_count; i++)
            activity_widen(&t->lanes[i]->activity, &t->scale);
        activity_scale_widen(&t->scale);
    }
}

/* ---- which entries are kept ---- */

/* First those that failed, then by time; a response that did not come took longest. */
static uint64_t rank_of(const sighting *s, bool failed)
{
    uint64_t time = s->latency < 0 ? 0 : (uint64_t)s->latency + 1;
    if (s->exchange->outcome == OUTCOME_NOT_SEEN)
        time = (uint64_t)INT64_MAX;
    return (time > INT64_MAX ? (uint64_t)INT64_MAX : time) | (uint64_t)failed << 63;
}

static void drop(timeline *t, size_t at)
{
    timeline_entry *e = t->entries[at];
    t->shares[e->slot].kept--;
    t->without_entry++;
    t->without_explanation -= e->explanations[KW_MESSAGE_REQUEST].size == 0;
    t->entries[at] = t->entries[--t->entry_count];
    budget_give(&t->memory, e->size);
    free(e);
}

static void drop_weakest(timeline *t, uint32_t slot)
{
    timeline_share *share = &t->shares[slot];
    uint64_t next = UINT64_MAX;
    size_t weakest = t->entry_count;
    for (size_t i = 0; i < t->entry_count; i++) {
        uint64_t rank = t->entries[i]->rank;
        if (t->entries[i]->slot != slot)
            continue;
        if (weakest == t->entry_count && rank == share->weakest)
            weakest = i;
        else if (rank < next)
            next = rank;
    }
    share->weakest = next;
    drop(t, weakest);
}

static uint32_t fullest(const timeline *t)
{
    uint32_t found = 0;
    for (uint32_t i = 1; i < STATISTICS_KEYS; i++)
        if (t->shares[i].kept > t->shares[found].kept)
            found = i;
    return found;
}

/* Drops an entry of the API that has the most, or of the same API if it has its share; false if none is weaker. */
static bool make_space(timeline *t, uint32_t slot, uint64_t rank)
{
    if (t->entry_count < t->most)
        return true;
    uint32_t from = fullest(t);
    if (t->shares[slot].kept + 1 >= t->shares[from].kept) {
        from = slot;
        if (t->shares[slot].kept == 0 || rank <= t->shares[slot].weakest)
            return false;
    }
    drop_weakest(t, from);
    return true;
}

/* ---- entries ---- */

static void put_content(void *context, const char *text, size_t size)
{
    excerpt_add(context, text, size);
}

static void put_explanation(void *context, const void *text, size_t size)
{
    timeline *t = context;
    excerpt_add(&t->excerpt, text, size);
}

static kw_string topic_name(void *context, kw_uuid id)
{
    const timeline *t = context;
    return topic_names_find(t->names, id);
}

/* Makes the texts of the messages of an exchange in `excerpts`. */
static void explain(timeline *t, const exchange *e, entry_text made[2])
{
    for (int kind = KW_MESSAGE_REQUEST; kind <= KW_MESSAGE_RESPONSE; kind++) {
        excerpt_init(&t->excerpt, t->excerpts[kind], sizeof t->excerpts[kind]);
        if (kind == KW_MESSAGE_REQUEST)
            explain_request_of(t->explainer, e);
        else
            explain_response_of(t->explainer, e);
        excerpt_end(&t->excerpt);
        size_t blank = t->excerpt.size != 0 && t->excerpt.data[0] == '\n'; /* after an earlier message */
        made[kind] = (entry_text){t->excerpt.data + blank, t->excerpt.size - blank, t->excerpt.lines_left_out};
    }
}

/* Appends a copy of `from` to the texts of an entry. */
static void copy_text(timeline_entry *to, size_t *used, entry_text *copy, const entry_text *from)
{
    if (from->size != 0)
        memcpy(to->text + *used, from->data, from->size);
    *copy = *from;
    copy->data = to->text + *used;
    *used += from->size;
}

/* NULL if memory is short. */
static timeline_entry *make_entry(timeline *t, const entry_text texts[4])
{
    size_t size = sizeof(timeline_entry);
    for (int i = 0; i < 4; i++)
        size += texts[i].size;
    if (!budget_take(&t->memory, size))
        return NULL;
    timeline_entry *made = zeroed_memory(size);
    size_t used = 0;
    made->size = size;
    copy_text(made, &used, &made->client_id, &texts[0]);
    copy_text(made, &used, &made->content, &texts[1]);
    copy_text(made, &used, &made->explanations[KW_MESSAGE_REQUEST], &texts[2]);
    copy_text(made, &used, &made->explanations[KW_MESSAGE_RESPONSE], &texts[3]);
    return made;
}

static entry_text client_id_of(const kw_request *request, char memory[TIMELINE_CONTENT])
{
    excerpt id;
    excerpt_init(&id, memory, TIMELINE_CONTENT);
    if (request->client_id.len > 0)
        excerpt_add(&id, request->client_id.data, (size_t)request->client_id.len);
    excerpt_end_line(&id);
    return (entry_text){id.data, id.size, 0};
}

static entry_text content_of(const timeline *t, const sighting *s, char memory[TIMELINE_CONTENT])
{
    char block[EMIT_RESERVE_MAX];
    excerpt line;
    emitter out;
    excerpt_init(&line, memory, TIMELINE_CONTENT);
    emit_init(&out, block, sizeof block, put_content, &line);
    emit_outcome_content(&out, t->names, s);
    emit_flush(&out);
    excerpt_end_line(&line);
    return (entry_text){line.data, line.size, 0};
}

/* Without explanations if memory is short, NULL if even that is too much. */
static timeline_entry *entry_of(timeline *t, const sighting *s)
{
    char memory[2][TIMELINE_CONTENT];
    entry_text texts[4] = {client_id_of(s->exchange->request, memory[0]), content_of(t, s, memory[1])};
    explain(t, s->exchange, &texts[2]);
    timeline_entry *made = make_entry(t, texts);
    if (made != NULL)
        return made;
    texts[2].size = texts[3].size = 0;
    made = make_entry(t, texts);
    t->without_explanation += made != NULL;
    return made;
}

static void fill_in(timeline_entry *to, const sighting *s)
{
    const exchange *e = s->exchange;
    to->start = e->request_frame.time;
    to->latency = s->latency;
    to->slot = statistics_slot(e->request->api_key);
    to->api_name = s->api_name;
    to->api_key = e->request->api_key;
    to->api_version = e->request->api_version;
    to->correlation_id = e->request->correlation_id;
    to->outcome = e->outcome;
    to->has_client_id = e->request->client_id.len >= 0;
    to->request_size = e->request_frame.size + FRAME_PREFIX;
    to->response_size = e->outcome == OUTCOME_ANSWERED ? e->response_frame.size + FRAME_PREFIX : 0;
}

/* Memory is short: from now on an entry replaces a weaker one. */
static void limit_entries(timeline *t)
{
    if (t->entry_count != 0 && t->entry_count < t->most)
        t->most = t->entry_count;
}

static void keep(timeline *t, const sighting *s, uint32_t lane_number, bool failed)
{
    uint64_t rank = rank_of(s, failed);
    uint32_t slot = statistics_slot(s->exchange->request->api_key);
    timeline_entry *made = make_space(t, slot, rank) ? entry_of(t, s) : NULL;
    if (made == NULL) {
        t->without_entry++;
        limit_entries(t);
        return;
    }
    fill_in(made, s);
    made->rank = rank;
    made->failed = failed;
    made->lane = lane_number;
    t->entries[t->entry_count++] = made;
    timeline_share *share = &t->shares[slot];
    share->kept++;
    share->weakest = rank < share->weakest ? rank : share->weakest;
}

/* ---- all exchanges ---- */

static void count(timeline *t, const sighting *s, bool failed)
{
    int64_t start = s->exchange->request_frame.time;
    int64_t end = s->latency < 0 ? start : start + s->latency;
    t->start = t->exchanges == 0 || start < t->start ? start : t->start;
    t->end = t->exchanges == 0 || end > t->end ? end : t->end;
    t->exchanges++;
    t->failed += failed;
    t->unanswered += s->exchange->outcome == OUTCOME_NOT_SEEN;
    statistics_add(&t->statistics, s);
}

static void show(void *context, const sighting *s)
{
    timeline *t = context;
    int64_t start = s->exchange->request_frame.time;
    bool failed = sighting_failed(s);
    count(t, s, failed);
    uint32_t number = find_lane(t, s->exchange);
    if (number == TIMELINE_LANES) {
        t->without_lane++;
        return;
    }
    lane *l = t->lanes[number];
    l->requests++;
    l->failed += failed;
    include(t, start);
    activity_add(&l->activity, &t->scale, start, failed);
    keep(t, s, number, failed);
}

sighting_sink timeline_sink(timeline *t)
{
    sighting_sink as = {show, t};
    return as;
}

/* ---- the timeline ---- */

void timeline_init(timeline *t, const topic_names *names, size_t most, size_t max_memory)
{
    memset(t, 0, sizeof *t);
    t->memory.limit = max_memory;
    t->most = most;
    t->names = names;
    t->entries = zeroed_memory(most * sizeof *t->entries);
    for (int i = 0; i < STATISTICS_KEYS; i++)
        t->shares[i].weakest = UINT64_MAX;
    explain_options options = {.short_names = true, .max_memory = max_memory, .topic_name = topic_name};
    options.write = put_explanation;
    options.context = t;
    t->explainer = explainer_create(&options);
}

static int by_time(const void *left, const void *right)
{
    const timeline_entry *a = *(const timeline_entry *const *)left;
    const timeline_entry *b = *(const timeline_entry *const *)right;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    if (a->lane != b->lane)
        return a->lane < b->lane ? -1 : 1;
    return a->correlation_id < b->correlation_id ? -1 : a->correlation_id > b->correlation_id;
}

/* The first row that is free; if none is, the one that is free first. */
static void place(lane *l, timeline_entry *e)
{
    unsigned row = 0;
    for (unsigned i = 0; i < l->rows && l->row_ends[row] > e->start; i++)
        if (l->row_ends[i] <= e->start || l->row_ends[i] < l->row_ends[row])
            row = i;
    if (l->rows == 0 || (l->row_ends[row] > e->start && l->rows < TIMELINE_ROWS))
        row = l->rows++;
    l->row_ends[row] = e->latency < 0 ? e->start : e->start + e->latency;
    e->row = row;
}

void timeline_sort(timeline *t)
{
    qsort(t->entries, t->entry_count, sizeof(timeline_entry *), by_time);
    for (size_t i = 0; i < t->entry_count; i++)
        place(t->lanes[t->entries[i]->lane], t->entries[i]);
}

void timeline_finish(timeline *t)
{
    for (size_t i = 0; i < t->entry_count; i++)
        free(t->entries[i]);
    free(t->entries);
    for (uint32_t i = 0; i < t->lane_count; i++)
        free(t->lanes[i]);
    statistics_finish(&t->statistics);
    explainer_destroy(t->explainer);
    memset(t, 0, sizeof *t);
}
