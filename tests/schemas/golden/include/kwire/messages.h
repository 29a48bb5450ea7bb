/* SPDX-License-Identifier: Apache-2.0 */
/* Generated from schema/; do not edit. */
#ifndef KWIRE_MESSAGES_H
#define KWIRE_MESSAGES_H

/* Every message. */

#include <kwire/messages/empty_shelf_request.h>
#include <kwire/messages/empty_shelf_response.h>
#include <kwire/messages/request_header.h>
#include <kwire/messages/response_header.h>
#include <kwire/messages/shelf_label.h>
#include <kwire/messages/shelf_place_key.h>
#include <kwire/messages/shelf_place_value.h>
#include <kwire/messages/shelf_record.h>
#include <kwire/messages/shelf_request.h>
#include <kwire/messages/shelf_response.h>
#include <kwire/messages/shelf_state.h>

#endif
