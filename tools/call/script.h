/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_SCRIPT_H
#define TOOLS_SCRIPT_H

/* A script of `call`: JSON objects one after the other, each a request, of one or several lines; between them there may
 * be lines that start with "#".
 *
 *     {"api":"InitProducerId","body":{"transactionalId":"t","transactionTimeoutMs":1000},"as":"producer"}
 *
 * docs/scripts.md has all members. */

#include <jansson.h>

#include <kwire/api.h>

#include "../command/report.h"

typedef struct script_step {
    size_t line; /* at which it starts, from 1 */
    const kw_api *api;
    int16_t version;   /* VERSION_NEGOTIATED: the newest that both have */
    const char *name;  /* of the answer for the steps behind it: "as", or the API's name */
    json_t *body;      /* an object. This and the following are borrowed from the script */
    json_t *client_id; /* a string or null; NULL: that of --client-id */
    json_t *allow;     /* errors that do not end the script: an array of names, or true for all; NULL: none */
    json_t *retry;     /* errors after which it is sent again: an array of names, or true for the retriable ones */
} script_step;

typedef struct script {
    const char *path; /* for messages */
    script_step *steps;
    size_t count;
    json_t *objects; /* an array, has what the steps borrow */
} script;

/* Reads the file, or standard input for "-", of at most `max_memory` bytes, and checks what can be checked without
 * answers. Reports have the path and the line. script_finish() must be called in either case. */
bool script_read(script *s, const char *path, size_t max_memory, report *r);
void script_finish(script *s);

/* Whether one of the step's errors, `allow` or `retry`, is this code. */
bool script_has_error(const json_t *errors, int16_t code);

#endif
