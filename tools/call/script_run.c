/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "script_run.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <kwire/error.h>

#include "../client/trouble.h"
#include "../command/message.h"
#include "../json/json_form.h"
#include "../json/parse.h"
#include "../json/pretty.h"
#include "calling.h"
#include "explain_frames.h"
#include "named_errors.h"
#include "request.h"
#include "script.h"
#include "script_values.h"

enum { RETRY_MS = 100 };

/* A run of a script. */
typedef struct script_run {
    const call_options *options;
    script script;
    session session;
    explainer *explainer;
    json_form form;
    kw_arena arena; /* an answer */
    kw_writer line;
    json_t *answers; /* an object: the bodies by the names of their steps */
} script_run;

/* Prepends the place in the script. Returns false. */
static bool at_step(const script_run *run, const script_step *step, report *r)
{
    return report_while(r, "%s:%zu", run->script.path, step->line);
}

/* ---- answers ---- */

static void put(kw_writer *out, const char *text)
{
    kw_write_raw(out, text, strlen(text));
}

static void put_start(kw_writer *out, const script_step *step, int16_t version)
{
    char text[160];
    kw_writer_reset(out);
    int n = snprintf(text, sizeof text, "{\"line\":%zu,\"api\":\"%s\",\"version\":%d,\"as\":\"", step->line,
                     step->api->name, version);
    kw_write_raw(out, text, (size_t)n);
    put(out, step->name);
    put(out, "\",\"body\":");
}

/* Puts the answer, whose body starts at byte `start` of the line, where the next requests find it. */
static bool keep(script_run *run, const script_step *step, size_t start, report *r)
{
    kw_span text = kw_writer_data(&run->line);
    json_t *body = json_parse((const char *)text.data + start, text.size - start, r);
    if (body == NULL)
        return false;
    if (json_object_set_new(run->answers, step->name, body) != 0)
        return report_status(r, KW_ERR_NO_MEMORY, 0, "");
    return true;
}

static void print_line(script_run *run)
{
    if (run->options->form != FORM_EXPLAINED) {
        put(&run->line, "}");
        kw_span text = kw_writer_data(&run->line);
        if (run->options->form == FORM_PRETTY_JSON)
            pretty_write(text.data, text.size);
        else
            output_write(text.data, text.size);
        output_write("\n", 1);
    }
    output_flush();
}

/* `value` NULL: there is no answer. */
static bool show(script_run *run, const script_step *step, int16_t version, const void *value, report *r)
{
    const kw_message *m = kw_message_find(step->api->key, KW_MESSAGE_RESPONSE);
    put_start(&run->line, step, version);
    size_t start = kw_writer_data(&run->line).size;
    if (value == NULL)
        put(&run->line, "null");
    else if (json_form_put(&run->form, m, version, value, NULL, &run->line) != KW_OK)
        return report_status(r, run->line.status, 0, "the answer");
    if (!kw_writer_ok(&run->line))
        return report_status(r, run->line.status, 0, "the answer");
    if (!keep(run, step, start, r))
        return false;
    print_line(run);
    return true;
}

static bool is_not_retried(void *context, int16_t code)
{
    const script_step *step = context;
    const kw_error_info *known = kw_error_find(code);
    return json_is_true(step->retry) ? known == NULL || !known->retriable : !script_has_error(step->retry, code);
}

static bool is_allowed(void *context, int16_t code)
{
    const script_step *step = context;
    return json_is_true(step->allow) || script_has_error(step->allow, code);
}

static bool wait_to_retry(const script_run *run)
{
    const struct timespec pause = {0, RETRY_MS * 1000000L};
    if (deadline_left(run->session.client.until) <= RETRY_MS)
        return false;
    nanosleep(&pause, NULL);
    return true;
}

typedef enum outcome { OUTCOME_NEXT, OUTCOME_AGAIN, OUTCOME_END } outcome;

/* Judges and prints an answer. OUTCOME_END: *status is set. */
static outcome take(script_run *run, script_step *step, const kw_response *answer, int *status, report *r)
{
    const kw_message *m = kw_message_find(step->api->key, KW_MESSAGE_RESPONSE);
    kw_reader in;
    void *value;
    kw_arena_reset(&run->arena);
    kw_reader_init_bytes(&in, answer->body);
    if (!message_decode(m, answer->api_version, &in, &run->arena, &value, r)) {
        report_while(r, "%s %d", m->name, answer->api_version);
        return OUTCOME_END;
    }
    named_errors retried = {.ignores = is_not_retried, .context = step};
    if (named_errors_find(&retried, m, answer->api_version, value) != 0 && wait_to_retry(run))
        return OUTCOME_AGAIN;
    if (!show(run, step, answer->api_version, value, r))
        return OUTCOME_END;
    call_warn_of_trailing(&in);
    char where[256];
    snprintf(where, sizeof where, "%s:%zu: %s: ", run->script.path, step->line, step->api->name);
    named_errors wrong = {.before = where, .ignores = is_allowed, .context = step};
    *status = STATUS_REFUSED;
    return named_errors_find(&wrong, m, answer->api_version, value) == 0 ? OUTCOME_NEXT : OUTCOME_END;
}

