/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FRAMER_H
#define TOOLS_FRAMER_H

/* The frames of one direction of a connection. A contiguous frame is delivered without a copy; one that is spread over
 * segments is copied. Of a frame with a gap the bytes before the gap are delivered. If the gap ends in the same frame
 * the position of the next one is known; otherwise it is searched for. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../capture/budget.h"

/* Larger sizes are taken for garbage. TLS is recognised as long as this is below 336 MiB, see kw_frame_next(). */
#define FRAME_MAX ((size_t)256 * 1024 * 1024)

#define FRAME_PREFIX ((size_t)4) /* the size field */

/* A frame without its size field, which is before it. */
typedef struct frame {
    const uint8_t *data;
    size_t captured; /* bytes at data; fewer than `size` where the rest was not seen */
    size_t size;
    int64_t time; /* arrival of its last byte; ns since 1970 */
} frame;

/* Whether the end of it is missing. */
static inline bool frame_is_cut(const frame *f)
{
    return f->captured < f->size;
}

typedef enum framer_state {
    FRAMER_AT_START,  /* a frame starts at the next byte, if this is Kafka */
    FRAMER_SEARCHING, /* the start of the next frame is not known */
    FRAMER_IN_STEP
} framer_state;

/* Whether a frame starts at some bytes. */
typedef enum verdict { VERDICT_NO, VERDICT_YES, VERDICT_MORE /* too few bytes to decide */ } verdict;

/* Memory for copied frames, of all connections. */
typedef struct frame_memory {
    budget *budget;
    uint8_t *spare; /* an unused block */
    size_t spare_size;
    uint64_t refused; /* frames that were not kept completely */
} frame_memory;

typedef struct framer {
    uint8_t *kept; /* start of the current frame; searching: bytes that may be one */
    size_t kept_size;
    size_t kept_cap;
    size_t passed; /* bytes of the frame so far, its size field and gaps included */
    size_t needed; /* bytes of it, its size field included; 0: not known yet */
    framer_state state;
    bool holed;        /* `kept` ends before the bytes so far */
    bool kept_at_edge; /* searching: `kept` starts with the first bytes of a framer_bytes() */
    bool tokens;       /* set by the user: raw SASL tokens follow, which may be empty */
} framer;

/* The callbacks of a framer. All may set framer.state, and stop the work on the current bytes by letting `stop` return
 * true. */
typedef struct framer_sink {
    void (*frame)(void *context, int side, const frame *f);
    /* AT_START or SEARCHING: `data` has at least 1 byte. `at_edge`: they are the first of a
     * framer_bytes(). */
    verdict (*begins)(void *context, int side, const uint8_t *data, size_t size, bool at_edge);
    /* AT_START: no frame starts here. Must change the state. */
    void (*refused)(void *context, int side, const uint8_t *data, size_t size);
    /* Bytes without a frame. */
    void (*skipped)(void *context, int side, size_t size);
    bool (*stop)(void *context);
} framer_sink;

void framer_bytes(framer *f, frame_memory *memory, const framer_sink *sink, void *context, int side,
                  const uint8_t *data, size_t size, int64_t time);

/* Bytes that are missing. */
void framer_gap(framer *f, frame_memory *memory, const framer_sink *sink, void *context, int side, size_t size,
                int64_t time);

/* Nothing follows: delivers the current, incomplete frame. */
void framer_end(framer *f, frame_memory *memory, const framer_sink *sink, void *context, int side, int64_t time);

/* Releases the memory and drops the current frame. */
void framer_finish(framer *f, frame_memory *memory);

void frame_memory_finish(frame_memory *memory);

#endif
