/* SPDX-License-Identifier: Apache-2.0 */
#include "connection.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <kwire/endian.h>
#include <kwire/frame.h>

#include "../api/dispatch.h"
#include "../base/clock.h"
#include "../observe/console.h"
#include "receive_buffer.h"
#include "responses.h"

/* Memory that one request may take. */
enum { ARENA_LIMIT = 64 * 1024 * 1024 };

enum {
    FLUSH_SIZE = 256 * 1024, /* answers wait for each other until they are this much */
    QUIET_MS = 1000,         /* after which a connection gives its memory back */
    SEND_TIMEOUT_MS = 30000, /* for peers that do not read what they asked for */
    FAREWELL_MS = 1000,      /* for peers to take the last answers */
    FAREWELL_BYTES = 1 << 20
};

struct connection {
    struct broker *broker;
    const struct endpoint *endpoint;
    const char *peer;
    int fd;
    bool warm;         /* has memory to give back */
    size_t frame_size; /* of the incomplete frame at the beginning of the input */
    size_t taken;      /* of request_memory, for that frame */
    struct receive_buffer input;
    kw_arena arena;
    struct responses answers;
};

enum outcome { GOES_ON, IS_OVER, IS_BAD };

static void set_timeout(int fd, int option, int64_t ms)
{
    struct timeval timeout = {0}; /* zero: none */
    if (ms > 0) {
        timeout.tv_sec = (time_t)(ms / 1000 < INT32_MAX ? ms / 1000 : INT32_MAX);
        timeout.tv_usec = (suseconds_t)(ms % 1000 * 1000);
    }
    (void)setsockopt(fd, SOL_SOCKET, option, &timeout, sizeof timeout);
}

static int64_t shorter(int64_t idle_ms, int64_t ms)
{
    return idle_ms > 0 && idle_ms < ms ? idle_ms : ms;
}

