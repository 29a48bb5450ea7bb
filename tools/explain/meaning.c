/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "meaning.h"

#include <arpa/inet.h>
#include <string.h>

#include <kwire/api.h>
#include <kwire/control_record.h>
#include <kwire/error.h>

#include "../text/duration.h"
#include "../text/time_text.h"
#include "around.h"
#include "meaning_rules.h"

enum { NAME_SHOWN = 120 };

void meaning_note_text(explainer *e, const char *text)
{
    note_next(&e->meaning);
    note_text(&e->meaning, text);
}

void meaning_note_time(explainer *e, int64_t ms)
{
    char text[TIME_SIZE];
    meaning_note_text(e, time_text(ms, text) ? text : "not a time of the years 0 to 9999");
}

/* ---- numbers ---- */

static void note_error(explainer *e, int64_t code)
{
    const kw_error_info *info = kw_error_find((int16_t)code);
    meaning_note_text(e, info != NULL ? info->name : "not an error code of Kafka");
}

static void note_api(explainer *e, int64_t key)
{
    const kw_api *api = kw_api_find((int16_t)key);
    meaning_note_text(e, api != NULL ? api->name : "not an API of Kafka");
}

/* Shorter ones need no unit. */
static void note_duration(explainer *e, int64_t ms)
{
    char text[DURATION_SIZE];
    if (ms < 1000 || ms == INT64_MAX)
        return;
    duration_format((uint64_t)ms, text);
    meaning_note_text(e, text);
}

static void note_size(explainer *e, int64_t size)
{
    static const char units[] = "KMGTPE";
    int unit = -1;
    int64_t whole = size;
    int64_t rest = 0;
    for (; whole >= 1024; unit++) {
        rest = whole % 1024;
        whole /= 1024;
    }
    if (unit < 0)
        return;
    note_next(&e->meaning);
    if (rest * 10 / 1024 == 0)
        note_format(&e->meaning, "%lld %ciB", (long long)whole, units[unit]);
    else
        note_format(&e->meaning, "%lld.%lld %ciB", (long long)whole, (long long)(rest * 10 / 1024), units[unit]);
}

static void note_acls(explainer *e, int64_t bits)
{
    if (bits == INT32_MIN) {
        meaning_note_text(e, "not asked for");
        return;
    }
    if (bits == 0)
        meaning_note_text(e, "none");
    for (unsigned i = 0; i < 32; i++) {
        const char *name = meaning_acl_operation(i);
        if (((uint32_t)bits >> i & 1) == 0)
            continue;
        note_next(&e->meaning);
        if (name != NULL)
            note_text(&e->meaning, name);
        else
            note_format(&e->meaning, "bit %u", i);
    }
}

static void note_feature(explainer *e, const kw_step *step, int64_t level)
{
    kw_string name = around_text(step, "name");
    if (name.len < 0)
        name = around_text(step, "feature");
    if (!kw_string_equal(name, kw_string_of("metadata.version")))
        return;
    const char *version = meaning_metadata_version(level);
    meaning_note_text(e, version != NULL ? version : "not known");
}

static void note_integer(explainer *e, const meaning_rule *rule, const kw_step *step, int64_t number)
{
    const char *name = meaning_name_of(rule->names, number);
    if (name != NULL) {
        meaning_note_text(e, name);
        return;
    }
    switch (rule->how) {
    case MEANING_ERROR:
        note_error(e, number);
        break;
    case MEANING_API:
        note_api(e, number);
        break;
    case MEANING_CONTROL:
        meaning_note_text(e, kw_control_type_name((int16_t)number));
        break;
    case MEANING_TIME:
        meaning_note_time(e, number);
        break;
    case MEANING_DURATION:
        note_duration(e, number);
        break;
    case MEANING_SIZE:
        note_size(e, number);
        break;
    case MEANING_ACLS:
        note_acls(e, number);
        break;
    case MEANING_FEATURE:
        note_feature(e, step, number);
        break;
    default:
        break;
    }
}

/* ---- ids and addresses ---- */

kw_string meaning_topic_name(const explainer *e, kw_uuid id)
{
    static const kw_uuid metadata_topic = {{[15] = 1}};
    kw_string name = {NULL, -1};
    if (e->options.topic_name != NULL)
        name = e->options.topic_name(e->options.context, id);
    if (name.len < 0)
        name = topics_find(&e->topics, id);
    if (name.len < 0 && kw_uuid_equal(id, metadata_topic))
        name = kw_string_of("__cluster_metadata");
    return name;
}

static void note_topic(explainer *e, kw_uuid id)
{
    kw_string name = meaning_topic_name(e, id);
    if (kw_uuid_is_zero(id)) {
        meaning_note_text(e, "none");
    } else if (name.len >= 0) {
        note_next(&e->meaning);
        note_quoted(&e->meaning, name, NAME_SHOWN);
    }
}

/* Kafka reserves three of them. */
static void note_directory(explainer *e, kw_uuid id)
{
    static const char *const names[] = {"MIGRATING", "UNASSIGNED", "LOST"};
    kw_uuid rest = id;
    rest.bytes[15] = 0;
    if (kw_uuid_is_zero(rest) && id.bytes[15] < sizeof names / sizeof names[0])
        meaning_note_text(e, names[id.bytes[15]]);
}

static void note_id(explainer *e, meaning_how how, kw_uuid id)
{
    if (how == MEANING_TOPIC)
        note_topic(e, id);
    else if (how == MEANING_DIRECTORY)
        note_directory(e, id);
    else if (how == MEANING_ID && kw_uuid_is_zero(id))
        meaning_note_text(e, "none");
}

static void note_address(explainer *e, kw_bytes bytes)
{
    char text[INET6_ADDRSTRLEN];
    if ((bytes.len == 4 || bytes.len == 16) &&
        inet_ntop(bytes.len == 4 ? AF_INET : AF_INET6, bytes.data, text, sizeof text) != NULL)
        meaning_note_text(e, text);
}

/* ---- the rule of a field ---- */

/* Most fields have no rule, and the same few fields repeat. */
static const meaning_rule *find_rule(explainer *e, const kw_message *m, const kw_field *field)
{
    rule_slot *slot = &e->rules[(uintptr_t)field / sizeof *field % RULE_SLOTS];
    if (slot->field != field) {
        slot->field = field;
        slot->rule = meaning_rule_find(m->name, field);
    }
    return slot->rule;
}

void meaning_note(explainer *e, const kw_message *m, const kw_step *step, const explain_value *v)
{
    const meaning_rule *rule = find_rule(e, m, step->field);
    if (rule == NULL)
        return;
    if (v->kind == VALUE_INTEGER)
        note_integer(e, rule, step, v->integer);
    else if (v->kind == VALUE_BOOL)
        note_integer(e, rule, step, v->truth);
    else if (v->kind == VALUE_UUID)
        note_id(e, rule->how, v->uuid);
    else if (v->kind == VALUE_BYTES && rule->how == MEANING_ADDRESS)
        note_address(e, v->bytes);
}
