/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "nearest.h"

#define MAX_WORD 64
#define MIN_PREFIX 3

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool starts_with(const char *text, const char *start, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] == '\0' || lower(text[i]) != lower(start[i]))
            return false;
    return true;
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Levenshtein distance without regard to case, one row of the matrix at a time. `size` is at most MAX_WORD. */
static size_t edit_distance(const char *word, size_t size, const char *other)
{
    size_t row[MAX_WORD + 1];
    for (size_t i = 0; i <= size; i++)
        row[i] = i;
    for (; *other != '\0'; other++) {
        size_t diagonal = row[0]++;
        for (size_t i = 1; i <= size; i++) {
            size_t change = diagonal + (lower(word[i - 1]) != lower(*other));
            diagonal = row[i];
            row[i] = least(row[i] + 1, row[i - 1] + 1, change);
        }
    }
    return row[size];
}

void nearest_init(nearest *n, const char *word, size_t size)
{
    n->word = word;
    n->size = size;
    n->best = NULL;
    n->distance = size <= MIN_PREFIX ? 2 : size / 3 + 2; /* only candidates nearer than that */
}

void nearest_offer(nearest *n, const char *candidate)
{
    if (n->size > MAX_WORD)
        return;
    size_t distance = edit_distance(n->word, n->size, candidate);
    if (distance > 1 && n->size >= MIN_PREFIX && starts_with(candidate, n->word, n->size))
        distance = 1;
    if (distance < n->distance) {
        n->distance = distance;
        n->best = candidate;
    }
}

const char *nearest_hint(const nearest *n, char to[HINT_SIZE])
{
    to[0] = '\0';
    if (n->best != NULL)
        snprintf(to, HINT_SIZE, "; did you mean %s?", n->best);
    return to;
}