static void take_memory(struct connection *c)
{
    kw_arena_init_growing(&c->arena, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    responses_init(&c->answers, c->fd, c->peer);
}

static void give_memory_back(struct connection *c)
{
    kw_arena_finish(&c->arena);
    responses_finish(&c->answers);
}

/* Between requests a connection is first warm, ready for the next one, and after a while cold, with next to no memory.
 * The receive timeout is what remains of the idle time in either state. */
static void warm_up(struct connection *c)
{
    c->warm = true;
    set_timeout(c->fd, SO_RCVTIMEO, shorter(c->broker->config.idle_ms, QUIET_MS));
}

static void cool_down(struct connection *c)
{
    int64_t idle_ms = c->broker->config.idle_ms;
    c->warm = false;
    give_memory_back(c);
    take_memory(c);
    receive_buffer_shrink(&c->input);
    set_timeout(c->fd, SO_RCVTIMEO, idle_ms > 0 ? idle_ms - QUIET_MS : 0);
}

static void describe_bad_frame(const struct connection *c, const uint8_t *data, const kw_frame *frame,
                               struct fault *fault)
{
    if (frame->status == KW_ERR_FRAME_SIZE)
        (void)snprintf(fault->text, sizeof fault->text, "%s: %ld bytes, 4 to %zu are allowed",
                       kw_status_text(frame->status), (long)(int32_t)kw_load_be32(data),
                       c->broker->config.request_max_bytes);
    else
        (void)snprintf(fault->text, sizeof fault->text, "%s", kw_status_text(frame->status));
}

/* A frame that the input's own room does not hold waits for memory before more of it is read. */
static enum outcome expect_frame(struct connection *c, size_t size)
{
    struct memory_pool *memory = &c->broker->request_memory;
    c->frame_size = size;
    if (size <= RECEIVE_BUFFER_BUSY || c->taken != 0 || !memory_pool_is_limited(memory))
        return GOES_ON;
    if (!memory_pool_take(memory, size, c->fd))
        return IS_OVER;
    c->taken = size;
    return GOES_ON;
}

static void forget_frame(struct connection *c)
{
    if (c->taken == 0)
        return;
    receive_buffer_shrink(&c->input);
    memory_pool_give(&c->broker->request_memory, c->taken);
    c->taken = 0;
}

/* Answers all complete frames of the input. Whatever comes of the last one, the answers before it are sent. */
static enum outcome answer(struct connection *c, struct fault *fault)
{
    enum outcome outcome = GOES_ON;
    size_t done = 0, incomplete = 0;
    while (outcome == GOES_ON) {
        kw_frame frame;
        const uint8_t *data = c->input.data + done;
        bool complete = kw_frame_next(data, c->input.size - done, c->broker->config.request_max_bytes, &frame);
        if (!complete && frame.status == KW_OK) {
            incomplete = frame.needed;
            break;
        }
        if (!complete) {
            describe_bad_frame(c, data, &frame, fault);
            outcome = IS_BAD;
        } else if (!dispatch(c->broker, c->endpoint, frame.payload, &c->arena, &c->answers, fault)) {
            outcome = IS_BAD;
        } else if (responses_size(&c->answers) >= FLUSH_SIZE && !responses_send(&c->answers)) {
            outcome = IS_OVER;
        }
        done += frame.consumed;
    }
    receive_buffer_drop(&c->input, done);
    if (done != 0)
        forget_frame(c);
    if (outcome == IS_OVER || !responses_send(&c->answers))
        return IS_OVER;
    return outcome == GOES_ON ? expect_frame(c, incomplete) : outcome;
}

static enum outcome receive(struct connection *c, struct fault *fault)
{
    ssize_t n = receive_buffer_read(&c->input, c->fd, c->frame_size);
    if (n > 0) {
        if (!c->warm)
            warm_up(c);
        return GOES_ON;
    }
    if (n < 0 && errno == ENOMEM) {
        (void)snprintf(fault->text, sizeof fault->text, "no memory for a frame of %zu bytes", c->frame_size);
        return IS_BAD;
    }
    int64_t idle_ms = c->broker->config.idle_ms;
    bool quiet = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (!quiet || !c->warm || (idle_ms > 0 && idle_ms <= QUIET_MS))
        return IS_OVER;
    cool_down(c);
    return GOES_ON;
}

/* Closing a socket with unread input resets the connection, and the peer may lose answers that are still on their way.
 * So the peer is told that nothing more comes, and what it sends is read for a moment. */
static void say_farewell(struct connection *c)
{
    int64_t deadline = clock_ms() + FAREWELL_MS, left;
    size_t taken = 0;
    if (shutdown(c->fd, SHUT_WR) != 0)
        return;
    while (taken < FAREWELL_BYTES && (left = deadline - clock_ms()) > 0) {
        set_timeout(c->fd, SO_RCVTIMEO, left);
        ssize_t n = recv(c->fd, c->input.data, c->input.room, 0);
        if (n <= 0 && !(n < 0 && errno == EINTR))
            break;
        taken += n > 0 ? (size_t)n : 0;
    }
}

void connection_serve(struct broker *broker, int fd, const struct endpoint *endpoint, const char *peer)
{
    struct connection c = {.broker = broker, .endpoint = endpoint, .peer = peer, .fd = fd};
    struct fault fault = {""};
    if (!receive_buffer_init(&c.input))
        return;
    take_memory(&c);
    set_timeout(fd, SO_RCVTIMEO, broker->config.idle_ms);
    set_timeout(fd, SO_SNDTIMEO, shorter(broker->config.idle_ms, SEND_TIMEOUT_MS));

    enum outcome outcome = GOES_ON;
    while (outcome == GOES_ON) {
        outcome = receive(&c, &fault);
        if (outcome == GOES_ON)
            outcome = answer(&c, &fault);
    }
    if (outcome == IS_BAD) {
        console_peer("%s: closed: %s", peer, fault.text);
        say_farewell(&c);
    }
    give_memory_back(&c);
    forget_frame(&c);
    receive_buffer_finish(&c.input);
}
