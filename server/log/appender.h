/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_APPENDER_H
#define SERVER_LOG_APPENDER_H

/* The threads of a log directory that append where that may take long, instead of the threads that serve clients. They
 * are its own, so that a slow directory keeps nobody else's work waiting; they start when they are needed. Logs take
 * turns: each is left after what was queued when it came. */

#include <stdbool.h>

#include "../base/worker_pool.h"
#include "log_append.h"

enum { APPENDER_THREADS = 4 };

/* Private fields but for the first. */
struct appender {
    struct log_appender calls; /* for partition_log.appender; of logs that are counted */
    struct worker_pool threads;
};

/* False: there is no memory. */
bool appender_init(struct appender *appender);

/* Appends what is queued, and ends the threads. Nothing may be added any more. */
void appender_finish(struct appender *appender);

#endif
