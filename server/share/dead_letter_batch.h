/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_SHARE_DEAD_LETTER_BATCH_H
#define SERVER_SHARE_DEAD_LETTER_BATCH_H

/* Batches of dead letters: a record for each offset that a share group gives up, with headers that say which record
 * that was and why, and the key and the value of that record where they are wanted and can be read. */

#include <stdbool.h>
#include <stdint.h>

#include <kwire/compression.h>
#include <kwire/status.h>
#include <kwire/view.h>
#include <kwire/writer.h>

#include "../config/log_config.h"

/* What letters are made of. */
struct dead_letter_source {
    kw_string group;
    kw_string topic;
    int32_t partition;
    int16_t count; /* of deliveries */
    bool was_rejected;
    int64_t next; /* the first offset without a letter */
    int64_t last;
};

/* With what codecs need; NULL where there is no memory for it: then compressed records are given up without their keys
 * and values, and letters are not compressed. */
struct dead_letter_tools {
    kw_decompressor *decompressor;
    kw_compressor *compressor;
};

enum { DEAD_LETTER_ENOUGH = 1024 * 1024 }; /* bytes of a batch that gets no more letters */

/* Writes a batch with letters from source->next on, which moves behind them: as many as the topic of the letters takes
 * at once. `records` are whole batches of the log that have source->next, and the letters end with them at the latest;
 * without any, letters have no keys and values. The same holds for a record that is too large for that topic. Errors:
 * those of the writer if there is no letter at all; KW_ERR_BATCH_FULL: one does not fit even so; KW_ERR_NULL: one has
 * no key, and that topic is compacted. */
kw_status dead_letter_batch(struct dead_letter_source *source, kw_bytes records, const struct log_config *config,
                            const struct dead_letter_tools *tools, int64_t now, kw_writer *out);

#endif
