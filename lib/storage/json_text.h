/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWI_STORAGE_JSON_TEXT_H
#define KWI_STORAGE_JSON_TEXT_H

/* Reading the small JSON objects in Kafka's files. Escapes in strings are kept: no known key or value has any. */

#include "text.h"

/* Reads the value of one member, or skips it; false if it is malformed. */
typedef bool (*kwi_json_member)(kwi_text *t, kw_string key, void *context);

/* Calls `member` for each member of an object. */
KW_NODISCARD bool kwi_json_object(kwi_text *t, kwi_json_member member, void *context);

/* Calls `element` for each element of an array. */
KW_NODISCARD bool kwi_json_array(kwi_text *t, bool (*element)(kwi_text *t, void *context), void *context);

KW_NODISCARD bool kwi_json_integer(kwi_text *t, int64_t max, int64_t *out);

/* The text between the quotes. */
KW_NODISCARD bool kwi_json_string(kwi_text *t, kw_string *out);

/* Moves past any value; false if it is malformed or nested too deeply. */
KW_NODISCARD bool kwi_json_skip(kwi_text *t);

#endif
