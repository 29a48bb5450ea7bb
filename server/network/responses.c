/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* POLLRDHUP */
#endif
#include "responses.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "../base/clock.h"
#include "../log/segment_cache.h"
#include "../observe/console.h"

enum {
    LIMIT = 128 * 1024 * 1024, /* of the memory that answers take, without segments */
    PIECES = 64,               /* that are sent at once */
    FEWEST_SLOTS = 32,         /* for records; several answers share them */
    SMALLEST_SLICE = 512       /* of records; what is shorter is cheaper to copy */
};

#ifdef POLLRDHUP
enum { PEER_IS_DONE = POLLRDHUP };
#else
enum { PEER_IS_DONE = 0 };
#endif

void responses_init(struct responses *answers, int fd, const char *peer)
{
    memset(answers, 0, sizeof *answers);
    answers->fd = fd;
    answers->peer = peer;
    kw_writer_init_growing(&answers->writer, kw_allocator_libc(), LIMIT);
}

static void forget(struct responses *answers)
{
    for (size_t i = 0; i < answers->held_count; i++)
        segment_release(answers->held[i]);
    answers->held_count = 0;
    answers->expected = 0;
    kw_writer_reset(&answers->writer);
}

void responses_finish(struct responses *answers)
{
    forget(answers);
    kw_writer_finish(&answers->writer);
    free(answers->slots);
    free(answers->held);
    free(answers->spans);
    answers->slots = NULL;
    answers->held = NULL;
    answers->spans = NULL;
    answers->slot_count = 0;
}

/* Drops `sent` bytes at the beginning of the pieces; returns how many pieces are over. */
static size_t advance(struct iovec *pieces, size_t count, size_t sent)
{
    size_t i = 0;
    while (i < count && sent >= pieces[i].iov_len)
        sent -= pieces[i++].iov_len;
    if (i < count) {
        pieces[i].iov_base = (char *)pieces[i].iov_base + sent;
        pieces[i].iov_len -= sent;
    }
    return i;
}

static bool send_pieces(const struct responses *answers, struct iovec *pieces, size_t count)
{
    while (count != 0) {
        /* The cast is for both types that this member has: POSIX's int and glibc's size_t. */
        struct msghdr message = {.msg_iov = pieces, .msg_iovlen = (uint16_t)count};
        ssize_t n = sendmsg(answers->fd, &message, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            console_peer("%s: closed: the peer does not read its answers", answers->peer);
        else if (n < 0 && errno == EFAULT)
            console_peer("%s: closed: a segment has become shorter while it was sent", answers->peer);
        if (n < 0)
            return false;
        size_t over = advance(pieces, count, (size_t)n);
        pieces += over;
        count -= over;
    }
    return true;
}

/* In portions, for there is a limit to what the system takes at once. */
static bool send_spans(const struct responses *answers, const kw_span *spans, size_t count)
{
    struct iovec pieces[PIECES];
    for (size_t from = 0; from < count;) {
        size_t n = count - from < PIECES ? count - from : PIECES;
        for (size_t i = 0; i < n; i++) {
            pieces[i].iov_base = (void *)(uintptr_t)spans[from + i].data; /* iovec has no const */
            pieces[i].iov_len = spans[from + i].size;
        }
        if (!send_pieces(answers, pieces, n))
            return false;
        from += n;
    }
    return true;
}

bool responses_send(struct responses *answers)
{
    kw_span only;
    kw_span *spans = answers->spans != NULL ? answers->spans : &only;
    size_t count = kw_writer_spans(&answers->writer, spans, 2 * answers->slot_count + 1);
    answers->is_over = answers->is_over || !send_spans(answers, spans, count);
    forget(answers);
    return !answers->is_over;
}

static bool make_slots(struct responses *answers, size_t count)
{
    if (count <= answers->slot_count)
        return true;
    count = count > FEWEST_SLOTS ? count : FEWEST_SLOTS;
    kw_writer_gather(&answers->writer, NULL, 0, SIZE_MAX);
    free(answers->slots);
    free(answers->held);
    free(answers->spans);
    answers->slot_count = 0;
    answers->slots = calloc(count, sizeof *answers->slots);
    answers->held = calloc(count, sizeof(struct open_segment *));
    answers->spans = calloc(2 * count + 1, sizeof *answers->spans);
    if (answers->slots == NULL || answers->held == NULL || answers->spans == NULL)
        return false;
    answers->slot_count = count;
    kw_writer_gather(&answers->writer, answers->slots, count, SIZE_MAX);
    return true;
}

bool responses_expect_records(struct responses *answers, size_t count)
{
    if (count > answers->slot_count - answers->expected) {
        (void)responses_send(answers);
        if (!make_slots(answers, count))
            return false;
    }
    answers->expected += count;
    kw_writer_gather_from(&answers->writer, SMALLEST_SLICE);
    return true;
}

void responses_end_one(struct responses *answers)
{
    kw_writer_gather_from(&answers->writer, SIZE_MAX);
}

void responses_keep(struct responses *answers, struct open_segment *segment)
{
    answers->held[answers->held_count++] = segment;
}

/* A connection is over when both sides have ended it, as the broker does with all when it stops. Where the system
 * tells, it is also noticed that the peer alone has. */
void responses_wait(struct responses *answers, int32_t ms)
{
    struct pollfd peer = {.fd = answers->fd, .events = PEER_IS_DONE};
    int64_t end = clock_ms() + ms, left;
    if (!responses_send(answers))
        return;
    while ((left = end - clock_ms()) > 0) {
        int n = poll(&peer, 1, (int)left);
        if (n > 0 || (n < 0 && errno != EINTR))
            return;
    }
}
