/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_DOWN_CONVERT_H
#define SERVER_API_DOWN_CONVERT_H

/* Batches as the message sets that clients before Kafka 0.11 can read: KIP-283 as Kafka 3.9 had it, the last release
 * that did this (LazyDownConversionRecords, RecordsUtil). */

#include <stdint.h>

#include <kwire/view.h>
#include <kwire/writer.h>

#include "append_tools.h"

struct down_conversion {
    kw_bytes batches; /* valid ones; the last may be incomplete */
    int64_t offset;   /* records before it are left out, unless they are compressed */
    uint8_t magic;    /* that the client knows: 0 or 1 */
};

/* Appends to an empty growing writer. *size is how many of its bytes are for the client: as many as the batches have,
 * or more if the first one needs more. Headers are dropped, and so are batches of control records. Where messages end
 * earlier, the size is filled with the start of a message that never ends, which clients ignore.
 *
 * KW_ERROR_NONE; KW_ERROR_UNSUPPORTED_COMPRESSION_TYPE: the first batch is compressed by zstd (a later one ends the
 * messages); KW_ERROR_CORRUPT_MESSAGE: the records of the first one are not valid; KW_ERROR_KAFKA_STORAGE_ERROR: there
 * is not enough memory. */
int16_t down_convert(const struct down_conversion *conversion, struct append_tools *tools, kw_writer *out,
                     int32_t *size);

#endif
