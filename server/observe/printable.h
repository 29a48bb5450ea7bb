/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_OBSERVE_PRINTABLE_H
#define SERVER_OBSERVE_PRINTABLE_H

#include <stddef.h>

/* Replaces by '?' every byte of the text that is not part of a valid UTF-8 character, and every control character,
 * those from U+0080 to U+009F included. */
void make_printable(char *text, size_t size);

#endif
