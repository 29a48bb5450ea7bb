/* SPDX-License-Identifier: Apache-2.0 */
/* Generated from schema/; do not edit. */
#include <kwire/messages.h>

#include "tables.h"

const kw_message *const kwi_messages[] = {
    &kw_empty_shelf_request_message,
    &kw_empty_shelf_response_message,
    &kw_request_header_message,
    &kw_response_header_message,
    &kw_shelf_label_message,
    &kw_shelf_place_key_message,
    &kw_shelf_place_value_message,
    &kw_shelf_record_message,
    &kw_shelf_request_message,
    &kw_shelf_response_message,
    &kw_shelf_state_message,
};
const size_t kwi_message_count = 11;

const kw_message *const kwi_requests[] = {
    [7] = &kw_shelf_request_message,
    [9] = &kw_empty_shelf_request_message,
};

const kw_message *const kwi_responses[] = {
    [7] = &kw_shelf_response_message,
    [9] = &kw_empty_shelf_response_message,
};

const size_t kwi_api_key_count = 10;
