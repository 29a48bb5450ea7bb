/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_STARTUP_H
#define SERVER_STARTUP_H

/* From the directories to a broker that can be asked, and back. */

#include <stdbool.h>

#include "api/broker.h"
#include "metadata/lifecycle.h"
#include "metadata/publisher.h"

/* Zero bytes, or as startup_open() leaves it. Private fields. */
struct startup {
    struct broker *broker;
    struct lifecycle lifecycle;
    struct publisher publisher;
    struct thread_executor upkeep;      /* of the logs */
    const struct metadata_image *found; /* that the logs were prepared for, until there is a newer one */
    kw_uuid *directories;               /* ids of those that can be used */
    struct assignment_list assignments;
    struct log_dir_listener listener;
    bool has_upkeep;
    bool has_coordinators;
    bool in_memory;
    bool decides; /* this node is the controller */
};

/* Without directories in the configuration there is one in memory, where records may take half of what there is, and
 * everything ends with the process. Opens what the configuration names, and takes the metadata over; or serves it for
 * reading, with a line on the console that says why. The port that the broker listens on must be known. False after a
 * complaint; startup_close() must follow in any case. */
bool startup_open(struct startup *startup, struct broker *broker);

/* Starts the controller's thread. False after a complaint. */
bool startup_run(struct startup *startup);

/* One line on the console: what is served, and how long the start took. Nothing without directories. */
void startup_report(const struct startup *startup, int64_t ms);

/* A clean stop, once nobody can ask any more. */
void startup_close(struct startup *startup);

#endif
