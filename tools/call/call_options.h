/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_CALL_OPTIONS_H
#define TOOLS_CALL_OPTIONS_H

/* The arguments of `call`: HOST:PORT API [JSON], and its options. */

#include <kwire/api.h>

#include "../client/client.h"
#include "../client/sasl.h"
#include "../command/buffer.h"
#include "../command/options.h"

enum { VERSION_NEGOTIATED = -1 };

/* How the answer is printed. */
typedef enum call_form { FORM_JSON, FORM_PRETTY_JSON, FORM_HEX, FORM_TABLE, FORM_EXPLAINED } call_form;

typedef struct call_options {
    const char *broker; /* as it was written */
    const kw_api *api;
    const char *json; /* NULL: none; "-", "@FILE", or the text */
    int16_t version;  /* VERSION_NEGOTIATED, or one that kwire knows */
    int64_t timeout_ms;
    call_form form;
    bool colour; /* of FORM_EXPLAINED */
    client_settings client;
    sasl_settings sasl;
    buffer password; /* holds sasl.password */
} call_options;

/* Returns CONTINUE or the exit status. call_options_finish() must be called in either case. */
int call_options_read(const verb *v, int count, char **words, call_options *out);
void call_options_finish(call_options *o);

#endif
