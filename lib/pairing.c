/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/pairing.h>

#include <kwire/api_keys.h>
#include <kwire/reader.h>

void kw_pairing_init(kw_pairing *p, kw_in_flight *slots, size_t cap)
{
    p->slots = slots;
    p->cap = cap;
    p->first = 0;
    p->count = 0;
    p->request_tokens = false;
    p->response_tokens = false;
}

static bool starts_raw_tokens(int16_t api_key, int16_t api_version)
{
    return api_key == KW_KEY_SASL_HANDSHAKE && api_version == 0;
}

kw_status kw_pairing_add(kw_pairing *p, const kw_request *request)
{
    if (p->request_tokens)
        return KW_ERR_ARGUMENT;
    bool answered;
    kw_status status = kw_request_is_answered(request, &answered);
    if (status != KW_OK || !answered)
        return status;
    if (p->count == p->cap)
        return KW_ERR_TABLE_FULL;
    size_t until_end = p->cap - p->first;
    kw_in_flight *slot = &p->slots[p->count < until_end ? p->first + p->count : p->count - until_end];
    slot->correlation_id = request->correlation_id;
    slot->api_key = request->api_key;
    slot->api_version = request->api_version;
    p->count++;
    p->request_tokens = starts_raw_tokens(request->api_key, request->api_version);
    return KW_OK;
}

bool kw_pairing_drop(kw_pairing *p)
{
    if (p->count == 0)
        return false;
    if (starts_raw_tokens(p->slots[p->first].api_key, p->slots[p->first].api_version))
        p->response_tokens = true;
    p->first = p->first + 1 == p->cap ? 0 : p->first + 1;
    p->count--;
    return true;
}

kw_status kw_pairing_take(kw_pairing *p, kw_bytes frame, kw_in_flight *out)
{
    if (p->response_tokens)
        return KW_ERR_ARGUMENT;
    kw_reader in;
    kw_reader_init_bytes(&in, frame);
    int32_t correlation_id = kw_read_int32(&in);
    if (!kw_reader_ok(&in))
        return in.status;
    if (p->count == 0 || p->slots[p->first].correlation_id != correlation_id)
        return KW_ERR_NO_RESPONSE;
    *out = p->slots[p->first];
    (void)kw_pairing_drop(p);
    if (p->response_tokens && kw_read_int16(&in) != 0) /* the error code; 0 also if the frame ends before it */
        kw_pairing_end_tokens(p);
    return KW_OK;
}

kw_status kw_pairing_move(kw_pairing *p, kw_in_flight *slots, size_t cap)
{
    if (cap < p->count)
        return KW_ERR_ARGUMENT;
    for (size_t i = 0, from = p->first; i < p->count; i++) {
        slots[i] = p->slots[from];
        from = from + 1 == p->cap ? 0 : from + 1;
    }
    p->slots = slots;
    p->cap = cap;
    p->first = 0;
    return KW_OK;
}

void kw_pairing_end_tokens(kw_pairing *p)
{
    p->request_tokens = false;
    p->response_tokens = false;
}
