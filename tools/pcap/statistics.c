/* SPDX-License-Identifier: Apache-2.0 */
#include "statistics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../command/output.h"

uint32_t statistics_slot(int16_t key)
{
    return key >= 0 && key < STATISTICS_KEYS - 1 ? (uint32_t)key : STATISTICS_KEYS - 1;
}

static api_statistics *find(statistics *all, const sighting *s)
{
    int16_t key = s->exchange->request->api_key;
    uint32_t at = statistics_slot(key);
    if (all->apis[at] == NULL) {
        all->apis[at] = calloc(1, sizeof *all->apis[at]);
        if (all->apis[at] == NULL)
            die("out of memory: %zu bytes were asked for", sizeof *all->apis[at]);
        all->apis[at]->key = key;
        all->apis[at]->name = s->api_name;
    }
    return all->apis[at];
}

void statistics_add(statistics *all, const sighting *s)
{
    const exchange *e = s->exchange;
    api_statistics *a = find(all, s);
    a->count++;
    a->request_bytes += e->request_frame.size + 4;
    a->unanswered += e->outcome == OUTCOME_NOT_SEEN;
    if (e->outcome != OUTCOME_ANSWERED)
        return;
    a->response_bytes += e->response_frame.size + 4;
    a->failed += s->errors->count != 0;
    for (uint32_t i = 0; i < s->errors->kinds; i++)
        error_list_add(&a->errors, s->errors->items[i].code, s->errors->items[i].count);
    histogram_add(&a->latency, s->latency);
}

static void show(void *context, const sighting *s)
{
    statistics_add(context, s);
}

sighting_sink statistics_sink(statistics *all)
{
    sighting_sink as = {show, all};
    return as;
}

static int compare(const void *left, const void *right)
{
    const api_statistics *a = *(const api_statistics *const *)left;
    const api_statistics *b = *(const api_statistics *const *)right;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return a->key < b->key ? -1 : 1;
}

size_t statistics_sort(const statistics *all, const api_statistics *sorted[STATISTICS_KEYS])
{
    size_t n = 0;
    for (size_t i = 0; i < STATISTICS_KEYS; i++)
        if (all->apis[i] != NULL)
            sorted[n++] = all->apis[i];
    qsort(sorted, n, sizeof *sorted, compare);
    return n;
}

const char *api_statistics_name(const api_statistics *a, char to[STATISTICS_NAME_SIZE])
{
    if (a->name != NULL)
        snprintf(to, STATISTICS_NAME_SIZE, "%s", a->name);
    else
        snprintf(to, STATISTICS_NAME_SIZE, "API-%d", a->key);
    return to;
}

const char *statistics_error_name(int16_t code, char to[STATISTICS_NAME_SIZE])
{
    if (kw_error_find(code) != NULL)
        snprintf(to, STATISTICS_NAME_SIZE, "%s", kw_error_name(code));
    else
        snprintf(to, STATISTICS_NAME_SIZE, "%d", code);
    return to;
}

double api_statistics_ms(const api_statistics *a, double share)
{
    return (double)(share < 1 ? histogram_quantile(&a->latency, share) : a->latency.most) / 1e6;
}

static void print_row(const api_statistics *a)
{
    char name[STATISTICS_NAME_SIZE];
    printf("%-28s %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %13" PRIu64 " %13" PRIu64, api_statistics_name(a, name),
           a->count, a->unanswered, a->failed, a->request_bytes, a->response_bytes);
    if (a->latency.count != 0)
        printf(" %10.3f %10.3f %10.3f\n", api_statistics_ms(a, 0.5), api_statistics_ms(a, 0.99),
               api_statistics_ms(a, 1));
    else
        printf(" %10s %10s %10s\n", "-", "-", "-");
}

static void print_errors(const api_statistics *a, bool *headed)
{
    char name[STATISTICS_NAME_SIZE];
    char error[STATISTICS_NAME_SIZE];
    for (uint32_t i = 0; i < a->errors.kinds; i++) {
        if (!*headed)
            printf("\n%-28s %-36s %9s\n", "API", "ERROR", "COUNT");
        *headed = true;
        printf("%-28s %-36s %9" PRIu64 "\n", api_statistics_name(a, name),
               statistics_error_name(a->errors.items[i].code, error), a->errors.items[i].count);
    }
}

void statistics_print(const statistics *all)
{
    const api_statistics *sorted[STATISTICS_KEYS];
    size_t n = statistics_sort(all, sorted);
    printf("%-28s %9s %9s %9s %13s %13s %10s %10s %10s\n", "API", "COUNT", "NO ANSWER", "FAILED", "REQUEST B",
           "RESPONSE B", "P50 MS", "P99 MS", "MAX MS");
    for (size_t i = 0; i < n; i++)
        print_row(sorted[i]);
    bool headed = false;
    for (size_t i = 0; i < n; i++)
        print_errors(sorted[i], &headed);
}

static void print_json_row(const api_statistics *a)
{
    char error[STATISTICS_NAME_SIZE];
    if (a->name != NULL)
        printf("{\"api\":\"%s\",\"apiKey\":%d", a->name, a->key);
    else
        printf("{\"api\":null,\"apiKey\":%d", a->key);
    printf(",\"count\":%" PRIu64 ",\"noAnswer\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"requestBytes\":%" PRIu64
           ",\"responseBytes\":%" PRIu64,
           a->count, a->unanswered, a->failed, a->request_bytes, a->response_bytes);
    if (a->latency.count != 0)
        printf(",\"latencyMs\":{\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f}", api_statistics_ms(a, 0.5),
               api_statistics_ms(a, 0.99), api_statistics_ms(a, 1));
    printf(",\"errors\":{");
    for (uint32_t i = 0; i < a->errors.kinds; i++)
        printf("%s\"%s\":%" PRIu64, i == 0 ? "" : ",", statistics_error_name(a->errors.items[i].code, error),
               a->errors.items[i].count);
    printf("}}\n");
}

void statistics_print_json(const statistics *all)
{
    const api_statistics *sorted[STATISTICS_KEYS];
    size_t n = statistics_sort(all, sorted);
    for (size_t i = 0; i < n; i++)
        print_json_row(sorted[i]);
}

void statistics_finish(statistics *all)
{
    for (size_t i = 0; i < STATISTICS_KEYS; i++)
        free(all->apis[i]);
    memset(all, 0, sizeof *all);
}
