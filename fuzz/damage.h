/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_DAMAGE_H
#define FUZZ_DAMAGE_H

#include <stdbool.h>

#include "fuzz.h"

/* A file in memory; NULL: it is missing. */
struct damaged_file {
    uint8_t *data; /* of malloc() */
    size_t size;
};

/* Damages one of the files as the input says: number of the file, kind, position (16 bits), size (8 bits), and bytes
 * where they are needed. Bytes are overwritten, flipped or zeroed, the end is cut off, something is added to it, or the
 * file is removed. Returns the number of the file. */
size_t damage_one(fuzz_input *in, struct damaged_file *const *files, size_t count);

#endif
