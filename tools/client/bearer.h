/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_BEARER_H
#define TOOLS_BEARER_H

/* The client side of OAUTHBEARER (RFC 7628, with what Kafka allows of it). */

#include <kwire/view.h>
#include <kwire/writer.h>

#include "../command/report.h"

/* What separates the parts of a message, and alone is the answer to an error of the server's. */
#define BEARER_SEPARATOR "\001"

/* Whether it is a bearer token (RFC 6750, section 2.1). */
bool bearer_is_token(const char *text);

/* Whether a server accepts an extension of that name, and of that value. */
bool bearer_is_extension_name(const char *name);
bool bearer_is_extension_value(const char *value);

/* Appends the client's first message. The user, whom the token must be of, may be NULL; `extensions` are "NAME=VALUE"
 * with BEARER_SEPARATOR behind each. */
void bearer_write_first(kw_writer *out, const char *token, const char *user, const char *extensions);

/* The server's JSON object that says why it refuses the token, or whatever it sent, as text. Returns false, with the
 * code that Kafka has for a refused login. */
bool bearer_refuse(kw_bytes challenge, report *r);

#endif
