/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_TRANSACTIONS_H
#define SERVER_LOG_TRANSACTIONS_H

#include "log_contents.h"

/* Sets contents->aborted and *last_stable_offset. The status is of memory. */
kw_status load_transactions(struct log_contents *contents, int64_t log_end_offset,
                            const struct problem_listener *listener, int64_t *last_stable_offset);

#endif
