/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_PLAN_H
#define TESTS_SIMULATION_PLAN_H

/* Who takes part, and with which settings: what a seed decides at the start. */

#include "member.h"
#include "node.h"
#include "producer.h"

enum { MOST_IN_GROUP = 40, PLAN_SETTINGS = 32, SETTING_TEXT = 24 };

struct plan {
    struct group groups[MOST_GROUPS];
    struct member members[MOST_GROUPS][MOST_IN_GROUP];
    size_t sizes[MOST_GROUPS];
    size_t group_count;
    struct producer producers[MOST_PRODUCERS];
    size_t producer_count;
    struct process_setting settings[PLAN_SETTINGS];
    char texts[PLAN_SETTINGS][SETTING_TEXT];
    size_t setting_count;
    bool is_synced; /* each append waits for the disk: what is acknowledged survives a loss of power */
};

/* Settings, before the broker starts; then clients, once topics exist. */
void plan_settings(struct plan *plan);
void plan_clients(struct plan *plan);

/* What the network does in a storm. */
struct weather plan_weather(void);

#endif
