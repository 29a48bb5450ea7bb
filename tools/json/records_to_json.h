/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RECORDS_TO_JSON_H
#define TOOLS_RECORDS_TO_JSON_H

/* The batches of a records field as JSON, in the form that records_from_json() reads, see docs/records.md. */

#include <kwire/view.h>
#include <kwire/writer.h>

#include "record_decoder.h"

typedef struct records_to_json records_to_json;

/* `max_memory` for the decompressed records of a batch, and again for each of its copies. */
records_to_json *records_to_json_create(size_t max_memory);

/* Accepts NULL. */
void records_to_json_destroy(records_to_json *r);

/* Appends an array. What cannot be read, and a batch that encoding would not make again, has its bytes in base64. */
void records_to_json_put(records_to_json *r, decoded_topic topic, kw_bytes records, kw_writer *out);

#endif
