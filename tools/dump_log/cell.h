/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_CELL_H
#define TOOLS_CELL_H

/* A value in a row of a small table: an entry of an index, for example. */

#include <stddef.h>
#include <stdint.h>

#include <kwire/view.h>

#include "../text/time_text.h"

typedef enum cell_kind {
    CELL_NUMBER,
    CELL_NO_NUMBER,
    CELL_TIME,
    CELL_TEXT /* null: there is none */
} cell_kind;

typedef struct cell {
    const char *name;  /* in JSON */
    const char *title; /* of the column */
    size_t width;
    cell_kind kind;
    int64_t number;
    kw_string text;
} cell;

static inline cell number_cell(const char *name, const char *title, size_t width, int64_t number)
{
    cell c = {name, title, width, CELL_NUMBER, number, {NULL, -1}};
    return c;
}

/* -1 stands for none. */
static inline cell optional_cell(const char *name, const char *title, size_t width, int64_t number)
{
    cell c = {name, title, width, number < 0 ? CELL_NO_NUMBER : CELL_NUMBER, number, {NULL, -1}};
    return c;
}

/* In ms since 1970. */
static inline cell time_cell(const char *name, const char *title, int64_t ms)
{
    cell c = {name, title, TIME_LENGTH, CELL_TIME, ms, {NULL, -1}};
    return c;
}

static inline cell text_cell(const char *name, const char *title, size_t width, kw_string text)
{
    cell c = {name, title, width, CELL_TEXT, 0, text};
    return c;
}

#endif
