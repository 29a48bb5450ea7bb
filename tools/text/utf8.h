/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_UTF8_H
#define TOOLS_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether all of it is UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF, nothing cut short. */
bool utf8_valid(const uint8_t *data, size_t size);

#endif
