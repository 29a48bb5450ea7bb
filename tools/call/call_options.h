/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_CALL_OPTIONS_H
#define TOOLS_CALL_OPTIONS_H

/* The arguments of `call`: HOST:PORT API [JSON], --raw HOST:PORT [BYTES] or --script FILE HOST:PORT, and its options.
 */

#include <kwire/api.h>

#include "../client/client.h"
#include "../client/sasl.h"
#include "../command/options.h"
#include "../convert/bytes_input.h"
#include "login_options.h"

enum { VERSION_NEGOTIATED = -1 };

/* How the answer is printed. */
typedef enum call_form { FORM_JSON, FORM_PRETTY_JSON, FORM_HEX, FORM_TABLE, FORM_EXPLAINED } call_form;

typedef enum call_kind { CALL_SINGLE, CALL_RAW, CALL_SCRIPT } call_kind;

typedef struct call_options {
    call_kind kind;
    const char *broker; /* as it was written */
    const char *input;  /* JSON, or raw bytes. NULL: none; "-", "@FILE", or the text */
    const kw_api *api;  /* of a single request */
    int16_t version;    /* the same: VERSION_NEGOTIATED, or one that kwire knows */
    bool add_size;      /* raw: before the bytes */
    bool has_shape;     /* raw: else recognised */
    bytes_shape shape;
    const char *script; /* path, or "-" */
    int64_t timeout_ms;
    call_form form;
    bool raw_records; /* in JSON, as base64 */
    bool colour;      /* of FORM_EXPLAINED */
    client_settings client;
    sasl_settings sasl;
    login_memory login; /* holds what is in `sasl` */
} call_options;

/* Returns CONTINUE or the exit status. call_options_finish() must be called in either case. */
int call_options_read(const verb *v, int count, char **words, call_options *out);
void call_options_finish(call_options *o);

#endif
