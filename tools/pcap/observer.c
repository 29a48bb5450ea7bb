/* SPDX-License-Identifier: Apache-2.0 */
#include "observer.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/api.h>

#include "../command/output.h"

/* What is kept of a request until its response arrives. */
typedef struct note {
    topic_list *topics; /* NULL: none */
    unsigned found;     /* see digest */
    kw_status status;   /* of its body */
    size_t error_at;
    size_t trailing;
} note;

void observer_init(observer *o, const filter *wanted, observer_depth depth, const sighting_sink *who, budget *memory,
                   size_t max_memory)
{
    memset(o, 0, sizeof *o);
    o->filter = wanted;
    o->sink = *who;
    o->depth = depth;
    o->left = UINT64_MAX;
    o->memory = memory;
    o->reader.names = &o->names;
    for (int i = 0; i < SUBJECTS; i++)
        o->reader.wanted[i] = kw_string_of(wanted->subjects[i]);
    o->reader.topics = depth != OBSERVE_ERRORS || wanted->subjects[SUBJECT_TOPIC] != NULL;
    for (int i = 0; i < 2; i++)
        kw_arena_init_growing(&o->arenas[i], NULL, 0, kw_allocator_libc(), max_memory);
}

void observer_finish(observer *o)
{
    topic_names_finish(&o->names);
    digest_reader_finish(&o->reader);
    for (int i = 0; i < 2; i++)
        kw_arena_finish(&o->arenas[i]);
}

/* ---- bodies ---- */

static void decode(kw_arena *arena, kw_bytes bytes, body *b)
{
    kw_reader in;
    void *value;
    kw_arena_reset(arena);
    kw_reader_init_bytes(&in, bytes);
    in.flags = b->cut ? KW_READ_PARTIAL : 0;
    b->status = kw_message_decode(b->message, b->version, &in, arena, &value);
    b->error_at = in.error_at;
    b->trailing = kw_reader_remaining(&in);
    b->value = value;
    bool ends = b->status == KW_ERR_TRUNCATED || b->status == KW_ERR_LENGTH || b->status == KW_ERR_COUNT;
    if (b->cut && ends) /* the end of the captured bytes, not an error of the sender */
        b->status = KW_OK;
}

static body body_of_request(const kw_request *request, const frame *f)
{
    body b = {.version = request->api_version, .cut = frame_is_cut(f)};
    if (request->kind == KW_FRAME_KNOWN)
        b.message = kw_message_find(request->api_key, KW_MESSAGE_REQUEST);
    return b;
}

static body body_of_response(const exchange *e)
{
    body b = {.version = e->response.api_version};
    if (e->outcome != OUTCOME_ANSWERED)
        return b;
    b.cut = frame_is_cut(&e->response_frame);
    if (e->response_status != KW_OK)
        b.status = b.cut ? KW_OK : e->response_status;
    else if (e->response.kind == KW_FRAME_KNOWN)
        b.message = kw_message_find(e->response.api_key, KW_MESSAGE_RESPONSE);
    return b;
}

/* ---- requests ---- */

static void *make_note(observer *o, const body *b)
{
    topic_list *topics = o->reader.topics ? topic_list_copy(&o->digest.topics, o->memory) : NULL;
    if (topics == NULL && o->digest.found == 0 && b->status == KW_OK && b->trailing == 0)
        return NULL;
    if (!budget_take(o->memory, sizeof(note))) {
        topic_list_free(topics, o->memory);
        return NULL;
    }
    note *n = malloc(sizeof *n);
    if (n == NULL)
        die("out of memory: %zu bytes were asked for", sizeof *n);
    *n = (note){topics, o->digest.found, b->status, b->error_at, b->trailing};
    return n;
}

static void *asked(void *context, const exchange *e)
{
    observer *o = context;
    if (!filter_wants_request(o->filter, e))
        return o; /* as a note: it is not shown */
    o->pending++;
    body b = body_of_request(e->request, &e->request_frame);
    if (b.message == NULL || !digest_reads_requests(&o->reader))
        return NULL;
    decode(&o->arenas[KW_MESSAGE_REQUEST], e->request->body, &b);
    if (b.value == NULL)
        return NULL;
    digest_read(&o->reader, b.message, b.version, b.value, &o->digest);
    return make_note(o, &b);
}

