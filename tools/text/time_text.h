/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_TIME_TEXT_H
#define TOOLS_TIME_TEXT_H

/* Times of the protocol, in milliseconds since 1970, as text: UTC, as in ISO 8601. */

#include <stdbool.h>
#include <stdint.h>

enum { TIME_LENGTH = 24, TIME_SIZE = 32 };

/* A time since 1970, e.g. "2026-11-25T08:40:00.123Z"; false if its year does not have four digits. */
bool time_text(int64_t ms, char to[TIME_SIZE]);

/* The same without a zero byte: TIME_LENGTH characters. Fast, as logs have millions of them. */
bool time_put(int64_t ms, char to[TIME_LENGTH]);

/* Reads 2026-11-25, 2026-11-25T10:20, 2026-11-25T10:20:30 or 2026-11-25T10:20:30.456, with or without Z at the end of
 * what has a time of day; or a number of ms. False if the text is anything else. */
bool time_read(const char *text, int64_t *ms);

/* The same in ns, with up to nine digits of a second, as 2026-11-25T10:20:30.123456Z. `unit` becomes 1 for a time with
 * more than six of them, else 1000. Times beyond the range of `ns` become its first or last one. */
bool time_read_ns(const char *text, int64_t *ns, int64_t *unit);

#endif
