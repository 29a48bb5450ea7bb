/* SPDX-License-Identifier: Apache-2.0 */
#include "filter.h"

void filter_add_api(filter *f, int16_t key)
{
    f->by_api = true;
    f->apis[(uint16_t)key / 8] |= (uint8_t)(1 << (uint16_t)key % 8);
}

static bool has(const filter *f, int16_t key)
{
    return !f->by_api || (f->apis[(uint16_t)key / 8] >> (uint16_t)key % 8 & 1) != 0;
}

bool filter_wants_request(const filter *f, const kw_request *request)
{
    if (!has(f, request->api_key))
        return false;
    return f->client_id == NULL || kw_string_equal(request->client_id, kw_string_of(f->client_id));
}

static bool failed(const sighting *s)
{
    const body *response = &s->bodies[KW_MESSAGE_RESPONSE];
    return s->exchange->outcome == OUTCOME_NOT_SEEN || s->errors->count != 0 || response->status != KW_OK ||
           s->bodies[KW_MESSAGE_REQUEST].status != KW_OK;
}

static bool has_topic(const topic_list *topics)
{
    return topics != NULL && topics->has_wanted;
}

bool filter_wants(const filter *f, const sighting *s)
{
    if (f->slow >= 0 && s->latency < f->slow)
        return false;
    if (f->errors && !failed(s))
        return false;
    return f->topic == NULL || has_topic(s->topics[KW_MESSAGE_REQUEST]) || has_topic(s->topics[KW_MESSAGE_RESPONSE]);
}
