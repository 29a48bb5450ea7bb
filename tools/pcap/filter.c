/* SPDX-License-Identifier: Apache-2.0 */
#include "filter.h"

#include <string.h>

void filter_want_all(filter *f)
{
    memset(f, 0, sizeof *f);
    f->since = INT64_MIN;
    f->until = INT64_MAX;
    f->slow = -1;
}

static int64_t later(int64_t time, int64_t by)
{
    return time > INT64_MAX - by ? INT64_MAX : time + by;
}

void filter_start(filter *f, int64_t first_packet)
{
    if (f->since_is_relative)
        f->since = later(first_packet, f->since);
    if (f->until_is_relative)
        f->until = later(first_packet, f->until);
    f->since_is_relative = f->until_is_relative = false;
    f->all_requests = f->since == INT64_MIN && f->until == INT64_MAX && !f->by_api && f->correlation_id_count == 0 &&
                      f->hosts.count + f->clients.count + f->brokers.count == 0 && f->client_id == NULL;
    f->all_exchanges = f->slow < 0 && !f->errors;
    for (int i = 0; i < SUBJECTS; i++)
        f->all_exchanges = f->all_exchanges && f->subjects[i] == NULL;
}

void filter_add_api(filter *f, int16_t key)
{
    f->by_api = true;
    f->apis[(uint16_t)key / 8] |= (uint8_t)(1 << (uint16_t)key % 8);
}

static bool has_api(const filter *f, int16_t key)
{
    return !f->by_api || (f->apis[(uint16_t)key / 8] >> (uint16_t)key % 8 & 1) != 0;
}

static bool has_correlation_id(const filter *f, int32_t id)
{
    for (int i = 0; i < f->correlation_id_count; i++)
        if (f->correlation_ids[i] == id)
            return true;
    return f->correlation_id_count == 0;
}

static bool has_addresses(const filter *f, const exchange *e)
{
    return address_set_has(&f->clients, e->client_end) && address_set_has(&f->brokers, e->broker_end) &&
           (address_set_has(&f->hosts, e->client_end) || address_set_has(&f->hosts, e->broker_end));
}

bool filter_checks_request(const filter *f, const exchange *e)
{
    const kw_request *request = e->request;
    int64_t time = e->request_frame.time;
    return time >= f->since && time <= f->until && has_api(f, request->api_key) &&
           has_correlation_id(f, request->correlation_id) && has_addresses(f, e) &&
           (f->client_id == NULL || kw_string_equal(request->client_id, kw_string_of(f->client_id)));
}

bool sighting_failed(const sighting *s)
{
    const body *response = &s->bodies[KW_MESSAGE_RESPONSE];
    return s->exchange->outcome == OUTCOME_NOT_SEEN || s->errors->count != 0 || response->status != KW_OK ||
           s->bodies[KW_MESSAGE_REQUEST].status != KW_OK;
}

bool filter_checks(const filter *f, const sighting *s)
{
    for (int i = 0; i < SUBJECTS; i++)
        if (f->subjects[i] != NULL && (s->found & 1u << i) == 0)
            return false;
    return (f->slow < 0 || s->latency >= f->slow) && (!f->errors || sighting_failed(s));
}
