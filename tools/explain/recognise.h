/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RECOGNISE_H
#define TOOLS_RECOGNISE_H

/* What bytes of which nobody says what they are look like. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/frame.h>
#include <kwire/pairing.h>

#include "note.h"

/* How well bytes read as something, from worst to best. */
typedef enum likeness {
    LIKE_NOTHING,
    LIKE_ITS_NAME, /* a header of a known API, but of a version that is not known */
    LIKE_BROKEN,   /* a sound header; the body is wrong somewhere */
    LIKE_CUT,      /* all that is there is right, but it ends too early */
    LIKE_LONGER,   /* right, with bytes left over */
    LIKE_ALL
} likeness;

/* Requests whose responses may come. */
enum { MOST_IN_FLIGHT = 4096 };

typedef struct recogniser {
    kw_arena arena;
    kw_in_flight in_flight[MOST_IN_FLIGHT]; /* the oldest first */
    size_t count;
    bool tokens; /* raw tokens of SASL may come, after a SaslHandshake of version 0 */
} recogniser;

void recogniser_init(recogniser *r, size_t max_memory);
void recogniser_finish(recogniser *r);

/* `payload` is header and body; `cut` says that there may have been more. */
likeness recognise_request(recogniser *r, kw_bytes payload, bool cut);
likeness recognise_response(recogniser *r, kw_bytes payload, bool cut, int16_t api_key, int16_t api_version);

/* Whether there is a record batch whose checksum is right. */
bool recognise_batch(const uint8_t *data, size_t size);

/* Remembers a request that may be answered. */
void recogniser_add(recogniser *r, kw_bytes payload);

/* The request in flight that a response of this payload answers by its correlation id; NULL if there is none. */
const kw_in_flight *recogniser_find(const recogniser *r, kw_bytes payload);

/* Forgets it. */
void recogniser_take(recogniser *r, const kw_in_flight *request);

/* The APIs and versions whose response these bytes are to the last byte, in words; "" if there are none, or too many to
 * say. */
void recognise_any_response(recogniser *r, kw_bytes payload, note *out);

/* The highest version of this API whose response reads best; -1 if none reads as far as the body. */
int16_t recognise_version(recogniser *r, kw_bytes payload, bool cut, int16_t api_key);

#endif
