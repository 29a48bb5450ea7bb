/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_LOAD_CONSUMER_H
#define TESTS_LOAD_CONSUMER_H

/* A consumer of one partition, which commits its offset in a group of its own, and continues from there when its
 * connection has ended. */

#include "history.h"
#include "link.h"

/* Of all consumers. */
struct consuming {
    struct history *history;
    const char *topic;
    const char *group;     /* what the names of groups start with */
    double commit_seconds; /* between two commits */
    uint64_t read, commits, resumed;
};

enum consumer_stage { CONSUMER_LOST, CONSUMER_ASKS_OFFSET, CONSUMER_READS, CONSUMER_COMMITS };

struct consumer {
    struct link link; /* the first member */
    struct consuming *all;
    char group[64];
    enum consumer_stage stage;
    struct reading reading;
    struct reading committed; /* acknowledged */
    struct reading on_its_way;
    bool has_one_on_its_way;
    uint64_t commit_at;
};

void consumer_start(struct consumer *c, struct consuming *all, uint32_t number, struct links *links, double delay);
void consumer_finish(struct consumer *c);

/* Whether it has found all that was acknowledged. */
bool consumer_is_complete(const struct consumer *c);

#endif
