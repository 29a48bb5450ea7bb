/* SPDX-License-Identifier: Apache-2.0 */
/* Generated from schema/persisted/; do not edit. */
#include <kwire/messages.h>

#include "record_types.h"

const kw_record_type kwi_record_types[] = {
    {"ShelfRecord", KW_INTERNAL_TOPIC_CLUSTER_METADATA, 2, NULL, &kw_shelf_record_message},
    {"ShelfPlace", KW_INTERNAL_TOPIC_CONSUMER_OFFSETS, 40, &kw_shelf_place_key_message, &kw_shelf_place_value_message},
};
const size_t kwi_record_type_count = 2;
