/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RECOGNISE_H
#define TOOLS_RECOGNISE_H

/* Guesses what unlabelled bytes are. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/frame.h>
#include <kwire/pairing.h>

#include "note.h"

/* How well bytes can be read as something, from worst to best. */
typedef enum likeness {
    LIKE_NOTHING,
    LIKE_ITS_NAME, /* a header of a known API, but an unknown version */
    LIKE_BROKEN,   /* a valid header; the body has an error */
    LIKE_CUT,      /* valid, but it ends too early */
    LIKE_LONGER,   /* valid, with trailing bytes */
    LIKE_ALL
} likeness;

/* Requests whose responses may follow. */
enum { MOST_IN_FLIGHT = 4096 };

typedef struct recogniser {
    kw_arena arena;
    kw_in_flight in_flight[MOST_IN_FLIGHT]; /* the oldest first */
    size_t count;
    bool tokens; /* raw SASL tokens may follow a SaslHandshake of version 0 */
} recogniser;

void recogniser_init(recogniser *r, size_t max_memory);
void recogniser_finish(recogniser *r);

/* `payload` is header and body; `cut` says that there may have been more. */
likeness recognise_request(recogniser *r, kw_bytes payload, bool cut);
likeness recognise_response(recogniser *r, kw_bytes payload, bool cut, int16_t api_key, int16_t api_version);

/* Whether it starts with a record batch with a valid checksum. */
bool recognise_batch(const uint8_t *data, size_t size);

/* Remembers a request that may be answered. */
void recogniser_add(recogniser *r, kw_bytes payload);

/* The request in flight with the correlation id of this response; of several the oldest to which the response fits
 * best. NULL if there is none. */
const kw_in_flight *recogniser_find(recogniser *r, kw_bytes payload, bool cut);

/* Forgets it. */
void recogniser_take(recogniser *r, const kw_in_flight *request);

/* The APIs and versions whose response these bytes are completely, as text; "" if there are none, or too many. */
void recognise_any_response(recogniser *r, kw_bytes payload, note *out);

/* The highest version of this API whose response fits best; -1 if no header fits. */
int16_t recognise_version(recogniser *r, kw_bytes payload, bool cut, int16_t api_key);

#endif
