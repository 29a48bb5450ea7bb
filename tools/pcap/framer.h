/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FRAMER_H
#define TOOLS_FRAMER_H

/* The frames of one direction of a connection. A frame that lies in one piece is handed on where it lies; of one that
 * is spread over segments a copy is put together. Of a frame with a gap in it the bytes before the gap are handed on;
 * if the gap ends in the same frame the next one is where it should be, or else a place is searched at which one can
 * begin. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../capture/budget.h"

/* Larger ones are not believed. TLS is recognised as long as this is below 336 MiB, see kw_frame_next(). */
#define FRAME_MAX ((size_t)256 * 1024 * 1024)

#define FRAME_PREFIX ((size_t)4) /* the size field */

/* A frame without its size field, which lies before it. */
typedef struct frame {
    const uint8_t *data;
    size_t captured; /* bytes at data; fewer than `size` where the rest was not seen */
    size_t size;
    int64_t time; /* when its last byte was there; ns since 1970 */
} frame;

typedef enum framer_state {
    FRAMER_AT_START,  /* a frame begins at the next byte, if this is Kafka at all */
    FRAMER_SEARCHING, /* where frames begin is not known */
    FRAMER_IN_STEP
} framer_state;

/* Whether a frame begins at some bytes. */
typedef enum verdict { VERDICT_NO, VERDICT_YES, VERDICT_MORE /* too few bytes to tell */ } verdict;

/* Memory for frames that are put together, of all connections. */
typedef struct frame_memory {
    budget *budget;
    uint8_t *spare; /* one that is not in use */
    size_t spare_size;
    uint64_t refused; /* frames that were not kept whole */
} frame_memory;

typedef struct framer {
    uint8_t *kept; /* beginning of the frame at hand; searching: bytes that could be one */
    size_t kept_size;
    size_t kept_cap;
    size_t passed; /* bytes of the frame that went by, its size field and gaps included */
    size_t needed; /* bytes of it, its size field included; 0: not known yet */
    framer_state state;
    bool holed;  /* what was kept ends before what passed */
    bool tokens; /* for the user to set: raw SASL tokens come, which may be empty */
} framer;

/* What a framer calls. All may set framer.state, and end the work on the bytes at hand by making `stop` return true. */
typedef struct framer_sink {
    void (*frame)(void *context, int side, const frame *f);
    /* AT_START or SEARCHING: `data` has at least 1 byte. `at_edge`: they are the first ones of framer_bytes(). */
    verdict (*begins)(void *context, int side, const uint8_t *data, size_t size, bool at_edge);
    /* AT_START: no frame begins here. The state must become another one. */
    void (*refused)(void *context, int side, const uint8_t *data, size_t size);
    /* Bytes in which no frame was found. */
    void (*skipped)(void *context, int side, size_t size);
    bool (*stop)(void *context);
} framer_sink;

void framer_bytes(framer *f, frame_memory *memory, const framer_sink *sink, void *context, int side,
                  const uint8_t *data, size_t size, int64_t time);

/* Bytes that never come. */
void framer_gap(framer *f, frame_memory *memory, const framer_sink *sink, void *context, int side, size_t size,
                int64_t time);

/* Nothing follows: hands on what there is of the frame at hand. */
void framer_end(framer *f, frame_memory *memory, const framer_sink *sink, void *context, int side, int64_t time);

/* Gives the memory back and forgets the frame at hand. */
void framer_finish(framer *f, frame_memory *memory);

void frame_memory_finish(frame_memory *memory);

#endif
