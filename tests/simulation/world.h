/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_WORLD_H
#define TESTS_SIMULATION_WORLD_H

/* A world in which all that happens follows from a seed: its time, its random numbers, the threads of the broker, which
 * take turns on the test's own thread, and what is going to happen. There is one. docs/simulation.md */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../server/support/random_test.h"
#include "../server/support/sim.h"

/* Something that happens once at a time. Zero bytes but for the function are one that is not expected. */
struct happening {
    void (*happen)(struct happening *happening);
    /* The rest is private. */
    int64_t time;
    uint64_t order; /* of those at the same time */
    size_t place;   /* in the heap, from 1; 0: it is not expected */
};

enum { REACTORS = 2, OTHER_THREADS = 5, THREADS = REACTORS + OTHER_THREADS };

/* What a run did. */
struct counts {
    uint64_t events;   /* tasks, timers, messages that arrive */
    uint64_t requests; /* that the broker got */
    uint64_t faults;   /* of the network, the broker, the clients */
    uint64_t checks;
    uint64_t produced, consumed, commits;    /* records; offsets that were acknowledged */
    uint64_t rebalances;                     /* assignments that members got */
    uint64_t restarts, crashes, power;       /* power: it was lost, with what was not synced */
    uint64_t transactions, aborted, markers; /* committed ones; markers that were read */
};

struct world {
    uint64_t seed;
    struct random_test choices; /* of the world */
    struct random_test entropy; /* of the broker */
    int64_t now;                /* ms, never going back */
    int64_t epoch;              /* of the time since 1970 at 0 of that one */
    int64_t jumped_at;          /* when the time since 1970 was set to another hour */
    struct sim threads[THREADS];
    size_t slow_one_in;             /* of the tasks of workers */
    int64_t slow_until[THREADS];    /* the workers of a thread wait for the disk until then */
    uint64_t digest;                /* of all that has happened */
    bool is_traced;                 /* notes are printed */
    void (*hear)(const char *line); /* gets what the broker says; NULL: nobody does */
    struct counts counts;
    /* The rest is private. */
    int64_t latest;
    struct happening **expected; /* a heap from 1 on */
    size_t expected_count, expected_capacity;
    uint64_t ordered;
};

extern struct world world;

/* A new one, at the time that the seed says. */
void world_start(uint64_t seed);
void world_finish(void);

/* A number below the limit, which is above 0; a number from the first to the second; whether one in so many is hit. */
size_t pick(size_t limit);
int64_t pick_from(int64_t least, int64_t most);
bool one_in(size_t many);

/* It is expected so many ms from now on, and not at an earlier time that was said before. */
void happen_in(struct happening *happening, int64_t ms);
void happen_not(struct happening *happening);
bool is_expected(const struct happening *happening);

/* Lets one thing happen, and moves the time when nothing else can. */
void world_step(void);

/* The time since 1970 is another one from now on; the latest that it has ever been. */
void world_set_clock(int64_t epoch);
int64_t world_latest(void);

/* Lets that time pass. */
void world_pass(int64_t ms);

/* Lets the threads of the broker do what does not need time. */
void world_settle(void);

/* Makes the bytes count for the digest. */
void world_digest(const void *bytes, size_t size);

/* Says what happens, for who reads it. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What must be true is not: prints it and how to see it again, and ends the program. */
_Noreturn void broken(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Counts a check; what the condition was is said if it is false. */
#define CHECK(condition, ...) (world.counts.checks++, (condition) ? (void)0 : broken(__VA_ARGS__))

#endif
