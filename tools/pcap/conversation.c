/* SPDX-License-Identifier: Apache-2.0 */
#include "conversation.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/endian.h>

#include "../command/output.h"
#include "asked.h"
#include "plausible.h"

enum {
    FIRST_SLOTS = 8,
    MAX_SLOTS = 65536,
    MAX_STRANGERS = 8,     /* more means that the stream is out of step */
    SEARCH_REQUESTS = 64,  /* whose responses are searched for */
    SEARCH_BYTES = 1 << 22 /* for a request, before a connection to an unknown port is given up */
};

static int broker(const conversation *v)
{
    return 1 - v->client;
}

/* Ignores the connection from now on. */
static void ignore(conversation *v)
{
    v->link->ignored = true;
}

/* TLS that is not decrypted. */
static void ignore_tls(conversation *v)
{
    v->shared->counts.tls++;
    ignore(v);
}

static bool stop(void *context)
{
    const conversation *v = context;
    return v->link->ignored;
}

static void set_client(conversation *v, int side)
{
    v->client = side;
    v->framers[broker(v)].state = v->link->streams[broker(v)].from_start ? FRAMER_IN_STEP : FRAMER_SEARCHING;
}

conversation *conversation_create(conversation_context *shared, connection *link, int broker_end)
{
    if (!budget_take(shared->memory, sizeof(conversation)))
        return NULL;
    conversation *v = calloc(1, sizeof *v);
    if (v == NULL)
        die("out of memory: %zu bytes were asked for", sizeof *v);
    v->shared = shared;
    v->link = link;
    v->trusted = broker_end >= 0;
    v->client = -1;
    endpoint_text(&link->ends[0], v->names[0]);
    endpoint_text(&link->ends[1], v->names[1]);
    v->framers[0].state = v->framers[1].state = FRAMER_SEARCHING;
    kw_pairing_init(&v->pairing, NULL, 0);
    int client = link->opener >= 0 ? link->opener : broker_end >= 0 ? 1 - broker_end : -1;
    if (client >= 0) {
        set_client(v, client);
        if (link->streams[client].from_start)
            v->framers[client].state = FRAMER_AT_START;
    }
    return v;
}

/* ---- requests ---- */

/* Of an exchange only what is known of a request; the rest is not set, as that would take time. */
static void begin_exchange(const conversation *v, const kw_request *request, const frame *f, exchange *e)
{
    e->client = v->names[v->client];
    e->broker = v->names[broker(v)];
    e->client_end = &v->link->ends[v->client];
    e->broker_end = &v->link->ends[broker(v)];
    e->request = request;
    e->request_frame = *f;
}

static void *say_asked(conversation *v, const kw_request *request, const frame *f)
{
    exchange e;
    begin_exchange(v, request, f, &e);
    return v->shared->sink.asked(v->shared->sink.context, &e);
}

static void say(conversation *v, const asked *a, outcome what, const frame *response, const kw_in_flight *flight)
{
    exchange e = {.note = a->note, .outcome = what};
    begin_exchange(v, &a->header, &a->frame, &e);
    if (response != NULL) {
        kw_bytes payload = kw_bytes_of(response->data, response->captured);
        kw_arena_reset(&v->shared->arena);
        e.response_frame = *response;
        e.response_status =
            kw_response_decode_header(&e.response, flight->api_key, flight->api_version, payload, &v->shared->arena);
    }
    v->shared->sink.done(v->shared->sink.context, &e);
}

static asked *take_oldest(conversation *v)
{
    asked *a = v->oldest;
    v->oldest = a->next;
    if (v->oldest == NULL)
        v->newest = NULL;
    return a;
}

/* Ends the oldest request without a response. */
static void give_up_oldest(conversation *v)
{
    asked *a = take_oldest(v);
    (void)kw_pairing_drop(&v->pairing);
    say(v, a, OUTCOME_NOT_SEEN, NULL, NULL);
    asked_destroy(a, v->shared->memory);
}

