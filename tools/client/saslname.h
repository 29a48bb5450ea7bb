/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_SASLNAME_H
#define TOOLS_SASLNAME_H

#include <kwire/writer.h>

/* Appends the name of a user to a message in which "=" and "," are separators (RFC 5801, section 4). */
void saslname_write(kw_writer *out, const char *name);

#endif
