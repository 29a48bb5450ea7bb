/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_NAMES_H
#define TOOLS_NAMES_H

/* Names of the protocol as people type them: in any case, which none of them depends on. */

#include <stdbool.h>
#include <stddef.h>

/* Whether the `size` bytes of `text` are the name, without regard to the case of ASCII letters. */
bool name_is(const char *name, const char *text, size_t size);

#endif
