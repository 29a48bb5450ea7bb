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
    EXCHANGE_CLOSE     /* there is no response: `fault` says why, and the connection ends */
};

struct exchange {
    struct executor *executor;       /* of the connection */
    const struct endpoint *endpoint; /* where the client reaches the broker */
    kw_arena *arena;                 /* the request's; empty at the start */
    struct responses *responses;
    void *call; /* the service's own */
    char fault[512];

    /* The connection's: a pending exchange has ended. On the executor's thread, not from within `start`. */
    void (*ended)(struct exchange *exchange, enum exchange_outcome outcome);
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
};

#endif
