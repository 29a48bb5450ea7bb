/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PRETTY_H
#define TOOLS_PRETTY_H

#include <stddef.h>

/* Writes JSON that is right and has no white space to standard output, a member or element a line. */
void pretty_write(const char *json, size_t size);

#endif
