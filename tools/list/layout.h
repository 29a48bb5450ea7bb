/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_LAYOUT_H
#define TOOLS_LAYOUT_H

/* Prints the layout of messages. */

#include <kwire/message.h>

/* The layout in one version: every field in the order of the wire, with its type. */
void layout_print(const kw_message *m, int16_t version);

/* The fields of all versions, each with its versions. */
void layout_print_all(const kw_message *m);

/* "request", "metadata record" and so on. Static storage. */
const char *message_kind(const kw_message *m);

enum { VERSIONS_SIZE = 16 };

/* "3+" if they end with the last one of `of`, else "3-5", "3", or "-" for none. Returns `to`. */
const char *format_versions(char to[VERSIONS_SIZE], kw_versions v, kw_versions of);

#endif
