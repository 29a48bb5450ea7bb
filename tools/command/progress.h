/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H

/* Progress of work that takes longer than a second: one line on standard error if that is a terminal and standard
 * output is not, or nothing is printed there meanwhile. */

#include <stdbool.h>
#include <stdint.h>

typedef struct progress {
    const char *what;
    uint64_t total; /* 0: not known */
    uint64_t done;
    int64_t began_at; /* this and the next in ms */
    int64_t shown_at;
    bool wanted;
    bool shown; /* a line is on the screen */
} progress;

/* `what` is shown before the numbers and must outlive *p. Numbers are of bytes. */
void progress_begin(progress *p, const char *what, uint64_t total, bool quiet_output);

/* May be called some thousand times a second: reads the clock each time. */
void progress_set(progress *p, uint64_t done);

/* Removes the line. Also called before something else is printed; progress_set() shows it again. */
void progress_hide(progress *p);

#endif
