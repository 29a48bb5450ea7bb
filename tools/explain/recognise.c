/* SPDX-License-Identifier: Apache-2.0 */
#include "recognise.h"

#include <string.h>

#include <kwire/api.h>
#include <kwire/api_keys.h>
#include <kwire/batches.h>
#include <kwire/endian.h>
#include <kwire/message.h>

#include "../text/printable.h"

void recogniser_init(recogniser *r, size_t max_memory)
{
    kw_arena_init_growing(&r->arena, NULL, 0, kw_allocator_libc(), max_memory);
    r->count = 0;
    r->tokens = false;
}

void recogniser_finish(recogniser *r)
{
    kw_arena_finish(&r->arena);
}

/* ---- likeness ---- */

static likeness like_body(recogniser *r, const kw_message *m, int16_t version, kw_bytes body, bool cut)
{
    kw_reader in;
    void *any;
    kw_reader_init_bytes(&in, body);
    in.flags = cut ? KW_READ_PARTIAL : 0;
    kw_arena_reset(&r->arena);
    kw_status status = kw_message_decode(m, version, &in, &r->arena, &any);
    if (status == KW_OK)
        return kw_reader_remaining(&in) == 0 ? LIKE_ALL : LIKE_LONGER;
    bool at_end = status == KW_ERR_TRUNCATED || status == KW_ERR_LENGTH;
    return cut && at_end ? LIKE_CUT : LIKE_BROKEN;
}

/* Client ids are printable. */
static bool is_name(kw_string text)
{
    return text.len <= 0 || printable_all((const uint8_t *)text.data, (size_t)text.len);
}

likeness recognise_request(recogniser *r, kw_bytes payload, bool cut)
{
    kw_request request;
    kw_arena_reset(&r->arena);
    kw_status status = kw_request_decode_header(&request, payload, &r->arena);
    if (request.kind == KW_FRAME_UNKNOWN_API || request.correlation_id < 0 || !is_name(request.client_id))
        return LIKE_NOTHING;
    if (cut && payload.len < 8)
        return LIKE_CUT;
    if (request.kind == KW_FRAME_UNKNOWN_VERSION)
        return status == KW_OK && request.api_version >= 0 ? LIKE_ITS_NAME : LIKE_NOTHING;
    if (status != KW_OK)
        return cut ? LIKE_CUT : LIKE_NOTHING;
    return like_body(r, kw_message_find(request.api_key, KW_MESSAGE_REQUEST), request.api_version, request.body, cut);
}

likeness recognise_response(recogniser *r, kw_bytes payload, bool cut, int16_t api_key, int16_t api_version)
{
    kw_response response;
    kw_arena_reset(&r->arena);
    kw_status status = kw_response_decode_header(&response, api_key, api_version, payload, &r->arena);
    if (status != KW_OK)
        return cut ? LIKE_CUT : LIKE_NOTHING;
    if (response.kind != KW_FRAME_KNOWN)
        return LIKE_ITS_NAME;
    return like_body(r, kw_message_find(api_key, KW_MESSAGE_RESPONSE), response.api_version, response.body, cut);
}

bool recognise_batch(const uint8_t *data, size_t size)
{
    kw_batches bs;
    kw_batch b;
    kw_batches_init_memory(&bs, data, size);
    bs.flags = KW_BATCHES_CHECK_CRC;
    return kw_batches_next(&bs, &b);
}

/* ---- requests in flight ---- */

void recogniser_add(recogniser *r, kw_bytes payload)
{
    kw_request request;
    bool answered;
    kw_arena_reset(&r->arena);
    if (kw_request_decode_header(&request, payload, &r->arena) != KW_OK ||
        kw_request_is_answered(&request, &answered) != KW_OK || !answered)
        return;
    if (request.api_key == KW_KEY_SASL_HANDSHAKE)
        r->tokens = request.api_version == 0;
    if (r->count == MOST_IN_FLIGHT)
        recogniser_take(r, r->in_flight);
    r->in_flight[r->count++] = (kw_in_flight){request.correlation_id, request.api_key, request.api_version};
}

/* The next one from `at` on; NULL if there is none. */
static const kw_in_flight *find_from(const recogniser *r, size_t at, int32_t correlation_id)
{
    for (; at < r->count; at++)
        if (r->in_flight[at].correlation_id == correlation_id)
            return &r->in_flight[at];
    return NULL;
}

/* Requests to which a response may be compared. */
enum { MOST_TRIES = 16 };

const kw_in_flight *recogniser_find(recogniser *r, kw_bytes payload, bool cut)
{
    if (payload.len < 4)
        return NULL;
    int32_t id = (int32_t)kw_load_be32(payload.data);
    const kw_in_flight *best = find_from(r, 0, id);
    const kw_in_flight *other = best != NULL ? find_from(r, (size_t)(best - r->in_flight) + 1, id) : NULL;
    if (other == NULL)
        return best;
    likeness most = recognise_response(r, payload, cut, best->api_key, best->api_version);
    for (int i = 0; other != NULL && most != LIKE_ALL && i < MOST_TRIES; i++) {
        likeness l = recognise_response(r, payload, cut, other->api_key, other->api_version);
        if (l > most) {
            most = l;
            best = other;
        }
        other = find_from(r, (size_t)(other - r->in_flight) + 1, id);
    }
    return best;
}

void recogniser_take(recogniser *r, const kw_in_flight *request)
{
    size_t at = (size_t)(request - r->in_flight);
    r->count--;
    memmove(&r->in_flight[at], &r->in_flight[at + 1], (r->count - at) * sizeof r->in_flight[0]);
}

/* ---- responses without a known request ---- */

static void note_versions(note *out, const kw_api *api, int first, int last)
{
    note_next(out);
    if (first == last)
        note_format(out, "%s %d", api->name, first);
    else
        note_format(out, "%s %d-%d", api->name, first, last);
}

/* Notes the ranges of versions that fit, and returns their number. */
static int note_fitting(recogniser *r, kw_bytes payload, const kw_api *api, note *out)
{
    int runs = 0;
    int first = -1;
    for (int v = api->versions.first; v <= api->versions.last + 1; v++) {
        bool fits = v <= api->versions.last && recognise_response(r, payload, false, api->key, (int16_t)v) == LIKE_ALL;
        if (fits && first < 0)
            first = v;
        if (!fits && first >= 0) {
            note_versions(out, api, first, v - 1);
            first = -1;
            runs++;
        }
    }
    return runs;
}

void recognise_any_response(recogniser *r, kw_bytes payload, note *out)
{
    enum { MOST_RUNS = 6 };
    const size_t most_bytes = (size_t)1024 * 1024; /* all versions of all APIs are tried */
    int runs = 0;
    note_clear(out);
    if (payload.len < 4 || (size_t)payload.len > most_bytes)
        return;
    for (size_t i = 0; i < kw_api_count(); i++)
        runs += note_fitting(r, payload, kw_api_at(i), out);
    if (runs > MOST_RUNS)
        note_clear(out);
}

int16_t recognise_version(recogniser *r, kw_bytes payload, bool cut, int16_t api_key)
{
    const kw_api *api = kw_api_find(api_key);
    int16_t best = -1;
    likeness most = LIKE_ITS_NAME;
    for (int v = api->versions.last; v >= api->versions.first; v--) {
        likeness l = recognise_response(r, payload, cut, api_key, (int16_t)v);
        if (l > most) {
            most = l;
            best = (int16_t)v;
        }
    }
    return best;
}
