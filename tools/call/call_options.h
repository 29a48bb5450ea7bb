/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_CALL_OPTIONS_H
#define TOOLS_CALL_OPTIONS_H

/* What the words of `call` mean: HOST:PORT API [JSON], and its options. */

#include <kwire/api.h>

#include "../client/client.h"
#include "../client/sasl.h"
#include "../command/buffer.h"
#include "../command/options.h"

enum { VERSION_NEGOTIATED = -1 };

/* What the answer is shown as. */
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
    buffer password; /* where sasl.password lies */
} call_options;

/* GO_ON or the exit status. call_options_finish() is due in any case. */
int call_options_read(const verb *v, int count, char **words, call_options *out);
void call_options_finish(call_options *o);

#endif
