/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_TXN_VERIFICATION_H
#define SERVER_API_TXN_VERIFICATION_H

#include "call.h"

/* Whether the coordinator of a transaction must be asked on behalf of a client that adds partitions by itself, before
 * anything is written to them: transaction.partition.verification.enable. */
bool txn_verification_is_enabled(const struct call *call);

#endif
