/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_AFTER_MS = 1000, NEXT_AFTER_MS = 200, MOST_COLUMNS = 79 };

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void progress_begin(progress *p, const char *what, uint64_t total, bool quiet_output)
{
    *p = (progress){.what = what, .total = total};
    p->wanted = isatty(STDERR_FILENO) == 1 && (quiet_output || isatty(STDOUT_FILENO) != 1);
    if (p->wanted)
        p->began_at = p->shown_at = now_ms();
}

/* The end of a long name is more useful than its start. */
static void show(progress *p, int64_t now)
{
    char numbers[64];
    double rate = (double)p->done / 1048.576 / (double)(now - p->began_at);
    unsigned percent = p->total == 0 ? 0 : (unsigned)((double)p->done * 100 / (double)p->total);
    int size =
        snprintf(numbers, sizeof numbers, ": %u %% of %.0f MiB, %.0f MiB/s", percent, (double)p->total / 1048576, rate);
    if (p->total == 0)
        size = snprintf(numbers, sizeof numbers, ": %.0f MiB, %.0f MiB/s", (double)p->done / 1048576, rate);
    size_t space = MOST_COLUMNS - (size_t)size;
    size_t length = strlen(p->what);
    const char *what = length > space ? p->what + (length - space) : p->what;
    fprintf(stderr, "\r%s%s\033[K", what, numbers);
    fflush(stderr);
    p->shown = true;
    p->shown_at = now;
}

void progress_set(progress *p, uint64_t done)
{
    p->done = done;
    if (!p->wanted)
        return;
    int64_t now = now_ms();
    if (now - p->began_at >= FIRST_AFTER_MS && now - p->shown_at >= NEXT_AFTER_MS)
        show(p, now);
}

void progress_hide(progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->shown = false;
}
