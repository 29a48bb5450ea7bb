/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RECORDS_FROM_JSON_H
#define TOOLS_RECORDS_FROM_JSON_H

/* Record batches from JSON, in the form that records_to_json_put() writes, see docs/records.md:
 *
 *     [{"baseOffset":0,"magic":2,"codec":"gzip","producerId":7,"producerEpoch":0,"baseSequence":0,
 *       "records":[{"timestamp":1732524000000,"key":"k","value":"v","headers":[{"key":"h","value":null}]}]}]
 *
 * Every member may be left out. Keys and values are text, null, {"base64":...}, or a message: {"message":NAME,
 * "version":N,"value":{...}}. What follows from the records, such as count and crc, is computed and not read. An
 * element with "base64" stands for these bytes, whatever else it has. Elements without either are records themselves,
 * of one batch with the defaults. */

#include <jansson.h>

#include <kwire/arena.h>
#include <kwire/view.h>

#include "json_place.h"

/* The bytes are in the arena. */
bool records_from_json(const json_t *batches, kw_bytes *out, kw_arena *arena, const json_place *place, report *r);

#endif