static bool more_slots(conversation *v)
{
    size_t cap = v->pairing.cap == 0 ? FIRST_SLOTS : v->pairing.cap * 2;
    if (cap > MAX_SLOTS || !budget_take(v->shared->memory, (cap - v->pairing.cap) * sizeof *v->slots))
        return false;
    kw_in_flight *slots = malloc(cap * sizeof *slots);
    if (slots == NULL)
        die("out of memory: %zu bytes were asked for", cap * sizeof *slots);
    if (kw_pairing_move(&v->pairing, slots, cap) != KW_OK)
        abort();
    free(v->slots);
    v->slots = slots;
    return true;
}

/* Adds a request in flight; drops the oldest ones if memory is short. */
static asked *make_asked(conversation *v, const kw_request *request, const frame *f)
{
    while (kw_pairing_count(&v->pairing) == v->pairing.cap && !more_slots(v)) {
        if (v->oldest == NULL)
            return NULL;
        give_up_oldest(v);
    }
    asked *a;
    while ((a = asked_create(request, f, v->shared->sink.keep_requests, v->shared->memory)) == NULL) {
        if (v->oldest == NULL)
            return NULL;
        give_up_oldest(v);
    }
    return a;
}

static void add_in_flight(conversation *v, asked *a, kw_request request)
{
    kw_status status = kw_pairing_add(&v->pairing, &request);
    if (status != KW_OK) { /* a Produce request that is cut before its acks: it may be answered */
        request.kind = KW_FRAME_UNKNOWN_VERSION;
        status = kw_pairing_add(&v->pairing, &request);
    }
    if (status != KW_OK)
        abort();
    *(v->newest != NULL ? &v->newest->next : &v->oldest) = a;
    v->newest = a;
}

static void take_request(conversation *v, const kw_request *request, const frame *f)
{
    bool answered;
    if (kw_request_is_answered(request, &answered) == KW_OK && !answered) {
        asked now = {.header = *request, .frame = *f, .note = say_asked(v, request, f)};
        say(v, &now, OUTCOME_NOT_DUE, NULL, NULL);
        return;
    }
    asked *a = make_asked(v, request, f);
    if (a == NULL) {
        v->shared->counts.skipped += f->size;
        return;
    }
    a->note = say_asked(v, request, f);
    add_in_flight(v, a, *request);
}

/* Between SaslHandshake version 0 and the next request there are raw tokens, whose number depends on the mechanism. */
static bool is_token(conversation *v, const frame *f)
{
    if (!kw_pairing_tokens_follow(&v->pairing, KW_MESSAGE_REQUEST))
        return false;
    if (request_is_plausible(f, &v->shared->arena)) {
        kw_pairing_end_tokens(&v->pairing);
        v->framers[0].tokens = v->framers[1].tokens = false;
        return false;
    }
    v->shared->counts.tokens++;
    return true;
}

static void on_request(conversation *v, const frame *f)
{
    framer *own = &v->framers[v->client];
    if (is_token(v, f))
        return;
    kw_request request;
    kw_bytes payload = kw_bytes_of(f->data, f->captured);
    kw_arena_reset(&v->shared->arena);
    kw_status status = kw_request_decode_header(&request, payload, &v->shared->arena);
    bool cut = frame_is_cut(f);
    if (cut && request.error_at < 8 && status != KW_OK) {
        v->shared->counts.too_short++;
        return;
    }
    if ((status != KW_OK && !cut) || (request.kind != KW_FRAME_KNOWN && !request_may_be_newer(&request))) {
        v->shared->counts.skipped += f->size;
        own->state = FRAMER_SEARCHING;
        return;
    }
    take_request(v, &request, f);
    own->tokens = kw_pairing_tokens_follow(&v->pairing, KW_MESSAGE_REQUEST);
}

/* ---- responses ---- */

static bool is_in_flight(const conversation *v, int32_t correlation_id)
{
    for (const asked *a = v->oldest; a != NULL; a = a->next)
        if (a->header.correlation_id == correlation_id)
            return true;
    return false;
}

static void on_stranger(conversation *v)
{
    v->shared->counts.orphans++;
    if (++v->strangers > MAX_STRANGERS) {
        v->framers[broker(v)].state = FRAMER_SEARCHING;
        v->strangers = 0;
    }
}

