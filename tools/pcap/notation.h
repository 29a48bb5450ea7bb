/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_NOTATION_H
#define TOOLS_NOTATION_H

/* Formats of times, latencies and names. */

#include <stdint.h>

#include <kwire/view.h>

#include "../text/emit.h"

/* ns since 1970, to the microsecond, e.g. 2026-11-25T10:11:12.123456Z; outside the years 0 to 9999 the number. */
void emit_moment(emitter *e, int64_t ns);

/* In ms with three decimals. */
void emit_latency(emitter *e, int64_t ns);

/* Its name, e.g. "Fetch", or if that is NULL its key, e.g. "API-250". */
void emit_api(emitter *e, const char *name, int16_t key);

static inline void emit_string(emitter *e, kw_string text)
{
    if (text.len > 0)
        emit_raw(e, text.data, (size_t)text.len);
}

/* As a JSON string; "null" if it is null. If it is not UTF-8, bytes that are not ASCII become U+FFFD. */
void emit_json_string(emitter *e, kw_string text);

/* Unchanged if it is a word of letters, digits and "._-"; else as a JSON string. Null is "-". */
void emit_word(emitter *e, kw_string text);

#endif
