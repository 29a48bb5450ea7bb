/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_TIMELINE_PAGE_H
#define TOOLS_TIMELINE_PAGE_H

/* A timeline as a page: latencies by API, connections over time, and the exchanges that are kept. */

#include "timeline.h"
#include "traffic.h"

/* `source`: name of the file or interface, for titles. `file`: as in a command, NULL if it cannot be read again.
 * See remarks_say() for the others. */
typedef struct timeline_source {
    const char *name;
    const char *file;
    const traffic *traffic;
    bool complete;
    unsigned long dropped;
} timeline_source;

/* `write` NULL: standard output. */
void timeline_page_write(timeline *t, const timeline_source *from,
                         void (*write)(void *context, const void *data, size_t size), void *context);

#endif
