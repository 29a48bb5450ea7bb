/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_LOG_LINES_H
#define TOOLS_LOG_LINES_H

/* Batches and records as lines, as text or JSON. A log may have millions of them. */

#include <stdbool.h>

#include <kwire/batches.h>
#include <kwire/records.h>

#include "../json/record_decoder.h"
#include "../text/emit.h"

typedef struct log_lines {
    /* `start` is the common start of a file's lines; `create_time` the record's own, see batch_json.h. */
    void (*batch)(emitter *e, kw_string start, const kw_batch *batch, bool crc_is_right);
    void (*record)(emitter *e, kw_string start, const kw_batch *batch, const kw_record *record, int64_t create_time,
                   const decoded_record *what);
} log_lines;

extern const log_lines json_log_lines;
extern const log_lines text_log_lines;

/* The heading of the text lines. */
#define TEXT_BATCH_HEADING                                                                \
    "OFFSETS                RECORDS    POSITION        SIZE  CODEC          CRC  TIMESTA" \
    "MP                 EPOCH  PRODUCER    SEQUENCE\n"
#define TEXT_RECORD_HEADING "| OFFSET    TIMESTAMP                 KEY  VALUE  HEADERS\n"

#endif
