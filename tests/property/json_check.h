/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JSON_CHECK_H
#define JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the text is one JSON object and nothing else, as RFC 8259 has it. */
bool is_json_object(const char *text, size_t size);

#endif
