/* SPDX-License-Identifier: Apache-2.0 */
#include "timing.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LEAST_SAMPLES = 9, MOST_SAMPLES = 1 << 14, SAMPLE_NS = 1000000 };

static volatile size_t used;

void use(size_t value)
{
    used = value;
}

void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("bench: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static void *acquire(void *context, size_t size)
{
    struct counted_memory *memory = context;
    memory->calls++;
    memory->bytes += size;
    return malloc(size);
}

static void release(void *context, void *block, size_t size)
{
    (void)context;
    (void)size;
    free(block);
}

void counted_memory_init(struct counted_memory *memory)
{
    memory->allocator = (kw_allocator){acquire, release, memory};
    memory->calls = 0;
    memory->bytes = 0;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double setting(const char *name, double otherwise)
{
    const char *text = getenv(name);
    double value = text != NULL ? strtod(text, NULL) : 0;
    return value > 0 ? value : otherwise;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Runs the operation for a while; returns how many of it make a sample. */
static long warm(operation *run, void *context)
{
    double begin = now(), limit = setting("WARM_S", 0.2) * 1e9, took;
    long n = 0;
    do {
        run(context);
        n++;
        took = now() - begin;
    } while (took < limit);
    double each = (double)n * SAMPLE_NS / took;
    return each > 1 ? (long)each : 1;
}

struct timing measure(operation *run, void *context, const struct counted_memory *memory)
{
    static double ns[MOST_SAMPLES];
    long each = warm(run, context);
    size_t calls = memory->calls, bytes = memory->bytes;
    double limit = setting("MEASURE_S", 0.3) * 1e9;
    int count = 0;
    for (double start = now(); count < LEAST_SAMPLES || (count < MOST_SAMPLES && now() - start < limit); count++) {
        double begin = now();
        for (long k = 0; k < each; k++)
            run(context);
        ns[count] = (now() - begin) / (double)each;
    }
    double all = (double)each * count;
    qsort(ns, (size_t)count, sizeof *ns, compare);
    return (struct timing){ns[0], ns[count / 2], (double)(memory->calls - calls) / all,
                           (double)(memory->bytes - bytes) / all};
}

void bench(const char *name, const char *op, operation *run, void *context, const struct counted_memory *memory)
{
    struct timing t = measure(run, context, memory);
    printf("%s\t%s\t%.1f\tmed=%.1f\tB=%.0f\tallocs=%.0f\n", name, op, t.least, t.median, t.bytes, t.calls);
    fflush(stdout);
}
