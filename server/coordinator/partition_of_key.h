/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_PARTITION_OF_KEY_H
#define SERVER_COORDINATOR_PARTITION_OF_KEY_H

/* Which partition of an internal topic coordinates a key, such as a group: as Kafka's Utils.abs(key.hashCode()). */

#include <stdint.h>

#include <kwire/view.h>

/* Java's String.hashCode() of the string that Java reads from these bytes: each sequence that is not UTF-8 becomes one
 * replacement character. */
int32_t java_hash(kw_string key);

/* `partitions` is at least 1. */
int32_t partition_of_key(kw_string key, int32_t partitions);

#endif
