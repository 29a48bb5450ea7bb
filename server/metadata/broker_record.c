/* SPDX-License-Identifier: Apache-2.0 */
#include "broker_record.h"

#include <kwire/messages/register_broker_record.h>
#include <kwire/messages/register_controller_record.h>

static bool set_broker_features(kw_register_broker_record *record, kw_arena *arena)
{
    size_t count;
    const struct supported_feature *features = supported_features(&count);
    record->features.items = kw_arena_array(arena, count, sizeof *record->features.items);
    if (record->features.items == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        record->features.items[i] = (kw_register_broker_record_broker_feature){kw_string_of(features[i].name),
                                                                               features[i].min, features[i].max, NULL};
    record->features.len = (int32_t)count;
    return true;
}

static bool set_broker_endpoints(kw_register_broker_record *record, const struct metadata_broker *broker,
                                 kw_arena *arena)
{
    size_t count = (size_t)broker->endpoint_count;
    record->end_points.items = kw_arena_array(arena, count, sizeof *record->end_points.items);
    if (record->end_points.items == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct metadata_endpoint *e = &broker->endpoints[i];
        record->end_points.items[i] =
            (kw_register_broker_record_broker_endpoint){e->name, e->host, e->port, e->security_protocol, NULL};
    }
    record->end_points.len = broker->endpoint_count;
    return true;
}

void broker_record_add(struct record_list *records, const struct metadata_broker *broker,
                       struct record_versions versions)
{
    kw_register_broker_record record;
    kw_register_broker_record_init(&record);
    if (!set_broker_features(&record, records->arena) || !set_broker_endpoints(&record, broker, records->arena)) {
        record_list_fail(records, kw_arena_status(records->arena));
        return;
    }
    record.broker_id = broker->id;
    record.incarnation_id = broker->incarnation_id;
    record.broker_epoch = broker->epoch;
    record.rack = broker->rack;
    record.fenced = broker->fenced;
    record.in_controlled_shutdown = broker->in_controlled_shutdown;
    if (versions.directories)
        record.log_dirs = broker->directories;
    record_list_add(records, &kw_register_broker_record_message, versions.register_broker, &record);
}

static bool set_controller_features(kw_register_controller_record *record, kw_arena *arena)
{
    size_t count;
    const struct supported_feature *features = supported_features(&count);
    record->features.items = kw_arena_array(arena, count, sizeof *record->features.items);
    if (record->features.items == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        record->features.items[i] = (kw_register_controller_record_controller_feature){
            kw_string_of(features[i].name), features[i].min, features[i].max, NULL};
    record->features.len = (int32_t)count;
    return true;
}

void controller_record_add(struct record_list *records, int32_t id, kw_uuid incarnation_id,
                           const struct metadata_endpoint *endpoint)
{
    kw_register_controller_record record;
    kw_register_controller_record_controller_endpoint own = {endpoint->name, endpoint->host, endpoint->port,
                                                             endpoint->security_protocol, NULL};
    kw_register_controller_record_init(&record);
    if (!set_controller_features(&record, records->arena)) {
        record_list_fail(records, kw_arena_status(records->arena));
        return;
    }
    record.controller_id = id;
    record.incarnation_id = incarnation_id;
    record.end_points.items = &own;
    record.end_points.len = 1;
    record_list_add(records, &kw_register_controller_record_message, 0, &record);
}
