/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DURATION_H
#define TOOLS_DURATION_H

#include <stdint.h>

enum { DURATION_SIZE = 32 };

/* A number of ms in its two largest units, from milliseconds to days, e.g. "5 min", "1 min 30 s", "7 d". Writes the
 * text and its zero byte to `to`. */
void duration_format(uint64_t ms, char to[DURATION_SIZE]);

#endif
