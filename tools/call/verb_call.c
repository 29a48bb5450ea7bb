/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/api_keys.h>

#include "../client/session.h"
#include "../command/verb.h"
#include "answer.h"
#include "call_options.h"
#include "explain_frames.h"
#include "request.h"

/* The meaning of the command's exit statuses here. */
enum { STATUS_REFUSED = STATUS_BAD_INPUT, STATUS_NO_ANSWER = STATUS_SYSTEM };

static int refuse_request(const report *r)
{
    report_print(r);
    return STATUS_BAD_INPUT;
}

static int report_failure(const call_options *o, report *r)
{
    report_while(r, "%s", o->broker);
    report_print(r);
    return report_is_refusal(r) ? STATUS_REFUSED : STATUS_NO_ANSWER;
}

/* The requested version, with a warning if the broker does not list it; without one the newest that both have. */
static bool choose_version(const call_options *o, const broker_versions *have, int16_t *version, report *r)
{
    *version = o->version;
    if (o->version == VERSION_NEGOTIATED)
        return versions_choose(have, o->api, version, r);
    kw_versions range = versions_of(have, o->api->key);
    if (have->apis.len < 0 || kw_versions_have(range, o->version))
        return true;
    if (range.first > range.last)
        complain("warning: the broker does not serve %s here", o->api->name);
    else
        complain("warning: the broker serves %s %d to %d, not %d", o->api->name, range.first, range.last, o->version);
    return true;
}

static int show_answer(const call_options *o, const kw_response *answer, report *r)
{
    size_t errors;
    if (!answer_show(answer, o->form, o->client.max_memory, &errors, r))
        return report_failure(o, r);
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
    if (client_was_left(c, r))
        report_cause(r, "it may require a login (--sasl), or not understand the request");
    return report_failure(o, r);
}

static int ask(const call_options *o, const request *q, session *s, explainer *e, report *r)
{
    int16_t version;
    if (!choose_version(o, &s->versions, &version, r))
        return report_failure(o, r);
    if (!request_fits(q, version, r))
        return refuse_request(r);
    if (!client_send(&s->client, o->api->key, version, q->value, r))
        return report_failure(o, r);
    explain_sent(e, &s->client);
    return take_answer(o, &s->client, e, r);
}

/* Whether the request is the one that starts every session. Brokers that require a login accept it only once. */
static bool is_negotiation(const call_options *o)
{
    return o->api->key == KW_KEY_API_VERSIONS && o->version == VERSION_NEGOTIATED && o->sasl.mechanism == SASL_NONE;
}

static explainer *create_explainer(const call_options *o)
{
    if (o->form != FORM_EXPLAINED)
        return NULL;
    const explain_style style = o->colour ? EXPLAIN_COLOUR : EXPLAIN_PLAIN;
    return explainer_create(&(explain_options){.style = style, .max_memory = o->client.max_memory});
}

/* The session is open; the request was not sent yet, unless it was the negotiation. */
static int use(const call_options *o, const request *q, session *s, report *r)
{
    explainer *e = create_explainer(o);
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
        return refuse_request(r);
    kw_api_versions_request_init(&asking);
    versions_name_software(&asking);
    if (!session_open(&s, &o->client, &o->sasl, is_negotiation(o) ? q->value : &asking, must_negotiate, until, r))
        return report_failure(o, r);
    int status = use(o, q, &s, r);
    session_close(&s);
    return status;
}

static int run(const verb *self, int count, char **words)
{
    call_options options;
    report r;
    int status = call_options_read(self, count, words, &options);
    if (status == CONTINUE) {
        request q;
        bool fine = request_read(&q, options.api->key, options.json, options.client.max_memory, &r);
        status = fine ? call(&options, &q, &r) : refuse_request(&r);
        request_finish(&q);
    }
    call_options_finish(&options);
    return status;
}

const verb verb_call = {"call", run};
