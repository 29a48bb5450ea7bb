/* SPDX-License-Identifier: Apache-2.0 */
#include "responses.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "socket.h"

enum {
    LIMIT = 128 * 1024 * 1024, /* of the memory that responses take, without what is held */
    PIECES = 64,               /* that are sent at once */
    FEWEST_SLOTS = 32,         /* for records; several responses share them */
    SMALLEST_HELD = 512        /* bytes of records; what is shorter is cheaper to copy */
};

void responses_init(struct responses *responses)
{
    memset(responses, 0, sizeof *responses);
    kw_writer_init_growing(&responses->writer, kw_allocator_libc(), LIMIT);
}

void responses_release(struct responses *responses, size_t count)
{
    while (responses->hold_count > count) {
        struct responses_hold *hold = &responses->holds[--responses->hold_count];
        hold->release(hold->object);
    }
    responses->expected = responses->hold_count;
}

static void forget(struct responses *responses)
{
    responses_release(responses, 0);
    responses->sent = 0;
    kw_writer_reset(&responses->writer);
}

void responses_finish(struct responses *responses)
{
    forget(responses);
    kw_writer_finish(&responses->writer);
    free(responses->slots);
    free(responses->holds);
    free(responses->spans);
    memset(responses, 0, sizeof *responses);
}

size_t responses_memory(const struct responses *responses)
{
    size_t slot = sizeof *responses->slots + sizeof *responses->holds + 2 * sizeof *responses->spans;
    return responses->writer.owned + responses->slot_count * slot;
}

/* Each of the three stays valid if another one fails. */
static bool grow_slots(struct responses *responses, size_t count)
{
    kw_gathered *slots = realloc(responses->slots, count * sizeof *slots);
    if (slots == NULL)
        return false;
    kw_writer_move_gathered(&responses->writer, slots, responses->slot_count);
    responses->slots = slots;
    struct responses_hold *holds = realloc(responses->holds, count * sizeof *holds);
    if (holds == NULL)
        return false;
    responses->holds = holds;
    kw_span *spans = realloc(responses->spans, (2 * count + 1) * sizeof *spans);
    if (spans == NULL)
        return false;
    responses->spans = spans;
    responses->slot_count = count;
    kw_writer_move_gathered(&responses->writer, slots, count);
    return true;
}

bool responses_expect_records(struct responses *responses, size_t count)
{
    size_t wanted = responses->expected + count;
    if (wanted > responses->slot_count && !grow_slots(responses, wanted > FEWEST_SLOTS ? wanted : FEWEST_SLOTS))
        return false;
    responses->expected = wanted;
    kw_writer_gather_from(&responses->writer, SMALLEST_HELD);
    return true;
}

void responses_hold(struct responses *responses, void (*release)(void *object), void *object)
{
    assert(responses->hold_count < responses->expected);
    responses->holds[responses->hold_count++] = (struct responses_hold){release, object};
}

void responses_end_one(struct responses *responses)
{
    responses->expected = responses->hold_count;
    kw_writer_gather_from(&responses->writer, SIZE_MAX);
}

/* Pieces from `at` on, without the first `skip` bytes. */
static int next_pieces(const kw_span *spans, size_t count, size_t at, size_t skip, struct iovec pieces[PIECES])
{
    int n = 0;
    for (; at < count && n < PIECES; at++, skip = 0) {
        pieces[n].iov_base = (char *)(uintptr_t)spans[at].data + skip; /* iovec has no const */
        pieces[n++].iov_len = spans[at].size - skip;
    }
    return n;
}

/* Steps over spans that have left. */
static size_t step(const kw_span *spans, size_t count, size_t at, size_t *skip)
{
    while (at < count && *skip >= spans[at].size)
        *skip -= spans[at++].size;
    return at;
}

enum responses_outcome responses_send(struct responses *responses, struct transport *transport)
{
    kw_span only;
    kw_span *spans = responses->spans != NULL ? responses->spans : &only;
    size_t count = kw_writer_spans(&responses->writer, spans, 2 * responses->slot_count + 1);
    size_t skip = responses->sent;
    for (size_t at = 0; (at = step(spans, count, at, &skip)) < count;) {
        struct iovec pieces[PIECES];
        ssize_t n = transport_send(transport, pieces, next_pieces(spans, count, at, skip, pieces));
        if (n < 0)
            return socket_would_block(errno) ? RESPONSES_BLOCKED : RESPONSES_BROKEN;
        responses->sent += (size_t)n;
        skip += (size_t)n;
    }
    forget(responses);
    return RESPONSES_SENT;
}
