/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_TIME_TEXT_H
#define TOOLS_TIME_TEXT_H

/* Times and durations of the protocol, which count milliseconds, for people. */

#include <stdbool.h>
#include <stdint.h>

enum { TIME_SIZE = 32, DURATION_SIZE = 32 };

/* A time since 1970 as UTC, e.g. "2026-11-25T08:40:00.123Z"; false if its year does not have four digits. */
bool time_text(int64_t ms, char to[TIME_SIZE]);

/* In the two largest units that it takes, from milliseconds to days, e.g. "5 min", "1 min 30 s", "7 d". */
void duration_text(uint64_t ms, char to[DURATION_SIZE]);

#endif
