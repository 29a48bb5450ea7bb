/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_DISK_H
#define TESTS_SIMULATION_DISK_H

/* The broker's files, in memory. A broker that crashes has written what it has written: the disk dies with one of its
 * changes, of which a part may be done, and takes no further ones until it is revived. With its power more may go. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DISK_FOREVER = INT32_MAX };

void disk_start(void);
void disk_stop(void);

/* Dies with the change after so many, or now. */
void disk_die_after(size_t changes);
void disk_die(void);
bool disk_is_dead(void);
void disk_revive(void);

/* What was not synced is lost, or not. Nothing may be open. */
void disk_lose_power(void);

/* A change or a sync fails after so many, once. Whether one has, since it was healed. */
void disk_fail_after(size_t calls);
bool disk_has_failed(void);
void disk_heal(void);

/* Nothing can grow as long as it is full. */
void disk_fill(bool full);
bool disk_is_full(void);

#endif
