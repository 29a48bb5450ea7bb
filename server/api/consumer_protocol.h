/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_CONSUMER_PROTOCOL_H
#define SERVER_API_CONSUMER_PROTOCOL_H

#include "call.h"

/* Whether consumer groups are in use: by group.version, and by group.coordinator.rebalance.protocols. Else their APIs
 * answer UNSUPPORTED_VERSION. */
bool consumer_protocol_is_enabled(const struct call *call);

#endif
