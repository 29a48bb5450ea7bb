/* SPDX-License-Identifier: Apache-2.0 */
#include "replay.h"

#include <kwire/messages/broker_registration_change_record.h>
#include <kwire/messages/fence_broker_record.h>
#include <kwire/messages/register_broker_record.h>
#include <kwire/messages/unfence_broker_record.h>
#include <kwire/messages/unregister_broker_record.h>

#include "../base/growth.h"

static struct metadata_broker *find_broker(const struct metadata_delta *d, int32_t id)
{
    for (size_t i = 0; i < d->broker_count; i++)
        if (d->brokers[i].id == id)
            return &d->brokers[i];
    return NULL;
}

static struct metadata_broker *place_broker(struct metadata_delta *d, int32_t id)
{
    struct metadata_broker *broker = find_broker(d, id);
    if (broker != NULL)
        return broker;
    void *items = arena_grow(&d->arena, d->brokers, d->broker_count, &d->broker_capacity, sizeof *d->brokers);
    if (items == NULL)
        return NULL;
    d->brokers = items;
    broker = &d->brokers[d->broker_count++];
    *broker = (struct metadata_broker){.id = id};
    return broker;
}

static bool copy_endpoints(struct metadata_delta *d, struct metadata_broker *to, const kw_register_broker_record *m)
{
    struct metadata_endpoint *endpoints = kw_arena_array(&d->arena, (size_t)m->end_points.len, sizeof *endpoints);
    if (endpoints == NULL)
        return false;
    for (int32_t i = 0; i < m->end_points.len; i++) {
        const kw_register_broker_record_broker_endpoint *e = &m->end_points.items[i];
        endpoints[i].port = e->port;
        endpoints[i].security_protocol = e->security_protocol;
        if (!delta_copy_string(d, &endpoints[i].name, e->name) || !delta_copy_string(d, &endpoints[i].host, e->host))
            return false;
    }
    to->endpoints = endpoints;
    to->endpoint_count = m->end_points.len;
    return true;
}

kw_status replay_register_broker(struct metadata_delta *d, int16_t version, kw_reader *in)
{
    kw_register_broker_record m;
    kw_status status = replay_whole(kw_register_broker_record_decode(&m, version, in, &d->scratch), in);
    if (status != KW_OK)
        return status;
    struct metadata_broker *broker = place_broker(d, m.broker_id);
    if (broker == NULL)
        return delta_full(d);
    broker->epoch = m.broker_epoch;
    broker->incarnation_id = m.incarnation_id;
    broker->fenced = m.fenced;
    broker->in_controlled_shutdown = m.in_controlled_shutdown;
    bool ok = delta_copy_string(d, &broker->rack, m.rack) && copy_endpoints(d, broker, &m) &&
              delta_copy_uuids(d, &broker->directories, m.log_dirs);
    return ok ? KW_OK : delta_full(d);
}

/* The broker in that epoch; NULL: there is none. */
static struct metadata_broker *find_registered(const struct metadata_delta *d, int32_t id, int64_t epoch)
{
    struct metadata_broker *broker = find_broker(d, id);
    return broker != NULL && broker->epoch == epoch ? broker : NULL;
}

kw_status replay_change_broker(struct metadata_delta *d, int16_t version, kw_reader *in)
{
    kw_broker_registration_change_record m;
    kw_status status = replay_whole(kw_broker_registration_change_record_decode(&m, version, in, &d->scratch), in);
    if (status != KW_OK)
        return status;
    struct metadata_broker *broker = find_registered(d, m.broker_id, m.broker_epoch);
    if (broker == NULL)
        return KW_ERR_UNKNOWN_MESSAGE;
    if (m.fenced != 0)
        broker->fenced = m.fenced > 0;
    if (m.in_controlled_shutdown != 0)
        broker->in_controlled_shutdown = m.in_controlled_shutdown > 0;
    return m.log_dirs.len <= 0 || delta_copy_uuids(d, &broker->directories, m.log_dirs) ? KW_OK : delta_full(d);
}

kw_status replay_unregister_broker(struct metadata_delta *d, int16_t version, kw_reader *in)
{
    kw_unregister_broker_record m;
    kw_status status = replay_whole(kw_unregister_broker_record_decode(&m, version, in, &d->scratch), in);
    if (status != KW_OK)
        return status;
    struct metadata_broker *broker = find_registered(d, m.broker_id, m.broker_epoch);
    if (broker == NULL)
        return KW_ERR_UNKNOWN_MESSAGE;
    *broker = d->brokers[--d->broker_count];
    return KW_OK;
}

static kw_status set_fenced(const struct metadata_delta *d, int32_t id, int64_t epoch, bool fenced)
{
    struct metadata_broker *broker = find_registered(d, id, epoch);
    if (broker == NULL)
        return KW_ERR_UNKNOWN_MESSAGE;
    broker->fenced = fenced;
    return KW_OK;
}

kw_status replay_fence(struct metadata_delta *d, int16_t version, kw_reader *in)
{
    kw_fence_broker_record m;
    kw_status status = replay_whole(kw_fence_broker_record_decode(&m, version, in, &d->scratch), in);
    return status == KW_OK ? set_fenced(d, m.id, m.epoch, true) : status;
}

kw_status replay_unfence(struct metadata_delta *d, int16_t version, kw_reader *in)
{
    kw_unfence_broker_record m;
    kw_status status = replay_whole(kw_unfence_broker_record_decode(&m, version, in, &d->scratch), in);
    return status == KW_OK ? set_fenced(d, m.id, m.epoch, false) : status;
}
