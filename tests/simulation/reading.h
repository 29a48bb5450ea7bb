/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_READING_H
#define TESTS_SIMULATION_READING_H

/* Fetches of the partitions that transactions write, as Kafka's consumers read them. */

#include <kwire/messages/fetch_response.h>

#include "asker.h"
#include "ledger.h"

enum { READING_VALUE = 40 };

/* What a record's value starts with. */
void reading_write(uint8_t to[READING_VALUE], const struct ledger_record *record);

/* Asks for partitions from these offsets on; those below 0 are left out. */
void reading_ask(struct asker *asker, const int64_t offsets[LEDGER_ALL], bool is_committed, int32_t max_wait_ms);

/* A record from the offset on that the reader may see, and where the next one is looked for. False: no more of them. */
typedef bool reading_take(void *context, int64_t offset, const struct ledger_record *record, int64_t next);

/* Shows the ledger what a partition has from the offset on, and `take` what the reader may see, until it has enough.
 * Returns the offset after the last that was looked at. `take` may be NULL. */
int64_t reading_walk(const kw_fetch_response_partition_data *data, int partition, int64_t from, bool is_committed,
                     reading_take *take, void *context);

/* Calls `use` for each partition that is answered without an error. */
void reading_answered(const struct asker *asker, const kw_fetch_response *response, void *context,
                      void (*use)(void *context, int partition, const kw_fetch_response_partition_data *data));

#endif
