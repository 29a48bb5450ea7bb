/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_NETWORK_NETWORK_H
#define SERVER_NETWORK_NETWORK_H

/* All threads that serve connections, and what they share. */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/worker_pool.h"
#include "../config/config.h"
#include "admission.h"
#include "exchange.h"
#include "listener.h"
#include "memory_pool.h"
#include "reactor.h"
#include "workspace.h"

/* What one thread has for its connections; touched by that thread only. */
struct network_thread {
    struct reactor reactor;
    struct network *network;
    pthread_t thread;
    struct task stop;
    bool stopping;
    struct connection *first;
    size_t count;
    size_t most; /* connections since memory was given back */
    struct workspaces spare;
    struct timer quiet;
    size_t in_use;      /* workspaces that are lent */
    size_t most_in_use; /* at the same time, since memory was given back */
    int64_t next_trim;  /* executor_now() */
    uint64_t lent;      /* workspaces, ever */
    uint64_t lent_before;
    struct known_endpoint *endpoints; /* by which clients have reached this broker */
};

/* How long peers may take, in ms. */
struct network_patience {
    int64_t send;       /* to read something of what they asked for */
    int64_t frame;      /* to send a request, whatever its size, */
    int64_t frame_rate; /* and beyond that a ms for so many bytes */
    int64_t farewell;   /* to take the last responses */
};

extern const struct network_patience network_patience_default;

struct network_options {
    const struct config *config;            /* stays the caller's, as what follows */
    const struct connection_limits *limits; /* may change */
    struct listener *listener;              /* open */
    struct service service;
    struct network_patience patience;
    int threads;
};

struct network {
    const struct config *config;
    struct network_patience patience;
    struct service service;
    struct worker_pool workers;
    struct memory_pool memory;
    struct admission admission;
    struct listener *listener;
    struct network_thread *threads;
    int thread_count;
    int started;     /* threads that run */
    int next_thread; /* that gets a connection; the first thread's */
    struct task stop_accepting;
};

enum { NETWORK_WORKERS = 4 };

/* Starts the threads; the first one accepts what the listener has. False after a complaint. */
bool network_start(struct network *network, const struct network_options *options);

/* Ends all connections and threads. */
void network_stop(struct network *network);

/* One thread's part, without the thread: network_start() makes several. False and errno. It must have no connections
 * at the end. */
bool network_thread_init(struct network_thread *thread, struct network *network);
void network_thread_finish(struct network_thread *thread);

/* Where a client that has connected to this socket reaches the broker; NULL if memory is short. */
const struct endpoint *network_endpoint(struct network_thread *thread, int fd);

/* For connections: memory for requests, lent and given back. */
struct workspace *network_lend(struct network_thread *thread);
void network_return(struct network_thread *thread, struct workspace *workspace);

/* A connection has begun or ended on the thread. */
void network_count(struct network_thread *thread, bool started);

#endif
