/* SPDX-License-Identifier: Apache-2.0 */
#include "log_lines.h"

#include "../json/batch_json.h"

static void put_batch(emitter *e, kw_string start, const kw_batch *batch, bool crc_is_right)
{
    emit_raw(e, start.data, (size_t)start.len);
    EMIT_LITERAL(e, "\"batch\",");
    batch_json(e, batch, crc_is_right);
    EMIT_LITERAL(e, "}\n");
}

static void put_record(emitter *e, kw_string start, const kw_batch *batch, const kw_record *record, int64_t create_time,
                       const decoded_record *what)
{
    emit_raw(e, start.data, (size_t)start.len);
    EMIT_LITERAL(e, "\"record\",\"batch\":");
    emit_uint(e, batch->position);
    emit_char(e, ',');
    record_json(e, record, create_time, what);
    emit_char(e, '\n');
}

const log_lines json_log_lines = {put_batch, put_record};
