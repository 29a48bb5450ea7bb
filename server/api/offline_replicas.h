/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_OFFLINE_REPLICAS_H
#define SERVER_API_OFFLINE_REPLICAS_H

#include "call.h"

/* The replicas of a partition that clients are told are offline, in the order of the replicas. False: memory is short.
 */
bool offline_replicas(const struct call *call, const struct metadata_partition *partition, kw_int32_array *out);

#endif
