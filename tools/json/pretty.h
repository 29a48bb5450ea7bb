/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PRETTY_H
#define TOOLS_PRETTY_H

#include <stddef.h>

/* Writes valid JSON without white space to standard output, each member or element on a line. */
void pretty_write(const char *json, size_t size);

#endif
