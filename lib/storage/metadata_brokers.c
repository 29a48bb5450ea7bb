/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata_replay.h"

#include <kwire/messages/broker_registration_change_record.h>
#include <kwire/messages/fence_broker_record.h>
#include <kwire/messages/register_broker_record.h>
#include <kwire/messages/unfence_broker_record.h>
#include <kwire/messages/unregister_broker_record.h>

#include "folder.h"

static kw_metadata_broker *find_broker(const kw_metadata_replay *r, int32_t id)
{
    for (size_t i = 0; i < r->image->broker_count; i++)
        if (r->image->brokers[i].id == id)
            return &r->image->brokers[i];
    return NULL;
}

static kw_metadata_broker *place_broker(kw_metadata_replay *r, int32_t id)
{
    kw_metadata_image *image = r->image;
    kw_metadata_broker *broker = find_broker(r, id);
    if (broker != NULL)
        return broker;
    void *items = kwi_room(r->arena, image->brokers, image->broker_count, &r->broker_room, sizeof *image->brokers);
    if (items == NULL)
        return NULL;
    image->brokers = items;
    broker = &image->brokers[image->broker_count++];
    memset(broker, 0, sizeof *broker);
    broker->id = id;
    return broker;
}

static bool copy_endpoints(kw_metadata_replay *r, kw_metadata_broker *to, const kw_register_broker_record *m)
{
    to->endpoint_count = 0;
    if (m->end_points.len <= 0)
        return true;
    to->endpoints = kw_arena_array(r->arena, (size_t)m->end_points.len, sizeof *to->endpoints);
    if (to->endpoints == NULL)
        return false;
    for (int32_t i = 0; i < m->end_points.len; i++) {
        const kw_register_broker_record_broker_endpoint *e = &m->end_points.items[i];
        kw_metadata_endpoint *copy = &to->endpoints[i];
        copy->port = e->port;
        copy->security_protocol = e->security_protocol;
        if (!kwi_copy_text(r, &copy->name, e->name) || !kwi_copy_text(r, &copy->host, e->host))
            return false;
    }
    to->endpoint_count = m->end_points.len;
    return true;
}

kw_status kwi_replay_register_broker(kw_metadata_replay *r, int16_t version, kw_reader *in)
{
    kw_register_broker_record m;
    kw_status status = kw_register_broker_record_decode(&m, version, in, &r->scratch);
    if (status != KW_OK)
        return status;
    kw_metadata_broker *broker = place_broker(r, m.broker_id);
    if (broker == NULL)
        return kwi_replay_full(r);
    broker->removed = false;
    broker->epoch = m.broker_epoch;
    broker->incarnation_id = m.incarnation_id;
    broker->fenced = m.fenced;
    broker->in_controlled_shutdown = m.in_controlled_shutdown;
    bool ok = kwi_copy_text(r, &broker->rack, m.rack) && copy_endpoints(r, broker, &m) &&
              kwi_copy_uuids(r, &broker->directories, m.log_dirs);
    return ok ? KW_OK : kwi_replay_full(r);
}

/* The broker in that epoch. */
static kw_status registered(const kw_metadata_replay *r, int32_t id, int64_t epoch, kw_metadata_broker **out)
{
    *out = find_broker(r, id);
    return *out != NULL && !(*out)->removed && (*out)->epoch == epoch ? KW_OK : KW_ERR_UNKNOWN_MESSAGE;
}

kw_status kwi_replay_change_broker(kw_metadata_replay *r, int16_t version, kw_reader *in)
{
    kw_broker_registration_change_record m;
    kw_metadata_broker *broker;
    kw_status status = kw_broker_registration_change_record_decode(&m, version, in, &r->scratch);
    if (status == KW_OK)
        status = registered(r, m.broker_id, m.broker_epoch, &broker);
    if (status != KW_OK)
        return status;
    if (m.fenced != 0)
        broker->fenced = m.fenced > 0;
    if (m.in_controlled_shutdown != 0)
        broker->in_controlled_shutdown = m.in_controlled_shutdown > 0;
    return m.log_dirs.len <= 0 || kwi_copy_uuids(r, &broker->directories, m.log_dirs) ? KW_OK : kwi_replay_full(r);
}

kw_status kwi_replay_unregister_broker(kw_metadata_replay *r, int16_t version, kw_reader *in)
{
    kw_unregister_broker_record m;
    kw_metadata_broker *broker;
    kw_status status = kw_unregister_broker_record_decode(&m, version, in, &r->scratch);
    if (status == KW_OK)
        status = registered(r, m.broker_id, m.broker_epoch, &broker);
    if (status == KW_OK)
        broker->removed = true;
    return status;
}

kw_status kwi_replay_fence(kw_metadata_replay *r, int16_t version, kw_reader *in)
{
    kw_fence_broker_record m;
    kw_metadata_broker *broker;
    kw_status status = kw_fence_broker_record_decode(&m, version, in, &r->scratch);
    if (status == KW_OK)
        status = registered(r, m.id, m.epoch, &broker);
    if (status == KW_OK)
        broker->fenced = true;
    return status;
}

kw_status kwi_replay_unfence(kw_metadata_replay *r, int16_t version, kw_reader *in)
{
    kw_unfence_broker_record m;
    kw_metadata_broker *broker;
    kw_status status = kw_unfence_broker_record_decode(&m, version, in, &r->scratch);
    if (status == KW_OK)
        status = registered(r, m.id, m.epoch, &broker);
    if (status == KW_OK)
        broker->fenced = false;
    return status;
}
