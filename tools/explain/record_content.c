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

/* Explains the body of a record at `at`. A higher version than the highest known one is read as that, as Kafka does. */
static void explain_content(explainer *e, const kw_message *m, int16_t version, size_t at, size_t end)
{
    (void)explain_whole_body(e, m, version < m->versions.last ? version : m->versions.last, at, end);
}

/* Enters a key or value from `at` to `end`. False, with its bytes shown as they are, if that would be too deep. */
static bool enter(explainer *e, unsigned depth, size_t at, size_t end, scope *before)
{
    if (e->nesting + 1 == MOST_NESTING) {
        show_raw(e, at, end, depth, "nested too deep");
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
    if (version < 0 || !fields_show(&f, "version", "INT16", value_integer(version)))
        return;
    int16_t type = kw_read_int16(&f.in);
    note_text(&e->meaning, kw_control_type_name(type));
    if (fields_show(&f, "type", "INT16", value_integer(type)))
        show_raw(e, f.shown, end, e->depth, "of a newer version; Kafka ignores it");
}

/* Each value starts with its version: in markers before the message, in others as its first field. */
static void explain_control_value(explainer *e, size_t at, size_t end, kw_bytes key)
{
    kw_record record = {.key = key, .value = {e->in->data + at, (int32_t)(end - at)}};
    kw_control_record control;
    kw_arena_reset(&e->arenas[e->nesting]);
    kw_status status = kw_control_record_decode(&control, &record, &e->arenas[e->nesting]);
    if (control.message == NULL) {
        show_raw(e, at, end, e->depth, status == KW_OK ? "of an unknown type" : "of no type");
        return;
    }
    fields f = fields_between(e, at, end, e->depth);
    if (control.message == &kw_end_txn_marker_message || control.version < 0 || end - at < 2) {
        int16_t version = kw_read_int16(&f.in);
        if (kw_reader_ok(&f.in) && version < 0)
            (void)fields_refuse(&f, "version", "INT16", KW_ERR_VERSION);
        if (version < 0 || !fields_show(&f, "version", "INT16", value_integer(version)))
            return;
    }
    explain_content(e, control.message, control.version, f.shown, end);
}

/* ---- records of Kafka's own topics ---- */

static void explain_coordinator_key(explainer *e, kw_internal_topic topic, size_t at, size_t end)
{
    fields f = fields_between(e, at, end, e->depth);
    int16_t type = kw_read_int16(&f.in);
    const kw_record_type *record = kw_record_type_find(topic, type);
    note_text(&e->meaning, record != NULL ? record->name : "not known");
    if (!fields_show(&f, "type", "INT16", value_integer(type)))
        return;
    if (record != NULL)
        explain_content(e, record->key, 0, f.shown, end);
    else
        show_raw(e, f.shown, end, e->depth, "of an unknown type");
}

static void explain_coordinator_value(explainer *e, const kw_persisted *p, size_t at, size_t end)
{
    if (p->record == NULL) {
        show_raw(e, at, end, e->depth, "of an unknown type");
        return;
    }
    fields f = fields_between(e, at, end, e->depth);
    int16_t version = kw_read_int16(&f.in);
    if (!fields_show(&f, "version", "INT16", value_integer(version)))
        return;
    if (p->kind == KW_PERSISTED_KNOWN)
        explain_content(e, p->record->value, version, f.shown, end);
    else
        show_raw(e, f.shown, end, e->depth, "of an unknown version");
}

/* A number of at most 32767 before a metadata record. */
static bool show_small(fields *f, const char *name, const char *meaning, uint32_t *out)
{
    *out = kw_read_unsigned_varint(&f->in);
    if (kw_reader_ok(&f->in) && *out > INT16_MAX)
        return fields_refuse(f, name, "UNSIGNED_VARINT", KW_ERR_VARINT);
    note_text(&f->e->meaning, meaning);
    return fields_show(f, name, "UNSIGNED_VARINT", value_integer(*out));
}

static void explain_metadata_value(explainer *e, const kw_persisted *p, size_t at, size_t end)
{
    fields f = fields_between(e, at, end, e->depth);
    uint32_t number;
    if (!show_small(&f, "frameVersion", "", &number))
        return;
    if (p->kind == KW_PERSISTED_UNKNOWN_FRAME) {
        show_raw(e, f.shown, end, e->depth, "of an unknown frame version");
        return;
    }
    const char *name = p->record != NULL ? p->record->name : "not known";
    if (!show_small(&f, "type", name, &number) || !show_small(&f, "version", "", &number))
        return;
    if (p->kind == KW_PERSISTED_KNOWN)
        explain_content(e, p->record->value, (int16_t)number, f.shown, end);
    else
        show_raw(e, f.shown, end, e->depth, "of an unknown type or version");
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
        show_raw(e, at, end, e->depth, "Kafka ignores it");
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
    (void)ignored; /* errors are shown at their place */
    if (s->is_control)
        explain_control_value(e, at, end, key);
    else if (has_keys(s->topic))
        explain_coordinator_value(e, &p, at, end);
    else
        explain_metadata_value(e, &p, at, end);
    leave(e, before);
}
