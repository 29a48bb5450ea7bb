/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_NETWORK_WORKSPACE_H
#define SERVER_NETWORK_WORKSPACE_H

/* The memory that a request needs while it is processed: lent to a connection by its thread, so that idle connections
 * have none. */

#include <stddef.h>

#include "exchange.h"
#include "receive_buffer.h"

struct workspace {
    struct workspace *next; /* private */
    struct receive_buffer input;
    size_t done; /* bytes of the input that are answered, the current request included */
    kw_arena arena;
    struct responses responses;
    char fault[EXCHANGE_FAULT_SIZE];
};

/* Those that are not lent. Zero bytes are none. */
struct workspaces {
    struct workspace *first;
    size_t count;
    size_t usual_input; /* what a connection may have received in any case; so much of a buffer is kept */
};

/* NULL if memory is short. */
struct workspace *workspace_lend(struct workspaces *spare);

/* Takes one back. What it holds of a connection is dropped. */
void workspace_return(struct workspaces *spare, struct workspace *workspace);

/* Frees those that are not lent. */
void workspaces_finish(struct workspaces *spare);

#endif
