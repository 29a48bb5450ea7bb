/* SPDX-License-Identifier: Apache-2.0 */
#include "answer.h"

#include <kwire/error.h>

#include "../client/trouble.h"
#include "../command/message.h"
#include "../json/json_form.h"
#include "../json/pretty.h"
#include "../text/hex.h"
#include "calling.h"
#include "named_errors.h"
#include "versions_table.h"

/* The writer's content as a line. Ends the writer. */
static bool print_line(kw_writer *w, bool pretty, report *r)
{
    kw_span text = kw_writer_data(w);
    bool done = kw_writer_ok(w) || report_status(r, w->status, 0, "");
    if (done && pretty)
        pretty_write(text.data, text.size);
    else if (done)
        output_write(text.data, text.size);
    if (done)
        output_write("\n", 1);
    kw_writer_finish(w);
    return done;
}

static bool print_hex(kw_bytes body, report *r)
{
    kw_writer w;
    kw_writer_init_growing(&w, kw_allocator_libc(), 2 * (size_t)body.len + 1);
    hex_encode(&w, body.data, (size_t)body.len);
    return print_line(&w, false, r);
}

static bool print_json(const call_options *o, const kw_message *m, int16_t version, const void *value, report *r)
{
    kw_writer w;
    json_form form;
    kw_writer_init_growing(&w, kw_allocator_libc(), o->client.max_memory);
    json_form_init(&form, o->client.max_memory);
    form.raw_records = o->raw_records;
    kw_status status = json_form_put(&form, m, version, value, NULL, &w);
    if (status != KW_OK)
        kw_writer_fail(&w, status);
    json_form_finish(&form);
    return print_line(&w, o->form == FORM_PRETTY_JSON, r);
}

static bool print_value(const call_options *o, const kw_message *m, int16_t version, const void *value, report *r)
{
    const kw_api_versions_response *versions = value; /* of FORM_TABLE */
    if (o->form == FORM_HEX || o->form == FORM_EXPLAINED)
        return true; /* was printed before it was decoded */
    if (o->form != FORM_TABLE || versions->error_code != KW_ERROR_NONE)
        return print_json(o, m, version, value, r);
    versions_table_print(versions);
    return true;
}

/* Values go to the arena. */
static bool show(const call_options *o, const kw_response *answer, kw_arena *arena, size_t *errors, report *r)
{
    const kw_message *m = kw_message_find(answer->api_key, KW_MESSAGE_RESPONSE);
    kw_reader in;
    void *value;
    kw_reader_init_bytes(&in, answer->body);
    if (!message_decode(m, answer->api_version, &in, arena, &value, r) ||
        !print_value(o, m, answer->api_version, value, r))
        return report_while(r, "%s %d", m->name, answer->api_version);
    output_flush();
    *errors = named_errors_print(m, answer->api_version, value);
    call_warn_of_trailing(&in);
    return true;
}

bool answer_show(const call_options *o, const kw_response *answer, size_t *errors, report *r)
{
    kw_arena arena;
    *errors = 0;
    if (o->form == FORM_HEX && !print_hex(answer->body, r))
        return false;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), o->client.max_memory);
    bool done = show(o, answer, &arena, errors, r);
    kw_arena_finish(&arena);
    return done;
}
