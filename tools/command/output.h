/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_OUTPUT_H
#define TOOLS_OUTPUT_H

/* Exit statuses, standard output, whose errors end the program, and messages on standard error. */

#include <stddef.h>

#include <kwire/export.h>

enum { STATUS_OK = 0, STATUS_BAD_INPUT = 1, STATUS_USAGE = 2, STATUS_SYSTEM = 3 };

#if defined(__GNUC__) || defined(__clang__)
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#else
#define PRINTF_LIKE(text, first)
#endif

/* Appends to standard output, which is buffered. Exits with STATUS_SYSTEM if that fails. */
void output_write(const void *data, size_t size);
void output_flush(void);

/* One line on standard error: "kwire: ...". */
PRINTF_LIKE(1, 2) void complain(const char *format, ...);

/* complain() and exit with STATUS_SYSTEM. */
_Noreturn PRINTF_LIKE(1, 2) void die(const char *format, ...);

#endif
