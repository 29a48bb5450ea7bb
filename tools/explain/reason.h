/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_REASON_H
#define TOOLS_REASON_H

/* Why a field could not be read, with the numbers that show it. */

#include <kwire/reader.h>
#include <kwire/walk.h>

#include "note.h"

/* The field of an error event, as the reader found it. */
typedef struct failed_field {
    const kw_step *step;
    const char *type;
    const uint8_t *at; /* the byte that the error is at, and how many follow to the end, itself included */
    size_t left;
    bool compact;
    int16_t version;
} failed_field;

/* Puts a sentence into `out`, and in *blamed the bytes from `at` on that are to blame; 0 if that is all or nothing of
 * what is left. */
void reason_of(note *out, kw_status status, const failed_field *f, size_t *blamed);

#endif
