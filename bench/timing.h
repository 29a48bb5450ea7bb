/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_TIMING_H
#define BENCH_TIMING_H

#include <stddef.h>

#include <kwire/arena.h>

/* malloc() and free() that count. */
struct counted_memory {
    kw_allocator allocator;
    size_t calls; /* of acquire */
    size_t bytes; /* asked for by them */
};

void counted_memory_init(struct counted_memory *memory);

/* One operation; `context` is its own. */
typedef void operation(void *context);

/* An operation is timed in samples of about a millisecond, so that most of them are not disturbed by other work of the
 * machine: as many as fit in MEASURE_S (0.3) seconds, but at least 9, after WARM_S (0.2) seconds of warm-up. Both come
 * from the environment. */
struct timing {
    double least;  /* ns an operation, in the fastest sample */
    double median; /* in the median one */
    double calls;  /* of the allocator, an operation */
    double bytes;
};

struct timing measure(operation *run, void *context, const struct counted_memory *memory);

/* Measures and prints name<TAB>op<TAB>ns<TAB>med=NS<TAB>B=bytes<TAB>allocs=N. */
void bench(const char *name, const char *op, operation *run, void *context, const struct counted_memory *memory);

/* Keeps the compiler from removing the computation of `value`. */
void use(size_t value);

/* Prints a message after "bench: " and ends the program with status 1. */
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2), noreturn))
#endif
void die(const char *format, ...);

#endif
