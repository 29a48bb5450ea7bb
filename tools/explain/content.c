/* SPDX-License-Identifier: Apache-2.0 */
#include "content.h"

#include <string.h>

#include <kwire/batches.h>
#include <kwire/endian.h>
#include <kwire/messages/consumer_protocol_assignment.h>
#include <kwire/messages/consumer_protocol_subscription.h>
#include <kwire/messages/default_principal_data.h>

#include "around.h"
#include "batches.h"
#include "body.h"
#include "fields.h"
#include "frame.h"
#include "meaning.h"

static const struct {
    const char *message;
    const char *field;
    content_kind kind;
} known[] = {
    {"JoinGroupRequest", "metadata", CONTENT_SUBSCRIPTION},
    {"JoinGroupResponse", "metadata", CONTENT_SUBSCRIPTION},
    {"SyncGroupRequest", "assignment", CONTENT_ASSIGNMENT},
    {"SyncGroupResponse", "assignment", CONTENT_ASSIGNMENT},
    {"DescribeGroupsResponse", "memberMetadata", CONTENT_SUBSCRIPTION},
    {"DescribeGroupsResponse", "memberAssignment", CONTENT_ASSIGNMENT},
    {"GroupMetadataValue", "subscription", CONTENT_SUBSCRIPTION},
    {"GroupMetadataValue", "assignment", CONTENT_ASSIGNMENT},
    {"ConsumerGroupMemberMetadataValue", "metadata", CONTENT_SUBSCRIPTION},
    {"EnvelopeRequest", "requestData", CONTENT_REQUEST},
    {"EnvelopeRequest", "requestPrincipal", CONTENT_PRINCIPAL},
    {"EnvelopeResponse", "responseData", CONTENT_RESPONSE},
};

static const kw_message *message_of(content_kind kind)
{
    switch (kind) {
    case CONTENT_SUBSCRIPTION:
        return &kw_consumer_protocol_subscription_message;
    case CONTENT_ASSIGNMENT:
        return &kw_consumer_protocol_assignment_message;
    case CONTENT_PRINCIPAL:
        return &kw_default_principal_data_message;
    default:
        return NULL;
    }
}

/* Higher versions start like the highest known one, and are read as that. */
static int16_t version_to_read(const kw_message *m, int16_t version)
{
    return version < m->versions.last ? version : m->versions.last;
}

/* Whether the bytes are a version and the message, without trailing bytes if the version is known. */
static bool is_message(explainer *e, const kw_message *m, kw_bytes bytes)
{
    if (bytes.len < 2)
        return false;
    int16_t version = (int16_t)kw_load_be16(bytes.data);
    kw_reader in;
    kw_reader_init(&in, bytes.data + 2, (size_t)bytes.len - 2);
    void *any;
    kw_arena *arena = &e->arenas[e->nesting + 1];
    kw_arena_reset(arena);
    if (version < 0 || kw_message_decode(m, version_to_read(m, version), &in, arena, &any) != KW_OK)
        return false;
    return version > m->versions.last || kw_reader_remaining(&in) == 0;
}

/* Groups of other protocols have other data in these fields, and old versions do not name the protocol. */
static bool is_of_consumers(explainer *e, content_kind kind, const kw_step *step, kw_bytes bytes)
{
    kw_string protocol = around_text(step, "protocolType");
    if (kw_string_equal(protocol, kw_string_of("consumer")))
        return true;
    return protocol.len <= 0 && is_message(e, message_of(kind), bytes);
}

static kw_string topic_of(const explainer *e, const kw_step *step)
{
    kw_string name = around_text(step, "topic");
    if (name.len <= 0)
        name = around_text(step, "name");
    if (name.len > 0)
        return name;
    name = meaning_topic_name(e, around_uuid(step, "topicId"));
    return name.len >= 0 ? name : kw_string_of(e->options.topic);
}

/* A part of a snapshot need not start with a batch. */
static bool begins_with_batch(kw_bytes bytes)
{
    kw_batches bs;
    kw_batch b;
    kw_batches_init(&bs, bytes);
    bs.flags = KW_BATCHES_CHECK_CRC;
    return kw_batches_next(&bs, &b);
}

static content_kind kind_of(const kw_message *m, const kw_step *step)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].field, step->field->name) == 0 && strcmp(known[i].message, m->name) == 0)
            return known[i].kind;
    return CONTENT_NONE;
}

content content_of(explainer *e, const kw_message *m, const kw_step *step, kw_bytes bytes)
{
    content c = {.kind = CONTENT_NONE, .topic = {NULL, -1}};
    if (bytes.len == 0 || e->nesting + 1 == MOST_NESTING)
        return c;
    if (step->field->kind == KW_KIND_RECORDS) {
        if (strcmp(m->name, "FetchSnapshotResponse") == 0 && !begins_with_batch(bytes))
            return c;
        c.kind = CONTENT_BATCHES;
        c.topic = topic_of(e, step);
        return c;
    }
    c.kind = kind_of(m, step);
    if ((c.kind == CONTENT_SUBSCRIPTION || c.kind == CONTENT_ASSIGNMENT) && !is_of_consumers(e, c.kind, step, bytes))
        c.kind = CONTENT_NONE;
    if (c.kind == CONTENT_PRINCIPAL && !is_message(e, message_of(c.kind), bytes))
        c.kind = CONTENT_NONE; /* brokers can be configured with other principals */
    if (c.kind == CONTENT_RESPONSE && !frame_knows_envelope(e))
        c.kind = CONTENT_NONE;
    return c;
}

/* INT16 version, then the message. */
static void explain_versioned(explainer *e, const kw_message *m, size_t at, size_t end)
{
    fields f = fields_between(e, at, end, e->depth);
    int16_t version = kw_read_int16(&f.in);
    if (kw_reader_ok(&f.in) && version < 0)
        (void)fields_refuse(&f, "version", "INT16", KW_ERR_VERSION);
    else if (fields_show(&f, "version", "INT16", value_integer(version)))
        (void)explain_whole_body(e, m, version_to_read(m, version), f.shown, end);
}

void content_explain(explainer *e, const content *c, unsigned depth, size_t at, size_t end)
{
    if (c->kind == CONTENT_BATCHES) {
        explain_batches(e, depth, at, end, c->topic);
        return;
    }
    scope before = scope_enter(e, depth + 1);
    e->nesting++;
    e->cut = e->cut && end == e->in->size;
    switch (c->kind) {
    case CONTENT_SUBSCRIPTION:
    case CONTENT_ASSIGNMENT:
    case CONTENT_PRINCIPAL:
        explain_versioned(e, message_of(c->kind), at, end);
        break;
    case CONTENT_REQUEST:
        explain_inner_request(e, at, end);
        break;
    case CONTENT_RESPONSE:
        explain_inner_response(e, at, end);
        break;
    case CONTENT_BATCHES:
    case CONTENT_NONE:
        break;
    }
    e->nesting--;
    scope_leave(e, before);
}
