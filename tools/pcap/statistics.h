/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_STATISTICS_H
#define TOOLS_STATISTICS_H

/* Statistics of exchanges by API. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "histogram.h"
#include "sighting.h"

typedef struct api_statistics {
    const char *name; /* NULL: an API that is not known */
    int16_t key;
    uint64_t count;
    uint64_t unanswered; /* of them; without those that need no response */
    uint64_t failed;     /* of them; with an error in the response */
    uint64_t request_bytes;
    uint64_t response_bytes;
    error_list errors;
    histogram latency; /* ns */
} api_statistics;

enum { STATISTICS_KEYS = 256 }; /* higher keys share the last entry */

/* All zero is an empty one. */
typedef struct statistics {
    api_statistics *apis[STATISTICS_KEYS]; /* NULL: none seen */
} statistics;

/* The index of an API in `apis`. */
uint32_t statistics_slot(int16_t key);

void statistics_add(statistics *all, const sighting *s);

sighting_sink statistics_sink(statistics *all);

/* Those that were seen, the API with the most requests first. Returns their number. */
size_t statistics_sort(const statistics *all, const api_statistics *sorted[STATISTICS_KEYS]);

enum { STATISTICS_NAME_SIZE = 40 };

/* Of an API, "API-N" if it is not known; of an error, its number if it is not known. Return `to`. */
const char *api_statistics_name(const api_statistics *a, char to[STATISTICS_NAME_SIZE]);
const char *statistics_error_name(int16_t code, char to[STATISTICS_NAME_SIZE]);

/* The latency in ms that a share of the responses did not exceed; the longest one if it is 1. */
double api_statistics_ms(const api_statistics *a, double share);

/* Prints a table, the API with the most requests first, and one of the errors if there are any. */
void statistics_print(const statistics *all);

/* Prints an object for each API, one a line. */
void statistics_print_json(const statistics *all);

void statistics_finish(statistics *all);

#endif
