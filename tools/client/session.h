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

/* `asking` is the ApiVersions request that is sent; its answer is session.versions.answer, and where there is no login
 * client.in and client.out still hold both. Where `must_negotiate` is not set, a broker that does not answer
 * ApiVersions is connected to once more and not asked again; standard error says so. session_close() is due only where
 * this returns true. */
bool session_open(session *s, const client_settings *settings, const sasl_settings *sasl,
                  const kw_api_versions_request *asking, bool must_negotiate, deadline until, report *r);

void session_close(session *s);

#endif
