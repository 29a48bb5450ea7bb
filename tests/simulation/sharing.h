/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_SHARING_H
#define TESTS_SIMULATION_SHARING_H

/* How a member of a share group reads: it acquires records, and says what has become of them. */

#include "member.h"

enum { SHARE_DELIVERIES = 10 }; /* of a record to a group, at most */

/* From now on it reads at m->fetch. */
void sharing_init(struct member *member);

/* Its session and all that it has acquired are lost. */
void sharing_stop(struct member *member);

#endif
