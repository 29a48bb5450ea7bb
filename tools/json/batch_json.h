/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_BATCH_JSON_H
#define TOOLS_BATCH_JSON_H

/* Batches and records as members of JSON objects, without the braces around them: the one form of all verbs, see
 * docs/records.md. A log may have millions of them. */

#include <stdbool.h>

#include <kwire/batches.h>
#include <kwire/records.h>

#include "../text/emit.h"
#include "record_decoder.h"

/* The header of a batch. */
void batch_json(emitter *e, const kw_batch *batch, bool crc_is_right);

/* With the brace at its end. `create_time` is the record's own timestamp, which differs where the batch has an append
 * time. */
void record_json(emitter *e, const kw_record *record, int64_t create_time, const decoded_record *what);

/* The same batch, whose records have their own timestamps when they are read, not the append time. */
kw_batch batch_with_create_times(const kw_batch *batch);

/* "CreateTime", "LogAppendTime" or "NoTimestampType", as Kafka calls them. */
const char *timestamp_type_name(const kw_batch *batch);

/* Of the batch's last record by its sequence numbers; KW_NO_SEQUENCE if it has none. */
int32_t last_sequence(const kw_batch *batch);

#endif