static void on_response(conversation *v, const frame *f)
{
    framer *own = &v->framers[broker(v)];
    if (kw_pairing_tokens_follow(&v->pairing, KW_MESSAGE_RESPONSE)) {
        v->shared->counts.tokens++;
        return;
    }
    kw_bytes payload = kw_bytes_of(f->data, f->captured);
    if (f->captured < 4 || !is_in_flight(v, (int32_t)kw_load_be32(f->data))) {
        on_stranger(v);
        return;
    }
    kw_in_flight flight;
    while (kw_pairing_take(&v->pairing, payload, &flight) != KW_OK) {
        give_up_oldest(v);
        kw_pairing_end_tokens(&v->pairing); /* this response has a header, so no more tokens follow */
    }
    asked *a = take_oldest(v);
    say(v, a, OUTCOME_ANSWERED, f, &flight);
    asked_destroy(a, v->shared->memory);
    v->strangers = 0;
    own->tokens = kw_pairing_tokens_follow(&v->pairing, KW_MESSAGE_RESPONSE);
}

/* ---- frames ---- */

static void on_frame(void *context, int side, const frame *f)
{
    conversation *v = context;
    if (!v->found)
        v->shared->counts.kafka++;
    v->found = true;
    if (side == v->client)
        on_request(v, f);
    else
        on_response(v, f);
}

static verdict find_response(conversation *v, const uint8_t *data, size_t size, bool at_edge)
{
    if (v->oldest == NULL || data[0] > FRAME_MAX >> 24)
        return VERDICT_NO;
    if (size < 8)
        return VERDICT_MORE;
    size_t needed = kw_load_be32(data);
    if (needed < 4 || needed > FRAME_MAX)
        return VERDICT_NO;
    int32_t id = (int32_t)kw_load_be32(data + 4);
    const asked *a = v->oldest;
    for (int i = 0; i < SEARCH_REQUESTS && a != NULL; i++, a = a->next) {
        if (a->header.correlation_id != id)
            continue;
        kw_in_flight flight = {id, a->header.api_key, a->header.api_version};
        return response_begins(data, size, at_edge, &flight, &v->shared->arena);
    }
    return VERDICT_NO;
}

static verdict begins(void *context, int side, const uint8_t *data, size_t size, bool at_edge)
{
    conversation *v = context;
    if (v->client >= 0 && side != v->client)
        return find_response(v, data, size, at_edge);
    verdict found = request_begins(data, size, at_edge, &v->shared->arena);
    if (found == VERDICT_YES && v->client < 0)
        set_client(v, side);
    return found;
}

static bool looks_like_tls(const uint8_t *data, size_t size)
{
    kw_frame found;
    return size >= 5 && !kw_frame_next(data, size, FRAME_MAX, &found) && found.status == KW_ERR_FRAME_TLS;
}

/* The first bytes of a new connection are not a request that this library knows. */
static void refused(void *context, int side, const uint8_t *data, size_t size)
{
    conversation *v = context;
    kw_request request;
    kw_bytes payload = {data + 4, size < 4 ? 0 : (int32_t)(size - 4)};
    if (looks_like_tls(data, size)) {
        ignore_tls(v);
    } else if (!v->trusted) {
        ignore(v);
    } else if (size >= 12 && kw_load_be32(data) <= FRAME_MAX && kw_load_be32(data) >= 8 &&
               kw_request_decode_header(&request, payload, &v->shared->arena) == KW_OK &&
               request_may_be_newer(&request)) {
        v->framers[side].state = FRAMER_IN_STEP;
    } else {
        v->framers[side].state = FRAMER_SEARCHING;
    }
}

static void skipped(void *context, int side, size_t size)
{
    (void)side;
    conversation *v = context;
    if (v->found) {
        v->shared->counts.skipped += size;
        return;
    }
    v->searched += size;
    if (v->searched > SEARCH_BYTES && !v->trusted)
        ignore(v);
}

