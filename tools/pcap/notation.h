/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_NOTATION_H
#define TOOLS_NOTATION_H

/* How times, latencies and names are written. */

#include <stdint.h>

#include <kwire/view.h>

#include "../text/emit.h"

/* ns since 1970, to the microsecond, e.g. 2026-11-25T10:11:12.123456Z; outside the years 0 to 9999 the number. */
void emit_moment(emitter *e, int64_t ns);

/* In ms with three digits behind the point. */
void emit_latency(emitter *e, int64_t ns);

static inline void emit_string(emitter *e, kw_string text)
{
    if (text.len > 0)
        emit_raw(e, text.data, (size_t)text.len);
}

/* As a JSON string; "null" if it is null. Where it is not UTF-8, what is no ASCII becomes U+FFFD. */
void emit_json_string(emitter *e, kw_string text);

/* As it is if it is a word of letters, digits and "._-"; else as a JSON string. Null is "-". */
void emit_word(emitter *e, kw_string text);

#endif
