/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of a stream that arrives in pieces of any size: the same frames, and the same end, as of the whole. The
 * input: flags (8 bits; 1: raw SASL tokens), the largest frame allowed (32 bits), a seed for the sizes of the pieces
 * (32 bits), then the stream. */
#include <kwire/frame.h>

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

typedef struct stream {
    const uint8_t *data;
    size_t size;
    size_t max_size;
    bool tokens;
} stream;

/* How a stream ends: with `left` bytes that are not a complete frame. */
typedef struct ending {
    size_t frames;
    size_t left;
    bool complete;
    kw_status status;
    size_t needed;
} ending;

static bool next(const stream *s, const uint8_t *data, size_t size, kw_frame *frame)
{
    return (s->tokens ? kw_frame_next_token : kw_frame_next)(data, size, s->max_size, frame);
}

static void check_outcome(const stream *s, bool complete, const kw_frame *frame, size_t size)
{
    FUZZ_REQUIRE(complete || frame->consumed == 0);
    if (complete) {
        FUZZ_REQUIRE(frame->status == KW_OK);
        FUZZ_REQUIRE(frame->consumed <= size && frame->consumed == frame->needed);
        FUZZ_REQUIRE(frame->consumed == (size_t)frame->payload.len + 4 && (size_t)frame->payload.len <= s->max_size);
    } else if (frame->status == KW_OK) {
        FUZZ_REQUIRE(frame->needed > size && (size < 4 ? frame->needed == 4 : frame->needed - 4 <= s->max_size));
        FUZZ_REQUIRE((size_t)frame->payload.len == (size < 4 ? 0 : size - 4));
    } else {
        FUZZ_REQUIRE(frame->needed == 0 && frame->payload.len == 0);
    }
}

/* All frames at the start of the bytes that have arrived, which are in a heap block of exactly their size, as in a
 * receive buffer. Returns how many bytes they take. */
static size_t take_frames(const stream *s, size_t from, size_t arrived, ending *end)
{
    kw_frame frame;
    size_t at = 0;
    uint8_t *buffer = fuzz_copy(s->data + from, arrived - from);
    do {
        end->left = arrived - from - at;
        end->complete = next(s, buffer + at, end->left, &frame);
        end->status = frame.status;
        end->needed = frame.needed;
        check_outcome(s, end->complete, &frame, end->left);
        if (frame.payload.len > 0)
            FUZZ_REQUIRE(memcmp(frame.payload.data, s->data + from + at + 4, (size_t)frame.payload.len) == 0);
        at += frame.consumed;
        end->frames += end->complete;
    } while (end->complete);
    free(buffer);
    return at;
}

static ending read_whole(const stream *s)
{
    ending end = {.frames = 0};
    (void)take_frames(s, 0, s->size, &end);
    return end;
}

/* Mostly small pieces; xorshift. */
static size_t piece_size(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return 1 + (*seed >> 8) % (*seed % 4 == 0 ? 200 : 8);
}

static ending read_pieces(const stream *s, uint32_t seed)
{
    ending end = {.frames = 0};
    size_t arrived = 0;
    size_t from = 0;
    do {
        size_t piece = piece_size(&seed);
        arrived = piece < s->size - arrived ? arrived + piece : s->size;
        from += take_frames(s, from, arrived, &end);
    } while (arrived < s->size && end.status == KW_OK);
    end.left = s->size - from;
    return end;
}

void fuzz_target(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    bool tokens = (fuzz_take8(&in) & 1) != 0;
    size_t max_size = fuzz_take32(&in);
    uint32_t seed = fuzz_take32(&in) | 1;
    stream s = {in.pos, fuzz_left(&in), max_size, tokens};
    ending whole = read_whole(&s);
    ending pieces = read_pieces(&s, seed);
    FUZZ_REQUIRE(whole.frames == pieces.frames && whole.left == pieces.left);
    FUZZ_REQUIRE(whole.status == pieces.status && whole.needed == pieces.needed);
}
