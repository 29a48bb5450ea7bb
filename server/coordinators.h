/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATORS_H
#define SERVER_COORDINATORS_H

/* The coordinators of a broker, from its settings. */

#include <stdbool.h>

#include "api/broker.h"

/* Once the node's id and all settings are known. False after a complaint. */
bool coordinators_open(struct broker *broker);

/* Their shards follow an image that is going to be published: some end before logs are deleted, others start once logs
 * have been created. False: memory is short; it is to be called again. */
void coordinators_leave(struct broker *broker, const struct metadata_image *image);
bool coordinators_apply(struct broker *broker, const struct metadata_image *image);

/* Starts to load. Shards live on these executors, which must stay until coordinators_await(). */
void coordinators_start(struct broker *broker, struct executor *const *homes, size_t home_count);

/* Ends all that waits for others, and writes what has been decided. Waiting for that needs the executors. */
void coordinators_stop(struct broker *broker);
void coordinators_await(struct broker *broker);

/* Once nothing uses them any more. */
void coordinators_close(struct broker *broker);

#endif