/* ---- requests ---- */

static void name_client(script_run *run, const script_step *step)
{
    kw_string id = kw_string_of(run->options->client.client_id);
    if (step->client_id != NULL)
        id = json_is_null(step->client_id)
                 ? kw_string_of(NULL)
                 : (kw_string){json_string_value(step->client_id), (int32_t)json_string_length(step->client_id)};
    run->session.client.client_id = id;
}

/* Fills the request in and sends it. False with *status if it cannot be. */
static bool send_step(script_run *run, const script_step *step, int16_t version, int *status, report *r)
{
    const json_place whole = {NULL, NULL, 0};
    client *c = &run->session.client;
    request q;
    json_t *filled = script_values_fill(step->body, run->answers, &whole, r);
    *status = STATUS_BAD_INPUT;
    if (filled == NULL)
        return report_while(r, "body");
    request_init(&q, step->api->key, run->options->client.max_memory);
    bool fine = (request_take(&q, filled, r) || report_while(r, "body")) && request_fits(&q, version, r);
    name_client(run, step);
    if (fine && !client_send(c, step->api->key, version, q.value, r)) {
        *status = STATUS_NO_ANSWER;
        fine = false;
    }
    if (fine)
        explain_sent(run->explainer, c);
    request_finish(&q);
    json_decref(filled);
    return fine;
}

/* Returns OUTCOME_END with *status. */
static outcome try_step(script_run *run, script_step *step, int *status, report *r)
{
    client *c = &run->session.client;
    int16_t version;
    kw_response answer;
    *status = STATUS_REFUSED;
    if (!call_version(&run->session.versions, step->api, step->version, &version, r))
        return OUTCOME_END;
    if (!send_step(run, step, version, status, r))
        return OUTCOME_END;
    *status = STATUS_NO_ANSWER;
    if (!c->answered)
        return show(run, step, version, NULL, r) ? OUTCOME_NEXT : OUTCOME_END;
    bool fine = client_receive(c, &answer, r);
    explain_received(run->explainer, c);
    if (fine)
        return take(run, step, &answer, status, r);
    call_explain_end(c, r);
    return OUTCOME_END;
}

/* Returns the exit status, or CONTINUE. */
static int run_step(script_run *run, script_step *step)
{
    report r = {.code = NULL};
    int status;
    outcome what;
    do
        what = try_step(run, step, &status, &r);
    while (what == OUTCOME_AGAIN);
    if (what == OUTCOME_NEXT)
        return CONTINUE;
    if (r.code == NULL)
        return status;
    at_step(run, step, &r);
    if (status == STATUS_BAD_INPUT && !report_is_refusal(&r))
        return call_refused(&r);
    return call_failed(run->options, &r);
}

/* ---- all of it ---- */

static bool must_negotiate(const script *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->steps[i].version == VERSION_NEGOTIATED)
            return true;
    return false;
}

static int run_steps(script_run *run)
{
    const call_options *o = run->options;
    kw_api_versions_request asking;
    report r;
    int status = CONTINUE;
    kw_api_versions_request_init(&asking);
    versions_name_software(&asking);
    if (!session_open(&run->session, &o->client, &o->sasl, &asking, must_negotiate(&run->script),
                      deadline_in(o->timeout_ms), &r))
        return call_failed(o, &r);
    for (size_t i = 0; i < run->script.count && status == CONTINUE; i++)
        status = run_step(run, &run->script.steps[i]);
    session_close(&run->session);
    return status == CONTINUE ? STATUS_OK : status;
}

int call_script(const call_options *o)
{
    script_run run = {.options = o};
    const size_t limit = o->client.max_memory;
    report r;
    int status = STATUS_BAD_INPUT;
    if (script_read(&run.script, o->script, limit, &r)) {
        json_form_init(&run.form, limit);
        run.form.raw_records = o->raw_records;
        kw_arena_init_growing(&run.arena, NULL, 0, kw_allocator_libc(), limit);
        kw_writer_init_growing(&run.line, kw_allocator_libc(), limit);
        run.explainer = call_explainer(o);
        run.answers = json_object();
        status = run_steps(&run);
        json_decref(run.answers);
        explainer_destroy(run.explainer);
        kw_writer_finish(&run.line);
        kw_arena_finish(&run.arena);
        json_form_finish(&run.form);
    } else {
        report_print(&r);
    }
    script_finish(&run.script);
    return status;
}