static const framer_sink frames = {on_frame, begins, refused, skipped, stop};

/* ---- bytes ---- */

/* Those that are not encrypted. */
static inline void take_plain(conversation *v, int side, const uint8_t *data, size_t size, int64_t time)
{
    if (v->framers[side].state == FRAMER_SEARCHING && !v->found && looks_like_tls(data, size)) {
        ignore_tls(v);
        return;
    }
    framer_bytes(&v->framers[side], &v->shared->frames, &frames, v, side, data, size, time);
}

static void take_decrypted(void *context, int side, const uint8_t *data, size_t size, int64_t time)
{
    take_plain(context, side, data, size, time);
}

static void take_gap(void *context, int side, size_t size, int64_t time)
{
    conversation *v = context;
    framer_gap(&v->framers[side], &v->shared->frames, &frames, v, side, size, time);
}

static void give_up_tls(void *context)
{
    ignore(context);
}

const decryption_sink conversation_decryption_sink = {take_decrypted, take_gap, give_up_tls, stop};

/* The first bytes: with the hello of TLS both sides are captured from their start. */
static void begin(conversation *v, int side, const uint8_t *data, size_t size)
{
    v->begun = true;
    if (!decryption_has_keys(&v->shared->tls) || !decryption_begins(data, size, v->link->streams[side].from_start))
        return;
    v->tls = decryption_create(&v->shared->tls, v, side);
    if (v->tls == NULL) {
        ignore_tls(v);
        return;
    }
    v->client = side;
    v->framers[side].state = FRAMER_AT_START;
    v->framers[broker(v)].state = FRAMER_IN_STEP;
}

void conversation_bytes(conversation *v, int side, const uint8_t *data, size_t size, int64_t time)
{
    if (!v->begun)
        begin(v, side, data, size);
    if (v->tls != NULL)
        decryption_bytes(v->tls, side, data, size, time);
    else
        take_plain(v, side, data, size, time);
}

void conversation_gap(conversation *v, int side, size_t size, gap_cause cause)
{
    traffic_counts *counts = &v->shared->counts;
    if (cause == GAP_CUT) {
        counts->cut_bytes += size;
    } else {
        counts->gaps++;
        counts->lost_bytes += size;
    }
    int64_t time = v->link->streams[side].clock;
    if (v->tls != NULL)
        decryption_gap(v->tls, side, size, time);
    else
        take_gap(v, side, size, time);
}

static void end(conversation *v, int side)
{
    if (side >= 0 && !v->link->ignored)
        framer_end(&v->framers[side], &v->shared->frames, &frames, v, side, v->link->streams[side].clock);
}

static void end_tls(const conversation *v)
{
    conversation_context *shared = v->shared;
    decryption_outcome result = decryption_result(v->tls);
    decryption_facts facts = decryption_known(v->tls);
    shared->counts.decryptions[result]++;
    if (result != NOT_SUPPORTED && !facts.early_data)
        return;
    if (shared->notice_count < MOST_TLS_NOTICES) {
        tls_notice *notice = &shared->notices[shared->notice_count];
        notice->decrypted = result != NOT_SUPPORTED;
        notice->facts = facts;
        memcpy(notice->client, v->names[v->client], sizeof notice->client);
        memcpy(notice->broker, v->names[broker(v)], sizeof notice->broker);
    }
    shared->notice_count++;
}

void conversation_destroy(conversation *v)
{
    budget *memory = v->shared->memory;
    if (v->tls != NULL)
        end_tls(v);
    v->shared->counts.refused += v->trusted && !v->found && v->searched != 0 && !v->link->ignored;
    if (v->client >= 0) { /* requests before responses */
        end(v, v->client);
        end(v, broker(v));
    }
    framer_finish(&v->framers[0], &v->shared->frames);
    framer_finish(&v->framers[1], &v->shared->frames);
    while (v->oldest != NULL)
        give_up_oldest(v);
    decryption_destroy(v->tls);
    budget_give(memory, v->pairing.cap * sizeof *v->slots);
    free(v->slots);
    budget_give(memory, sizeof *v);
    free(v);
}
