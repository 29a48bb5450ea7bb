/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_KEEPER_H
#define TESTS_SIMULATION_KEEPER_H

/* Topics that lose records: one that is compacted, one whose records expire. Each of their partitions has a producer,
 * and a reader that checks that what must be kept is: the last value of each key; records that are not old. */

#include <stdbool.h>

/* False: the broker has gone. */
bool keepers_create_topics(void);

void keepers_start(void);

/* Changes a setting of a topic; false: the broker has gone. */
bool keepers_change_settings(void);

/* Nothing is produced any more, and all that there is is read once more. */
void keepers_end(void);
bool keepers_have_ended(void);

void keepers_stop(void);

#endif
