/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_CONTROL_H
#define TESTS_SIMULATION_CONTROL_H

/* Requests of the run itself, on connections that nothing disturbs. The world continues until they are answered; the
 * functions must not be called from within what happens. False: the broker has gone meanwhile. */

#include <stdbool.h>
#include <stdint.h>

#include "member.h"

/* `use` gets the response. */
bool control_ask(int16_t key, int16_t version, const void *request, void (*use)(void *context, const void *response),
                 void *context);

void control_stop(void);

/* So many topics, with one partition or more, and an offsets topic. */
bool control_create_topics(size_t count);

/* How many partitions topics have, which may be more than anybody was answered. False: the broker has gone. */
bool control_look_at_topics(void);

/* One more partition for a topic; whether it has one shows in topics. */
void control_grow(size_t topic);

/* A share group starts with the first record. */
bool control_read_from_start(const struct group *group);

/* Whether it lags behind nowhere: all records have been accepted, or given up. */
bool control_share_has_finished(const struct group *group);

/* Compares the offsets that the broker has of a group with those that were acknowledged. */
bool control_compare_offsets(const struct group *group);

/* False: it may have been deleted, or not. */
bool control_delete_group(const struct group *group, int16_t *error);

#endif
