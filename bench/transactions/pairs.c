/* SPDX-License-Identifier: Apache-2.0 */
#include "pairs.h"

#include <stdio.h>
#include <stdlib.h>

#include "../load/clock.h"
#include "../load/program.h"

enum { TRIES = 20 };

static const double AROUND = 0.005; /* seconds at the start and at the end of a turn that are not measured */

struct turn {
    double rate; /* requests a second */
    double cpu;  /* us of the server, a request */
};

int64_t server_clock(pid_t pid)
{
    int64_t ns = clock_of_process(pid);
    if (ns < 0)
        die("process %ld does not exist", (long)pid);
    return ns;
}

static struct turn measure(const struct pairs *pairs, struct production *production, double seconds)
{
    atomic_store(&production->is_paused, false);
    clock_sleep(AROUND);
    int64_t cpu = server_clock(pairs->pid);
    uint64_t start = clock_now(), answered = atomic_load(&production->answered);
    clock_sleep(seconds);
    cpu = server_clock(pairs->pid) - cpu;
    double ns = (double)(clock_now() - start), count = (double)(atomic_load(&production->answered) - answered);
    atomic_store(&production->is_paused, true);
    clock_sleep(AROUND);
    return (struct turn){count / ns * 1e9, (double)cpu / count / 1e3};
}

/* A machine that stands still says nothing. */
static struct turn measure_again(const struct pairs *pairs, struct production *production, double seconds)
{
    for (int i = 0; i < TRIES; i++) {
        struct turn turn = measure(pairs, production, seconds);
        if (turn.rate != 0)
            return turn;
    }
    die("no answer in %d times %g seconds", TRIES, seconds);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(double *values, unsigned count, double share)
{
    qsort(values, count, sizeof *values, compare);
    return values[(unsigned)(share * (count - 1) + 0.5)];
}

static void print_changes(double *changes, unsigned count)
{
    for (int i = 1; i < 4; i++)
        printf("\t%.2f", quantile(changes, count, i / 4.0));
}

static void print(struct turn (*turns)[KINDS], unsigned count)
{
    double *values = must_have(calloc(count, sizeof *values));
    for (int kind = 0; kind < KINDS; kind++) {
        for (unsigned i = 0; i < count; i++)
            values[i] = turns[i][kind].rate;
        printf("%s%.0f", kind == 0 ? "" : "\t", quantile(values, count, 0.5));
        for (unsigned i = 0; i < count; i++)
            values[i] = turns[i][kind].cpu;
        printf("\t%.2f", quantile(values, count, 0.5));
    }
    for (unsigned i = 0; i < count; i++)
        values[i] = (turns[i][PLAIN_KIND].rate / turns[i][TRANSACTIONAL_KIND].rate - 1) * 100;
    print_changes(values, count);
    for (unsigned i = 0; i < count; i++)
        values[i] = (turns[i][TRANSACTIONAL_KIND].cpu / turns[i][PLAIN_KIND].cpu - 1) * 100;
    print_changes(values, count);
    putchar('\n');
    free(values);
}

/* The first pair only warms up. */
void pairs_run(const struct pairs *pairs)
{
    struct producers *producers[KINDS];
    struct turn(*turns)[KINDS] = must_have(calloc(pairs->count + 1, sizeof *turns));
    for (int kind = 0; kind < KINDS; kind++)
        producers[kind] = producers_start(&pairs->productions[kind], pairs->producers, pairs->threads);
    for (unsigned i = 0; i <= pairs->count; i++)
        for (unsigned k = 0; k < KINDS; k++) {
            unsigned kind = (i + k) % KINDS;
            turns[i][kind] = measure_again(pairs, &pairs->productions[kind], i == 0 ? pairs->warm_up : pairs->seconds);
        }
    for (int kind = 0; kind < KINDS; kind++) {
        atomic_store(&pairs->productions[kind].phase, ENDS);
        for (unsigned i = 0; i < pairs->threads; i++)
            pthread_join(producers[kind][i].thread, NULL);
        free(producers[kind]);
    }
    print(turns + 1, pairs->count);
    free(turns);
}
