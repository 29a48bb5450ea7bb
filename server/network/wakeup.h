/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_NETWORK_WAKEUP_H
#define SERVER_NETWORK_WAKEUP_H

/* A descriptor that becomes readable when another thread says so: an eventfd, or a pipe where there is none. */

#include <stdbool.h>

struct wakeup {
    int read_fd; /* to wait for */
    int write_fd;
};

/* False and errno; there is nothing to finish then. */
bool wakeup_init(struct wakeup *wakeup);
void wakeup_finish(struct wakeup *wakeup);

/* From any thread. */
void wakeup_signal(struct wakeup *wakeup);

/* Makes it unreadable again. */
void wakeup_clear(struct wakeup *wakeup);

#endif
