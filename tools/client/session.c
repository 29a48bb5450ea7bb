/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

void session_close(session *s)
{
    client_close(&s->client);
    versions_finish(&s->versions);
}

/* If this returns false the client is closed. */
static bool connect_again(session *s, deadline until, report *r)
{
    const client_settings *settings = s->client.settings;
    complain("warning: %s: %s; ApiVersions is not sent again", r->code, r->detail);
    client_close(&s->client);
    if (client_open(&s->client, settings, until, r))
        return true;
    versions_finish(&s->versions);
    return false;
}

bool session_open(session *s, const client_settings *settings, const sasl_settings *sasl,
                  const kw_api_versions_request *asking, bool must_negotiate, deadline until, report *r)
{
    if (!client_open(&s->client, settings, until, r))
        return false;
    bool known = versions_ask(&s->client, asking, &s->versions, r);
    if (!known && !must_negotiate && !connect_again(s, until, r))
        return false;
    if ((known || !must_negotiate) && sasl_login(&s->client, &s->versions, sasl, r))
        return true;
    session_close(s);
    return false;
}
