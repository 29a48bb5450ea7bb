/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FRAME_JSON_H
#define TOOLS_FRAME_JSON_H

/* Whole frames as JSON and back:
 *
 *     {"size":35,"kind":"request","api":"ApiVersions","version":4,"header":{...},"body":{...}}
 *
 * The header and the body are as in Kafka's converters. Members "trailing" and "unknownTags" follow where decoding
 * ignored something. */

#include <kwire/api.h>

#include "../json/codec.h"

/* What a frame is: a response to this request; without an API a request, which names its own. */
typedef struct frame_of {
    const kw_api *api;
    int16_t version;
} frame_of;

/* The API that a JSON value names, by its name in any case or its key; NULL if it names none. */
const kw_api *frame_api(json_t *name_or_key);

/* Appends the JSON of a frame, whose size field is not in `payload`. Offsets in reports count from the payload. */
bool frame_decode(codec *c, frame_of of, const uint8_t *payload, size_t size, kw_writer *json, report *r);

/* Appends the frame in hex digits. "size" is computed, "kind" is "request" without it; "api" and "version" may stand in
 * the header of a request instead; fields that the header lacks have Kafka's defaults. */
bool frame_encode(codec *c, json_t *frame, kw_writer *hex, report *r);

#endif
