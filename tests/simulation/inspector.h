/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_INSPECTOR_H
#define TESTS_SIMULATION_INSPECTOR_H

/* Looks at groups as the coordinator describes them, beside what their members believe. */

#include "member.h"

/* What it says of a group. */
struct described {
    bool is_answered;
    bool is_stable;
    bool is_missing;
    bool is_empty; /* or missing */
    size_t members;
    int32_t epoch;
};

/* Describes the group, of which these are all members that there may be, and checks that no partition has two owners,
 * and that no member has a partition which the coordinator has not given it. */
struct described inspect(const struct group *group, const struct member *members, size_t count);

/* Whether every member that is present is in the group as the description says, all partitions have owners, and
 * also, if it should have all, whether what was sent has been read and is committed. *why is what is missing. */
bool has_converged(const struct group *group, const struct member *members, size_t count, const struct described *is,
                   bool has_all, const char **why);

#endif
