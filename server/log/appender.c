/* SPDX-License-Identifier: Apache-2.0 */
#include "appender.h"

#include <stddef.h>

#include "log_map.h"

static struct managed_log *of_task(struct task *task)
{
    return (struct managed_log *)(void *)((char *)task - offsetof(struct managed_log, appending));
}

static void run(struct task *task)
{
    struct managed_log *managed = of_task(task);
    struct worker_pool *threads = managed->appending_threads;
    while (log_append_queued(&managed->log))
        if (worker_pool_is_busy(threads)) {
            worker_pool_run(threads, task);
            return;
        }
    log_release(&managed->log);
}

/* The log has one task, as its turn is given away once at a time. */
static void take_over(const struct log_appender *calls, struct partition_log *log)
{
    struct appender *appender = (struct appender *)(uintptr_t)calls; /* its first member */
    struct managed_log *managed = managed_log_of(log);
    log_share(log);
    managed->appending.run = run;
    managed->appending_threads = &appender->threads;
    worker_pool_run(&appender->threads, &managed->appending);
}

bool appender_init(struct appender *appender)
{
    appender->calls.take_over = take_over;
    return worker_pool_init(&appender->threads, APPENDER_THREADS);
}

void appender_finish(struct appender *appender)
{
    worker_pool_finish(&appender->threads);
}
