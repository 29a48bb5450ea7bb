/* SPDX-License-Identifier: Apache-2.0 */
#include "assignor.h"

#include <string.h>

bool assign_uniform(const struct assignor_input *in, kw_arena *arena, int32_t *owners)
{
    return in->is_homogeneous ? assign_uniform_equal(in, arena, owners) : assign_uniform_mixed(in, arena, owners);
}

static void count_owned(const struct assignor_input *in, uint32_t *counts)
{
    memset(counts, 0, in->member_count * sizeof *counts);
    for (size_t p = 0; p < in->partition_count; p++)
        if (in->owners[p] != NO_MEMBER)
            counts[in->owners[p]]++;
}

/* How many partitions each member is to have. Those that have more than the quota come first when the extras are given
 * out, as they keep a partition with it. */
static void set_quotas(const struct assignor_input *in, const uint32_t *counts, uint32_t *quotas)
{
    uint32_t quota = (uint32_t)(in->partition_count / in->member_count);
    size_t extras = in->partition_count % in->member_count;
    for (size_t i = 0; i < in->member_count; i++) {
        quotas[i] = quota;
        if (counts[i] > quota && extras > 0) {
            quotas[i]++;
            extras--;
        }
    }
    for (size_t i = 0; extras > 0; i++)
        if (quotas[i] == quota) {
            quotas[i]++;
            extras--;
        }
}

bool assign_uniform_equal(const struct assignor_input *in, kw_arena *arena, int32_t *owners)
{
    for (size_t p = 0; p < in->partition_count; p++)
        owners[p] = NO_MEMBER;
    if (in->member_count == 0 || in->partition_count == 0)
        return true;
    uint32_t *counts = kw_arena_array(arena, in->member_count, sizeof *counts);
    uint32_t *left = kw_arena_array(arena, in->member_count, sizeof *left);
    if (counts == NULL || left == NULL)
        return false;
    count_owned(in, counts);
    set_quotas(in, counts, left);
    for (size_t p = 0; p < in->partition_count; p++) {
        int32_t owner = in->owners[p];
        if (owner != NO_MEMBER && left[owner] > 0) {
            left[owner]--;
            owners[p] = owner;
        }
    }
    size_t taker = 0;
    for (size_t p = 0; p < in->partition_count; p++) {
        if (owners[p] != NO_MEMBER)
            continue;
        while (left[taker] == 0)
            taker++;
        left[taker]--;
        owners[p] = (int32_t)taker;
    }
    return true;
}
