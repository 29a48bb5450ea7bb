/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_SURVEY_H
#define TESTS_SIMULATION_SURVEY_H

/* What a loss of power leaves where appends do not wait for the disk. Much of what clients were promised is gone then,
 * so the loss happens in a copy of the world, which ends with it: the world itself continues as if the broker had only
 * crashed. docs/simulation.md says what is checked. */

#include "node.h"

/* The broker is not up, and starts with these settings. */
void survey_loss(const struct process_setting *with, size_t count);

#endif
