/* SPDX-License-Identifier: Apache-2.0 */
#include "calling.h"

#include "../client/trouble.h"

int call_refused(const report *r)
{
    report_print(r);
    return STATUS_BAD_INPUT;
}

int call_failed(const call_options *o, report *r)
{
    report_while(r, "%s", o->broker);
    report_print(r);
    return report_is_refusal(r) ? STATUS_REFUSED : STATUS_NO_ANSWER;
}

bool call_version(const broker_versions *have, const kw_api *api, int16_t wanted, int16_t *version, report *r)
{
    *version = wanted;
    if (wanted == VERSION_NEGOTIATED)
        return versions_choose(have, api, version, r);
    kw_versions range = versions_of(have, api->key);
    if (have->apis.len < 0 || kw_versions_have(range, wanted))
        return true;
    if (range.first > range.last)
        complain("warning: the broker does not serve %s here", api->name);
    else
        complain("warning: the broker serves %s %d to %d, not %d", api->name, range.first, range.last, wanted);
    return true;
}

void call_explain_end(const client *c, report *r)
{
    if (client_was_left(c, r))
        report_cause(r, "it may require a login (--sasl), or not understand the request");
}

void call_warn_of_trailing(const kw_reader *in)
{
    size_t left = kw_reader_remaining(in);
    if (left != 0)
        complain("warning: %zu %s after the answer", left, left == 1 ? "byte is left" : "bytes are left");
}

explainer *call_explainer(const call_options *o)
{
    if (o->form != FORM_EXPLAINED)
        return NULL;
    const explain_style style = o->colour ? EXPLAIN_COLOUR : EXPLAIN_PLAIN;
    return explainer_create(&(explain_options){.style = style, .max_memory = o->client.max_memory});
}
