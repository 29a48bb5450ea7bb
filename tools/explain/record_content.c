/* SPDX-License-Identifier: Apache-2.0 */
#include "record_content.h"

#include <kwire/control_record.h>

#include "body.h"
#include "fields.h"

record_source record_source_of(kw_string topic, bool is_control)
{
    record_source s = {.is_control = is_control};
    s.is_internal = !is_control && topic.len > 0 && kw_internal_topic_find(topic, &s.topic);
    return s;
}

/* The body of a record at `at`, in its highest version if it is of a higher one, as Kafka reads what it does not know.
 */
static void explain_content(explainer *e, const kw_message *m, int16_t version, size_t at, size_t end)
{
    (void)explain_whole_body(e, m, version < m->versions.last ? version : m->versions.last, at, end);
}

/* Goes into a key or value from `at` to `end`. False, with its bytes told as they are, if that would be too deep. */
static bool enter(explainer *e, unsigned depth, size_t at, size_t end, scope *before)
{
    if (e->nesting + 1 == MOST_NESTING) {
        tell_raw(e, at, end, depth, "nested too deep");
        return false;
    }
    *before = scope_enter(e, depth);
    e->nesting++;
    e->cut = false;
    return true;
}

static void leave(explainer *e, scope before)
{
    e->nesting--;
    scope_leave(e, before);
}

/* ---- control records ---- */

static void explain_control_key(explainer *e, size_t at, size_t end)
{
    fields f = fields_between(e, at, end, e->depth);
    int16_t version = kw_read_int16(&f.in);
    if (version < 0)
        (void)fields_refuse(&f, "version", "INT16", KW_ERR_VERSION);
    if (version < 0 || !fields_tell(&f, "version", "INT16", value_integer(version)))
        return;
    int16_t type = kw_read_int16(&f.in);
    note_text(&e->meaning, kw_control_type_name(type));
    if (fields_tell(&f, "type", "INT16", value_integer(type)))
        tell_raw(e, f.told, end, e->depth, "of a newer version; Kafka ignores it");
}

/* Each value begins with its version. In the markers it is in front of the message, in the others its first field. */
static void explain_control_value(explainer *e, size_t at, size_t end, kw_bytes key)
{
    kw_record record = {.key = key, .value = {e->in->data + at, (int32_t)(end - at)}};
    kw_control_record control;
    kw_arena_reset(&e->arenas[e->nesting]);
    kw_status status = kw_control_record_decode(&control, &record, &e->arenas[e->nesting]);
    if (control.message == NULL) {
        tell_raw(e, at, end, e->depth, status == KW_OK ? "of a type that is not known" : "of no type");
        return;
    }
    fields f = fields_between(e, at, end, e->depth);
    if (control.message == &kw_end_txn_marker_message || control.version < 0 || end - at < 2) {
        int16_t version = kw_read_int16(&f.in);
        if (kw_reader_ok(&f.in) && version < 0)
            (void)fields_refuse(&f, "version", "INT16", KW_ERR_VERSION);
        if (version < 0 || !fields_tell(&f, "version", "INT16", value_integer(version)))
            return;
    }
    explain_content(e, control.message, control.version, f.told, end);
}

/* ---- records of Kafka's own topics ---- */

static void explain_coordinator_key(explainer *e, kw_internal_topic topic, size_t at, size_t end)
{
    fields f = fields_between(e, at, end, e->depth);
    int16_t type = kw_read_int16(&f.in);
    const kw_record_type *record = kw_record_type_find(topic, type);
    note_text(&e->meaning, record != NULL ? record->name : "not known");
    if (!fields_tell(&f, "type", "INT16", value_integer(type)))
        return;
    if (record != NULL)
        explain_content(e, record->key, 0, f.told, end);
    else
        tell_raw(e, f.told, end, e->depth, "of a type that is not known");
}

static void explain_coordinator_value(explainer *e, const kw_persisted *p, size_t at, size_t end)
{
    if (p->record == NULL) {
        tell_raw(e, at, end, e->depth, "of a type that is not known");
        return;
    }
    fields f = fields_between(e, at, end, e->depth);
    int16_t version = kw_read_int16(&f.in);
    if (!fields_tell(&f, "version", "INT16", value_integer(version)))
        return;
    if (p->kind == KW_PERSISTED_KNOWN)
        explain_content(e, p->record->value, version, f.told, end);
    else
        tell_raw(e, f.told, end, e->depth, "of a version that is not known");
}

/* A number of at most 32767 in front of a metadata record. */
static bool tell_small(fields *f, const char *name, const char *meaning, uint32_t *out)
{
    *out = kw_read_unsigned_varint(&f->in);
    if (kw_reader_ok(&f->in) && *out > INT16_MAX)
        return fields_refuse(f, name, "UNSIGNED_VARINT", KW_ERR_VARINT);
    note_text(&f->e->meaning, meaning);
    return fields_tell(f, name, "UNSIGNED_VARINT", value_integer(*out));
}

static void explain_metadata_value(explainer *e, const kw_persisted *p, size_t at, size_t end)
{
    fields f = fields_between(e, at, end, e->depth);
    uint32_t number;
    if (!tell_small(&f, "frameVersion", "", &number))
        return;
    if (p->kind == KW_PERSISTED_UNKNOWN_FRAME) {
        tell_raw(e, f.told, end, e->depth, "of a frame version that is not known");
        return;
    }
    const char *name = p->record != NULL ? p->record->name : "not known";
    if (!tell_small(&f, "type", name, &number) || !tell_small(&f, "version", "", &number))
        return;
    if (p->kind == KW_PERSISTED_KNOWN)
        explain_content(e, p->record->value, (int16_t)number, f.told, end);
    else
        tell_raw(e, f.told, end, e->depth, "of a type or version that is not known");
}

static bool has_keys(kw_internal_topic topic)
{
    return topic != KW_INTERNAL_TOPIC_CLUSTER_METADATA && topic != KW_INTERNAL_TOPIC_REMOTE_LOG_METADATA;
}

/* ---- both ---- */

void explain_record_key(explainer *e, const record_source *s, size_t at, kw_bytes key, unsigned depth)
{
    scope before;
    size_t end = at + (size_t)key.len;
    if (!enter(e, depth, at, end, &before))
        return;
    if (s->is_control)
        explain_control_key(e, at, end);
    else if (has_keys(s->topic))
        explain_coordinator_key(e, s->topic, at, end);
    else
        tell_raw(e, at, end, e->depth, "Kafka takes no notice of it");
    leave(e, before);
}

void explain_record_value(explainer *e, const record_source *s, size_t at, kw_bytes key, kw_bytes value, unsigned depth)
{
    scope before;
    size_t end = at + (size_t)value.len;
    if (!enter(e, depth, at, end, &before))
        return;
    kw_persisted p;
    kw_status ignored = s->is_control ? KW_OK : kw_persisted_decode_header(&p, s->topic, key, value);
    (void)ignored; /* what is wrong is told where it is */
    if (s->is_control)
        explain_control_value(e, at, end, key);
    else if (has_keys(s->topic))
        explain_coordinator_value(e, &p, at, end);
    else
        explain_metadata_value(e, &p, at, end);
    leave(e, before);
}
