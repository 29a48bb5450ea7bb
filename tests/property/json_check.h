/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JSON_CHECK_H
#define JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/* True if the text is exactly one JSON object (RFC 8259). */
bool is_json_object(const char *text, size_t size);

#endif
