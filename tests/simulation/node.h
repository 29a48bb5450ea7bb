/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_NODE_H
#define TESTS_SIMULATION_NODE_H

/* The broker: the whole of it, but for sockets and threads. It starts, stops, crashes and starts again with what is on
 * its disk. */

#include <stdbool.h>
#include <stddef.h>

#include "network/exchange.h"
#include "setting.h"

/* With these settings from now on. A start may fail if the disk dies, or is full; then the broker is not up. */
void node_start(const struct process_setting *settings, size_t count);

/* A clean stop; all connections end. */
void node_stop(void);

/* Its process ends between two of its instructions. Also if the disk has died before. */
void node_crash(void);

bool node_is_up(void);

/* Compacts the log that most needs it, as a cleaner would. */
void node_clean(void);

/* What answers requests; NULL: the broker is not up. */
const struct service *node_service(void);

/* Its logs. */
struct log_manager;
struct log_manager *node_logs(void);

/* The memory that the coordinators' states take. */
size_t node_coordinators_memory(void);

#endif
