/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_ISO_TIME_H
#define TOOLS_ISO_TIME_H

/* Moments in ms since 1970, UTC, as ISO 8601 writes them. */

#include <stdbool.h>
#include <stdint.h>

/* Characters of 2026-11-25T10:20:30.456Z. */
enum { ISO_TIME_SIZE = 24 };

/* Puts ISO_TIME_SIZE characters in `to`, without a zero byte. False, and nothing is put there, outside the years 0 to
 * 9999. */
bool iso_time_format(int64_t ms, char *to);

/* Reads 2026-11-25, 2026-11-25T10:20, 2026-11-25T10:20:30 or 2026-11-25T10:20:30.456, with or without Z at the end of
 * what has a time of day; or a number of ms. False if the text is anything else. */
bool iso_time_parse(const char *text, int64_t *ms);

#endif
