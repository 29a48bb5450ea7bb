/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_REASON_H
#define TOOLS_REASON_H

/* The reason why a field could not be read, as a sentence. */

#include <kwire/reader.h>
#include <kwire/walk.h>

#include "note.h"

/* The field of an error event, as the reader found it. */
typedef struct failed_field {
    const kw_step *step;
    const char *type;
    const uint8_t *at; /* the byte of the error, and the number of bytes from there to the end */
    size_t left;
    bool compact;
    int16_t version;
} failed_field;

/* Stores a sentence in `out`, and in *blamed the number of wrong bytes from `at` on; 0 if that is all or nothing of the
 * rest. */
void reason_of(note *out, kw_status status, const failed_field *f, size_t *blamed);

#endif
