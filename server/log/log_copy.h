/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_LOG_COPY_H
#define SERVER_LOG_LOG_COPY_H

#include <kwire/status.h>

/* Gives the folder of a log what another one has: segments, their indexes, snapshots of producers, leader epochs. What
 * was in it is removed, but partition.metadata stays. Nobody may write to either of them; on the disk when it returns.
 * After an error the folder is an empty log, as far as files can still be removed. */
kw_status log_copy(const char *from, const char *to);

#endif
