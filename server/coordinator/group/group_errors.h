/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_GROUP_ERRORS_H
#define SERVER_COORDINATOR_GROUP_GROUP_ERRORS_H

#include <stdint.h>

/* What clients of groups get for an error of coordinator_submit(): docs/groups.md, "Errors". */
int16_t group_error_of(int16_t error);

#endif
