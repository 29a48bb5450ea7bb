/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_NETWORK_EXCHANGE_H
#define SERVER_NETWORK_EXCHANGE_H

/* One request of a connection on its way to whoever answers it, and back. This is all that the network knows of the
 * APIs above it, and all that these know of the network. */

#include <stdbool.h>

#include <kwire/arena.h>
#include <kwire/view.h>

#include "../base/executor.h"
#include "../config/endpoint.h"
#include "responses.h"

enum exchange_outcome {
    EXCHANGE_ANSWERED, /* the response, if one is due, was appended to the responses */
    EXCHANGE_PENDING,  /* `ended` will be called */
    EXCHANGE_RESTING,  /* the same, and until wake() has been called it needs nothing of the request: neither the frame,
                        * nor the arena, nor the responses */
    EXCHANGE_CLOSE     /* there is no response: `fault` says why, and the connection ends */
};

enum { EXCHANGE_FAULT_SIZE = 512 };

struct exchange {
    struct executor *executor;       /* of the connection */
    const struct endpoint *endpoint; /* where the client reaches the broker */
    const char *host;                /* the client's address; "" once the connection has gone */
    kw_arena *arena;                 /* the request's; empty at the start */
    struct responses *responses;
    void *call;         /* the service's own */
    bool is_remembered; /* the service has something of the connection: leave() is to be called */
    char *fault;        /* EXCHANGE_FAULT_SIZE bytes */

    /* The connection's: a pending exchange has ended, or is resting from now on. On the executor's thread, not from
     * within `start`. */
    void (*ended)(struct exchange *exchange, enum exchange_outcome outcome);

    /* A resting exchange gets an arena and responses again. False: memory is short, and the only outcome is
     * EXCHANGE_CLOSE, which it may have as well without being woken; the connection then ends without a word. */
    bool (*wake)(struct exchange *exchange);
};

/* Answers requests. All functions are called on the exchange's executor. */
struct service {
    void *context;

    /* Starts to answer the frame, which is valid until the exchange has ended. */
    enum exchange_outcome (*start)(void *context, struct exchange *exchange, kw_bytes frame);

    /* The peer sends nothing more and may have gone: a pending exchange must end soon. */
    void (*hurry)(struct exchange *exchange);

    /* The connection has gone. True: the pending exchange has ended with that; false: `ended` will be called, when a
     * thread that works for it has noticed. */
    bool (*cancel)(struct exchange *exchange);

    /* The connection has gone, nothing of it is pending, and its exchange is used no more: only if that is remembered.
     */
    void (*leave)(void *context, const struct exchange *exchange);
};

#endif
