/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CRASH_KEEP_H
#define TESTS_CRASH_KEEP_H

/* States as files of the system, to be looked at, and for Kafka. */

#include "check.h"

/* Copies a folder of the files in memory. */
void keep_folder(const char *from, const char *to);

/* Writes each state that is checked to a folder of its own below this one, named by its number: `before` and `after`
 * its recovery; and `logs`, a line for each: its name, its start and recovery point by the checkpoints, where it starts
 * and ends after recovery, and settings. */
const struct check_observer *keep_for_kafka(const char *path);

#endif
