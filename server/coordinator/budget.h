/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_BUDGET_H
#define SERVER_COORDINATOR_BUDGET_H

/* The memory that the states of all coordinators may take together. What would make something new asks for it; what
 * exists already continues without. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct coordinator_budget {
    atomic_size_t used; /* bytes */
    size_t limit;
};

/* A quarter of what this process may use. */
void coordinator_budget_init(struct coordinator_budget *budget);

/* Counts so many bytes. False: they would exceed the limit, and are not counted. From any thread. */
bool coordinator_budget_take(struct coordinator_budget *budget, size_t size);

/* The same without a limit, as for what replaces something that is given back afterwards. */
void coordinator_budget_force(struct coordinator_budget *budget, size_t size);

void coordinator_budget_give(struct coordinator_budget *budget, size_t size);

#endif
