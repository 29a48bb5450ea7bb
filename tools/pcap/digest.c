/* SPDX-License-Identifier: Apache-2.0 */
#include "digest.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/batches.h>
#include <kwire/messages/find_coordinator_request.h>

#include "../command/output.h"

typedef enum mark {
    MARK_NAME,
    MARK_ID,
    MARK_PARTITION,
    MARK_ERROR,
    MARK_RECORDS,
    MARK_GROUP,
    MARK_TRANSACTIONAL_ID,
    MARK_COORDINATOR_KEY, /* what FindCoordinator asks for: a group or a transactional id */
    MARK_INSIDE
} mark;

typedef struct digest_step {
    const kw_field *field;
    const struct digest_plan *inside;
    mark mark;
} digest_step;

/* The relevant fields of a struct; names and ids come first. */
typedef struct digest_plan {
    const kw_struct *type;
    digest_step *steps;
    uint32_t count;
    uint32_t topic_steps; /* of a struct for one topic; else 0 */
    bool has_errors;      /* here or in nested structs */
    bool teaches;         /* which id a name has, here or in nested structs */
} digest_plan;

/* Context of all functions that read. */
typedef struct reading {
    const digest_reader *reader;
    digest *out;
    int16_t version;
    bool is_response;
} reading;

/* ---- plans ---- */

