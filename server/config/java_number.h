/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_CONFIG_JAVA_NUMBER_H
#define SERVER_CONFIG_JAVA_NUMBER_H

/* Numbers as Java reads and prints them. */

#include <stdbool.h>
#include <stdint.h>

enum { JAVA_DOUBLE_SIZE = 32 };

/* Long.parseLong() with limits: a sign or none, and digits. */
bool java_parse_integer(const char *text, int64_t min, int64_t max, int64_t *out);

/* Double.parseDouble() without white space around it. */
bool java_parse_double(const char *text, double *out);

/* Double.toString(). */
void java_print_double(double value, char text[JAVA_DOUBLE_SIZE]);

#endif
