/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_REFUSAL_H
#define SERVER_METADATA_REFUSAL_H

#include <stdbool.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/view.h>

/* Why an item of a request is refused, as its response says it. */
struct refusal {
    int16_t error;     /* KW_ERROR_NONE: it is not */
    kw_string message; /* null: none */
};

/* Sets it, with a message in the arena; where that is full, without one. Returns false, so that a check can return it.
 */
bool refuse_with(struct refusal *refusal, kw_arena *arena, int16_t error, const char *format, ...)
#ifdef __GNUC__
    __attribute__((format(printf, 4, 5)))
#endif
    ;

#endif
