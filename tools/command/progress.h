/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H

/* How far work has come that takes longer than a second: one line on standard error if that is a terminal, and standard
 * output is none, unless nothing is printed there while the work goes on. */

#include <stdbool.h>
#include <stdint.h>

typedef struct progress {
    const char *what;
    uint64_t total; /* 0: not known */
    uint64_t done;
    int64_t began_at; /* this and the next in ms */
    int64_t shown_at;
    bool wanted;
    bool shown; /* there is a line on the screen */
} progress;

/* `what` is shown before the numbers and must outlive *p. Numbers are of bytes. */
void progress_begin(progress *p, const char *what, uint64_t total, bool quiet_output);

/* May be called as often as one likes, some thousand times a second: looks at the clock each time. */
void progress_set(progress *p, uint64_t done);

/* Takes the line away. Also before something else is printed; progress_set() brings it back. */
void progress_hide(progress *p);

#endif
