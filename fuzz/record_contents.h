/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_RECORD_CONTENTS_H
#define FUZZ_RECORD_CONTENTS_H

/* What is in records, whatever batches, magic and codec they are in, so that those that were sent can be compared with
 * those that are read back. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/view.h>

struct record_content {
    uint64_t hash;     /* of key, value and headers */
    int64_t offset;    /* as in the records */
    int64_t timestamp; /* -1: magic 0 */
};

/* Zero bytes are none. */
struct record_contents {
    struct record_content *items;
    size_t count;
    size_t capacity;
};

/* Adds those of all complete batches. With `stored` each batch must be of magic 2, with a checksum and a greatest
 * timestamp that are right. False, after those before: records that cannot be read. */
bool record_contents_add(struct record_contents *contents, kw_bytes records, bool stored);
void record_contents_free(struct record_contents *contents);

#endif
