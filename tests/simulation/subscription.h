/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_SUBSCRIPTION_H
#define TESTS_SIMULATION_SUBSCRIPTION_H

/* What members of classic groups say to each other, as Kafka's clients encode it. */

#include <kwire/view.h>

#include "assign.h"

enum { SUBSCRIPTION_SIZE = 4096 };

/* In a version up to 3; owned partitions need 1, their generation 2. */
kw_bytes subscription_write(uint8_t to[SUBSCRIPTION_SIZE], int16_t version, const struct candidate *candidate);
void subscription_read(kw_bytes bytes, struct candidate *out);

kw_bytes assignment_write(uint8_t to[SUBSCRIPTION_SIZE], uint64_t partitions);
uint64_t assignment_read(kw_bytes bytes);

#endif