static bool is_array(const kw_field *f)
{
    return (f->flags & KW_FIELD_ARRAY) != 0;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static bool is_partition(const kw_struct *owner, const kw_field *f)
{
    if (f->kind != KW_KIND_INT32)
        return false;
    if (is_array(f))
        return strcmp(f->name, "partitions") == 0 || strcmp(f->name, "partitionIndexes") == 0;
    return strcmp(f->name, "partition") == 0 || strcmp(f->name, "partitionIndex") == 0 ||
           strcmp(f->name, "partitionId") == 0 ||
           (strcmp(f->name, "index") == 0 && strncmp(owner->name, "Partition", 9) == 0);
}

static bool is_coordinator_key(const kw_struct *owner, const kw_field *f)
{
    return strcmp(owner->name, "FindCoordinatorRequest") == 0 && f->kind == KW_KIND_STRING;
}

static bool is_wanted(const digest_reader *r, subject what)
{
    return r->wanted[what].len >= 0;
}

/* A field that is only relevant if a group or a transactional id is wanted. */
static bool find_subject(const digest_reader *r, const kw_struct *owner, const kw_field *f, mark *out)
{
    bool group = is_wanted(r, SUBJECT_GROUP);
    bool transactional_id = is_wanted(r, SUBJECT_TRANSACTIONAL_ID);
    if (group && f->entity == KW_ENTITY_GROUP_ID)
        *out = MARK_GROUP;
    else if (transactional_id && f->entity == KW_ENTITY_TRANSACTIONAL_ID)
        *out = MARK_TRANSACTIONAL_ID;
    else if ((group || transactional_id) && is_coordinator_key(owner, f))
        *out = MARK_COORDINATOR_KEY;
    else
        return false;
    return true;
}

static bool find_mark(const kw_struct *owner, const kw_field *f, mark *out)
{
    if (f->entity == KW_ENTITY_TOPIC_NAME)
        *out = MARK_NAME;
    else if (f->kind == KW_KIND_UUID && !is_array(f) && strcmp(f->name, "topicId") == 0)
        *out = MARK_ID;
    else if (is_partition(owner, f))
        *out = MARK_PARTITION;
    else if (f->kind == KW_KIND_INT16 && !is_array(f) && ends_with(f->name, "rrorCode"))
        *out = MARK_ERROR;
    else if (f->kind == KW_KIND_RECORDS)
        *out = MARK_RECORDS;
    else if (f->kind == KW_KIND_STRUCT)
        *out = MARK_INSIDE;
    else
        return false;
    return true;
}

static bool names_a_topic(const digest_step *step)
{
    return (step->mark == MARK_NAME || step->mark == MARK_ID) && !is_array(step->field);
}

static void *allocate(kw_arena *arena, size_t count, size_t size)
{
    void *p = kw_arena_array(arena, count, size);
    if (p == NULL)
        die("out of memory: %zu bytes were asked for", count * size);
    return p;
}

static const digest_plan *make_plan(digest_reader *r, const kw_struct *type);

/* False if it has no relevant fields. */
static bool make_step(digest_reader *r, const kw_struct *owner, const kw_field *f, digest_step *out)
{
    if (!find_subject(r, owner, f, &out->mark) && !find_mark(owner, f, &out->mark))
        return false;
    out->field = f;
    out->inside = NULL;
    if (out->mark == MARK_INSIDE) {
        out->inside = make_plan(r, f->type);
        return out->inside->count != 0;
    }
    return true;
}

static const digest_plan *make_plan(digest_reader *r, const kw_struct *type)
{
    kw_arena *arena = &r->plans.arena;
    digest_plan *plan = allocate(arena, 1, sizeof *plan);
    plan->type = type;
    plan->steps = allocate(arena, type->field_count + 1, sizeof *plan->steps);
    plan->count = plan->topic_steps = 0;
    plan->has_errors = plan->teaches = false;
    for (uint32_t i = 0; i < type->field_count; i++) {
        digest_step step;
        if (!make_step(r, type, &type->fields[i], &step))
            continue;
        plan->has_errors |= step.mark == MARK_ERROR || (step.inside != NULL && step.inside->has_errors);
        plan->teaches |= step.inside != NULL && step.inside->teaches;
        if (names_a_topic(&step)) {
            plan->steps[plan->count++] = plan->steps[plan->topic_steps];
            plan->steps[plan->topic_steps++] = step;
        } else {
            plan->steps[plan->count++] = step;
        }
    }
    plan->teaches |= plan->topic_steps > 1;
    return plan;
}

/* NULL if the message has no relevant fields. */
static const digest_plan *plan_of(digest_reader *r, const kw_message *m)
{
    digest_plans *plans = &r->plans;
    if (m->api_key < 0 || m->api_key > 255 || m->kind > KW_MESSAGE_RESPONSE)
        return NULL;
    if (!plans->ready)
        kw_arena_init_growing(&plans->arena, NULL, 0, kw_allocator_libc(), SIZE_MAX);
    plans->ready = true;
    const digest_plan **plan = &plans->plans[m->api_key][m->kind];
    if (*plan == NULL)
        *plan = make_plan(r, m->type);
    return (*plan)->count != 0 ? *plan : NULL;
}

/* ---- reading ---- */

static const void *place(const kw_field *f, const void *owner)
{
    return (const char *)owner + f->offset;
}

static void look_for(const reading *r, subject what, kw_string name)
{
    if (is_wanted(r->reader, what) && kw_string_equal(name, r->reader->wanted[what]))
        r->out->found |= 1u << what;
}

static void look_for_names(const reading *r, subject what, const kw_field *f, const void *at)
{
    if (!is_array(f)) {
        look_for(r, what, *(const kw_string *)at);
        return;
    }
    const kw_string_array *names = at;
    for (int32_t i = 0; i < names->len; i++)
        look_for(r, what, names->items[i]);
}

static void look_for_coordinator_key(const reading *r, const kw_field *f, const void *at, const void *request)
{
    enum { GROUP, TRANSACTION };
    const kw_find_coordinator_request *q = request;
    if (q->key_type == GROUP || q->key_type == TRANSACTION)
        look_for_names(r, q->key_type == GROUP ? SUBJECT_GROUP : SUBJECT_TRANSACTIONAL_ID, f, at);
}

/* Adds a topic of the message; NULL if the list is full. */
static topic_digest *add_topic(const reading *r, kw_string name, kw_uuid id)
{
    topic_list *list = &r->out->topics;
    const digest_reader *reader = r->reader;
    if (r->is_response)
        topic_names_learn(reader->names, id, name);
    list->count++;
    if (is_wanted(reader, SUBJECT_TOPIC)) {
        bool known = name.len > 0 || kw_uuid_is_zero(id);
        look_for(r, SUBJECT_TOPIC, known ? name : topic_names_find(reader->names, id));
    }
    if (list->kept == DIGEST_TOPICS)
        return NULL;
    topic_digest *t = &list->items[list->kept++];
    memset(t, 0, sizeof *t);
    t->name = name;
    t->id = id;
    return t;
}

static void add_partition(topic_digest *t, int32_t partition)
{
    if (t == NULL)
        return;
    t->partitions++;
    partition_range *last = t->range_count != 0 ? &t->ranges[t->range_count - 1] : NULL;
    if (last != NULL && last->last != INT32_MAX && partition == last->last + 1) {
        last->last = partition;
    } else if (t->range_count < DIGEST_RANGES) {
        partition_range one = {partition, partition};
        t->ranges[t->range_count++] = one;
    }
}

static void add_records(topic_digest *t, kw_bytes records)
{
    if (t == NULL || records.len <= 0)
        return;
    kw_batches batches;
    kw_batch batch;
    t->record_bytes += (uint64_t)records.len;
    for (kw_batches_init(&batches, records); kw_batches_next(&batches, &batch);) {
        if (batch.count >= 0)
            t->records += (uint64_t)batch.count;
        else
            t->more_records = true;
    }
}

static void add_error(const reading *r, int16_t code)
{
    if (code != 0)
        error_list_add(&r->out->errors, code, 1);
}

/* The topic that a struct names; NULL if it names none or the list is full. */
static topic_digest *read_topic(const reading *r, const digest_plan *plan, const void *value)
{
    kw_string name = {NULL, -1};
    kw_uuid id = {{0}};
    for (uint32_t i = 0; i < plan->topic_steps; i++) {
        const kw_field *f = plan->steps[i].field;
        if (!kw_versions_have(f->versions, r->version))
            continue;
        if (plan->steps[i].mark == MARK_NAME)
            name = *(const kw_string *)place(f, value);
        else
            id = *(const kw_uuid *)place(f, value);
    }
    if (name.len <= 0 && kw_uuid_is_zero(id))
        return NULL;
    return add_topic(r, name, id);
}

static void read_struct(const reading *r, const digest_plan *plan, const void *value, topic_digest *topic);

static void read_inside(const reading *r, const digest_step *step, const void *at, topic_digest *topic)
{
    const kw_field *f = step->field;
    if (is_array(f)) {
        const kw_any_array *array = at;
        for (int32_t i = 0; i < array->len; i++)
            read_struct(r, step->inside, (const char *)array->items + (size_t)i * f->type->size, topic);
    } else if ((f->flags & KW_FIELD_POINTER) != 0) {
        const void *const *pointer = at;
        if (*pointer != NULL)
            read_struct(r, step->inside, *pointer, topic);
    } else {
        read_struct(r, step->inside, at, topic);
    }
}

static void read_names(const reading *r, const kw_string_array *names)
{
    static const kw_uuid none = {{0}};
    for (int32_t i = 0; i < names->len; i++)
        if (names->items[i].len > 0)
            (void)add_topic(r, names->items[i], none);
}

static void read_partitions(const kw_field *f, const void *at, topic_digest *topic)
{
    if (!is_array(f)) {
        add_partition(topic, *(const int32_t *)at);
        return;
    }
    const kw_int32_array *array = at;
    for (int32_t i = 0; i < array->len; i++)
        add_partition(topic, array->items[i]);
}

static void read_step(const reading *r, const digest_step *step, const void *value, topic_digest *topic)
{
    const void *at = place(step->field, value);
    if (step->mark == MARK_INSIDE)
        read_inside(r, step, at, topic);
    else if (step->mark == MARK_ERROR)
        add_error(r, *(const int16_t *)at);
    else if (step->mark == MARK_GROUP)
        look_for_names(r, SUBJECT_GROUP, step->field, at);
    else if (step->mark == MARK_TRANSACTIONAL_ID)
        look_for_names(r, SUBJECT_TRANSACTIONAL_ID, step->field, at);
    else if (step->mark == MARK_COORDINATOR_KEY)
        look_for_coordinator_key(r, step->field, at, value);
    else if (!r->reader->topics)
        return;
    else if (step->mark == MARK_PARTITION)
        read_partitions(step->field, at, topic);
    else if (step->mark == MARK_RECORDS)
        add_records(topic, *(const kw_bytes *)at);
    else
        read_names(r, at);
}

/* `topic` is that of the enclosing struct. */
static void read_struct(const reading *r, const digest_plan *plan, const void *value, topic_digest *topic)
{
    if (plan->topic_steps != 0 && r->reader->topics)
        topic = read_topic(r, plan, value);
    for (uint32_t i = plan->topic_steps; i < plan->count; i++)
        if (kw_versions_have(plan->steps[i].field->versions, r->version))
            read_step(r, &plan->steps[i], value, topic);
}

bool digest_reads_requests(const digest_reader *r)
{
    return r->topics || is_wanted(r, SUBJECT_GROUP) || is_wanted(r, SUBJECT_TRANSACTIONAL_ID);
}

bool digest_is_useful(digest_reader *r, const kw_message *m)
{
    const digest_plan *plan = plan_of(r, m);
    return plan != NULL && (digest_reads_requests(r) || (m->kind == KW_MESSAGE_RESPONSE && plan->has_errors));
}

bool digest_teaches(digest_reader *r, const kw_message *m)
{
    const digest_plan *plan = plan_of(r, m);
    return plan != NULL && plan->teaches;
}

void digest_read(digest_reader *r, const kw_message *m, int16_t version, const void *value, digest *out)
{
    out->found = 0;
    memset(&out->topics, 0, sizeof out->topics);
    memset(&out->errors, 0, sizeof out->errors);
    out->topics.items = out->storage;
    const digest_plan *plan = plan_of(r, m);
    reading now = {r, out, version, m->kind == KW_MESSAGE_RESPONSE};
    if (plan != NULL)
        read_struct(&now, plan, value, NULL);
}

void error_list_add(error_list *errors, int16_t code, uint64_t count)
{
    errors->count += count;
    uint32_t i = 0;
    while (i < errors->kinds && errors->items[i].code != code)
        i++;
    if (i == DIGEST_ERRORS)
        return;
    if (i == errors->kinds)
        errors->items[errors->kinds++] = (error_digest){code, 0};
    errors->items[i].count += count;
}

static size_t copied_size(const topic_list *list)
{
    size_t size = sizeof *list + list->kept * sizeof *list->items;
    for (uint32_t i = 0; i < list->kept; i++)
        size += list->items[i].name.len > 0 ? (size_t)list->items[i].name.len : 0;
    return size;
}

topic_list *topic_list_copy(const topic_list *list, budget *memory)
{
    size_t size = copied_size(list);
    if (list->count == 0 || !budget_take(memory, size))
        return NULL;
    topic_list *copy = malloc(size);
    if (copy == NULL)
        die("out of memory: %zu bytes were asked for", size);
    *copy = *list;
    copy->items = (topic_digest *)(copy + 1);
    memcpy(copy->items, list->items, list->kept * sizeof *list->items);
    char *text = (char *)(copy->items + list->kept);
    for (uint32_t i = 0; i < list->kept; i++) {
        kw_string *name = &copy->items[i].name;
        size_t n = name->len > 0 ? (size_t)name->len : 0;
        if (n != 0)
            memcpy(text, name->data, n);
        name->data = text;
        text += n;
    }
    return copy;
}

void topic_list_free(topic_list *list, budget *memory)
{
    if (list == NULL)
        return;
    budget_give(memory, copied_size(list));
    free(list);
}

void digest_reader_finish(digest_reader *r)
{
    if (r->plans.ready)
        kw_arena_finish(&r->plans.arena);
    memset(&r->plans, 0, sizeof r->plans);
}
