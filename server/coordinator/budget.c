/* SPDX-License-Identifier: Apache-2.0 */
#include "budget.h"

#include "../base/memory_size.h"

void coordinator_budget_init(struct coordinator_budget *budget)
{
    atomic_init(&budget->used, 0);
    budget->limit = memory_size() / 4;
}

bool coordinator_budget_take(struct coordinator_budget *budget, size_t size)
{
    size_t used = atomic_load(&budget->used);
    do {
        if (used > budget->limit || size > budget->limit - used)
            return false;
    } while (!atomic_compare_exchange_weak(&budget->used, &used, used + size));
    return true;
}

void coordinator_budget_force(struct coordinator_budget *budget, size_t size)
{
    atomic_fetch_add(&budget->used, size);
}

void coordinator_budget_give(struct coordinator_budget *budget, size_t size)
{
    atomic_fetch_sub(&budget->used, size);
}
