/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_SESSION_H
#define TOOLS_SESSION_H

/* A client that knows what the broker serves, and has logged in. */

#include "client.h"
#include "sasl.h"
#include "versions.h"

typedef struct session {
    client client;
    broker_versions versions;
} session;

/* `asking` is the ApiVersions request to send; its answer is session.versions.answer, and without a login client.in and
 * client.out still hold both. If `must_negotiate` is not set and the broker does not answer ApiVersions, it is
 * connected to once more without that request, with a warning on standard error. session_close() must be called only if
 * this returns true. */
bool session_open(session *s, const client_settings *settings, const sasl_settings *sasl,
                  const kw_api_versions_request *asking, bool must_negotiate, deadline until, report *r);

void session_close(session *s);

#endif
