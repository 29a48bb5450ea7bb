/* SPDX-License-Identifier: Apache-2.0 */
/* A frame that may be a request, explained as a request and as the response to one, and recognised. The input is the
 * frame. */
#include <kwire/endian.h>
#include <kwire/frame.h>

#include <stdlib.h>

#include "../tools/explain/recognise.h"
#include "explanation.h"

static bool as_request(explainer *e, const explain_input *in, const void *what)
{
    (void)what;
    return explain_request(e, in);
}

/* The key and version of the request that the frame would be are those that the response answers. */
static bool as_response(explainer *e, const explain_input *in, const void *what)
{
    const kw_request *request = what;
    return explain_response(e, in, request->api_key, request->api_version);
}

static bool as_token(explainer *e, const explain_input *in, const void *what)
{
    (void)what;
    return explain_token(e, in);
}

static bool as_unknown(explainer *e, const explain_input *in, const void *what)
{
    (void)what;
    return explain_unknown(e, in, KW_ERR_UNKNOWN_MESSAGE, NULL);
}

/* A frame that reads as a request to the last byte is explained without a problem in the request itself. */
static void check_recognition(kw_bytes payload, bool cut)
{
    recogniser *r = malloc(sizeof *r);
    FUZZ_REQUIRE(r != NULL);
    recogniser_init(r, FUZZ_MEMORY);
    likeness like = recognise_request(r, payload, cut);
    recogniser_add(r, payload);
    const kw_in_flight *found = recogniser_find(r, (kw_bytes){payload.data + 4, payload.len - 4}, cut);
    if (like == LIKE_ALL && found != NULL)
        FUZZ_REQUIRE(found->correlation_id == (int32_t)kw_load_be32(payload.data + 4));
    if (found != NULL)
        recogniser_take(r, found);
    FUZZ_REQUIRE(recogniser_find(r, payload, cut) == NULL || r->count != 0);
    recogniser_finish(r);
    free(r);
}

void fuzz_target(const uint8_t *data, size_t size)
{
    kw_frame frame;
    kw_request request;
    kw_arena arena;
    fuzz_arena(&arena);
    bool complete = kw_frame_next(data, size, INT32_MAX - 4, &frame);
    bool has_size = frame.status == KW_OK && size >= 4;
    bool cut = has_size && !complete;
    explain_input in = {
        .data = data, .size = has_size && !cut ? frame.consumed : size, .has_size = has_size, .cut = cut};
    kw_bytes payload = {data + (has_size ? 4 : 0), (int32_t)(in.size - (has_size ? 4 : 0))};
    kw_status status = kw_request_decode_header(&request, payload, &arena);
    if (payload.len >= 8)
        check_recognition(payload, cut);
    explanation found = {.wanted = KW_OK};
    explain_and_check(as_request, &in, NULL, 0, &found);
    FUZZ_REQUIRE(status == KW_OK || !found.fine);
    explain_and_check(as_response, &in, &request, 4, &found);
    explain_and_check(as_token, &in, NULL, 0, &found);
    explain_and_check(as_unknown, &in, NULL, 0, &found);
    FUZZ_REQUIRE(!found.fine);
    kw_arena_finish(&arena);
}
