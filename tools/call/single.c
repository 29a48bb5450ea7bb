/* SPDX-License-Identifier: Apache-2.0 */
#include "single.h"

#include <kwire/api_keys.h>

#include "answer.h"
#include "calling.h"
#include "explain_frames.h"
#include "request.h"

static int show_answer(const call_options *o, const kw_response *answer, report *r)
{
    size_t errors;
    if (!answer_show(o, answer, &errors, r))
        return call_failed(o, r);
    return errors == 0 ? STATUS_OK : STATUS_REFUSED;
}

/* Waits for the answer to the request, which was sent. */
static int take_answer(const call_options *o, client *c, explainer *e, report *r)
{
    kw_response answer;
    if (!c->answered) {
        complain("%s with acks 0 is not answered", o->api->name);
        return STATUS_OK;
    }
    bool fine = client_receive(c, &answer, r);
    explain_received(e, c);
    if (fine)
        return show_answer(o, &answer, r);
    call_explain_end(c, r);
    return call_failed(o, r);
}

static int ask(const call_options *o, const request *q, session *s, explainer *e, report *r)
{
    int16_t version;
    if (!call_version(&s->versions, o->api, o->version, &version, r))
        return call_failed(o, r);
    if (!request_fits(q, version, r))
        return call_refused(r);
    if (!client_send(&s->client, o->api->key, version, q->value, r))
        return call_failed(o, r);
    explain_sent(e, &s->client);
    return take_answer(o, &s->client, e, r);
}

/* Whether the request is the one that starts every session. Brokers that require a login accept it only once. */
static bool is_negotiation(const call_options *o)
{
    return o->api->key == KW_KEY_API_VERSIONS && o->version == VERSION_NEGOTIATED && o->sasl.mechanism == SASL_NONE;
}

/* The session is open; the request was not sent yet, unless it was the negotiation. */
static int use(const call_options *o, const request *q, session *s, report *r)
{
    explainer *e = call_explainer(o);
    int status;
    if (is_negotiation(o)) {
        explain_sent(e, &s->client);
        explain_received(e, &s->client);
        status = show_answer(o, &s->versions.answer, r);
    } else {
        status = ask(o, q, s, e, r);
    }
    explainer_destroy(e);
    return status;
}

static int call(const call_options *o, const request *q, report *r)
{
    session s;
    kw_api_versions_request asking;
    deadline until = deadline_in(o->timeout_ms);
    bool must_negotiate = o->version == VERSION_NEGOTIATED;
    if (is_negotiation(o) && !request_fits(q, o->api->versions.last, r))
        return call_refused(r);
    kw_api_versions_request_init(&asking);
    versions_name_software(&asking);
    if (!session_open(&s, &o->client, &o->sasl, is_negotiation(o) ? q->value : &asking, must_negotiate, until, r))
        return call_failed(o, r);
    int status = use(o, q, &s, r);
    session_close(&s);
    return status;
}

int call_single(const call_options *o)
{
    request q;
    report r;
    bool fine = request_read(&q, o->api->key, o->input, o->client.max_memory, &r);
    int status = fine ? call(o, &q, &r) : call_refused(&r);
    request_finish(&q);
    return status;
}
