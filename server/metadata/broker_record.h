/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_BROKER_RECORD_H
#define SERVER_METADATA_BROKER_RECORD_H

/* The registrations of brokers and controllers as records. */

#include "image.h"
#include "record_list.h"
#include "versions.h"

/* RegisterBrokerRecord, with the features that this broker supports. */
void broker_record_add(struct record_list *records, const struct metadata_broker *broker,
                       struct record_versions versions);

/* RegisterControllerRecord, with the same. */
void controller_record_add(struct record_list *records, int32_t id, kw_uuid incarnation_id,
                           const struct metadata_endpoint *endpoint);

#endif