static void free_note(observer *o, note *n)
{
    if (n == NULL)
        return;
    topic_list_free(n->topics, o->memory);
    budget_give(o->memory, sizeof *n);
    free(n);
}

/* ---- exchanges ---- */

/* Decodes the request again, if its values are shown next to those of the response. */
static void decode_request_again(observer *o, const exchange *e, body *b)
{
    kw_request request;
    kw_bytes payload = {e->request_frame.data, (int32_t)e->request_frame.captured};
    kw_arena_reset(&o->arenas[KW_MESSAGE_REQUEST]);
    if (b->message == NULL || payload.data == NULL)
        return;
    if (kw_request_decode_header(&request, payload, &o->arenas[KW_MESSAGE_REQUEST]) != KW_OK)
        return;
    b->cut = frame_is_cut(&e->request_frame);
    decode(&o->arenas[KW_MESSAGE_REQUEST], request.body, b);
}

static void fill_in_request(observer *o, const exchange *e, const note *n, sighting *s)
{
    body *b = &s->bodies[KW_MESSAGE_REQUEST];
    *b = body_of_request(e->request, &e->request_frame);
    if (n != NULL) {
        s->topics[KW_MESSAGE_REQUEST] = n->topics;
        s->found |= n->found;
        b->status = n->status;
        b->error_at = n->error_at;
        b->trailing = n->trailing;
    }
    if (o->depth == OBSERVE_BODIES)
        decode_request_again(o, e, b);
}

static void fill_in_response(observer *o, const exchange *e, sighting *s)
{
    body *b = &s->bodies[KW_MESSAGE_RESPONSE];
    *b = body_of_response(e);
    if (e->outcome == OUTCOME_ANSWERED) {
        int64_t latency = e->response_frame.time - e->request_frame.time;
        s->latency = latency > 0 ? latency : 0;
    }
    if (b->message != NULL && (o->depth != OBSERVE_ERRORS || digest_is_useful(&o->reader, b->message)))
        decode(&o->arenas[KW_MESSAGE_RESPONSE], e->response.body, b);
    if (b->value == NULL)
        return;
    digest_read(&o->reader, b->message, b->version, b->value, &o->digest);
    s->found |= o->digest.found;
    if (o->digest.topics.count != 0)
        s->topics[KW_MESSAGE_RESPONSE] = &o->digest.topics;
}

static void show(observer *o, const exchange *e, const note *n)
{
    const kw_api *api = kw_api_find(e->request->api_key);
    sighting s = {
        .exchange = e, .api_name = api != NULL ? api->name : NULL, .latency = -1, .errors = &o->digest.errors};
    o->digest.errors.kinds = 0;
    o->digest.errors.count = 0;
    fill_in_response(o, e, &s);
    fill_in_request(o, e, n, &s);
    if (o->left == 0 || !filter_wants(o->filter, &s))
        return;
    o->sink.show(o->sink.context, &s);
    o->left--;
}

/* Later messages may have only the ids of topics. */
static void learn_names(observer *o, const exchange *e)
{
    body b = body_of_response(e);
    if (b.message == NULL || !o->reader.topics || !digest_teaches(&o->reader, b.message))
        return;
    decode(&o->arenas[KW_MESSAGE_RESPONSE], e->response.body, &b);
    if (b.value != NULL)
        digest_read(&o->reader, b.message, b.version, b.value, &o->digest);
}

static void done(void *context, const exchange *e)
{
    observer *o = context;
    if (e->note == o) {
        learn_names(o, e);
        return;
    }
    o->pending--;
    show(o, e, e->note);
    free_note(o, e->note);
}

exchange_sink observer_sink(observer *o)
{
    exchange_sink sink = {asked, done, o, o->depth == OBSERVE_BODIES};
    return sink;
}
