/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PROBLEM_H
#define TOOLS_PROBLEM_H

/* An error in a file, and its position. */

#include <stddef.h>
#include <stdint.h>

#include <kwire/status.h>

#include "../command/output.h"

enum { PROBLEM_DETAIL = 200 };

typedef struct problem {
    int64_t position;   /* byte; -1: the file as a whole */
    int64_t offset;     /* Kafka's; -1: none, or not known */
    const char *code;   /* static storage, as the next */
    const char *reason; /* the code's meaning as text */
    int system_error;   /* errno, with KW_ERR_FILE; else 0 */
    char detail[PROBLEM_DETAIL];
} problem;

/* Those of a block of a log, in order. All zero is none. */
typedef struct problem_list {
    problem *items;
    size_t *marks; /* for each, the size of the text before it */
    size_t count;
    size_t capacity;
} problem_list;

/* Codes are kw_status_name()'s, and this one: timestamps that do not agree with each other. */
#define CODE_TIMESTAMP "ERR_TIMESTAMP"

PRINTF_LIKE(5, 6)
void problem_set(problem *p, int64_t position, int64_t offset, kw_status status, const char *format, ...);

/* The same with a code and a reason of its own. */
PRINTF_LIKE(6, 7)
void problem_set_coded(problem *p, int64_t position, int64_t offset, const char *code, const char *reason,
                       const char *format, ...);

void problem_add(problem_list *list, const problem *p, size_t mark);

void problem_list_finish(problem_list *list);

#endif
