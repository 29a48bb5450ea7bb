/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_EXPLAIN_SESSION_H
#define TOOLS_EXPLAIN_SESSION_H

/* Explains sources one after another: finds frames and batches in the bytes, decides what each is, and remembers
 * requests for their responses. */

#include "explain.h"
#include "recognise.h"
#include "source.h"

/* The kind of input that the user selected. */
typedef enum session_kind {
    SESSION_ANY, /* to be recognised */
    SESSION_REQUESTS,
    SESSION_RESPONSES,
    SESSION_MESSAGE,
    SESSION_RECORDS
} session_kind;

typedef struct session_options {
    session_kind kind;
    const kw_message *message; /* of SESSION_MESSAGE */
    int16_t api_key;           /* of the requests that responses answer; -1: not given */
    int16_t version;           /* of those, or of the message; -1: not given */
    bool unsized;              /* frames have no size */
    size_t max_frame;
    explain_options explain;
} session_options;

typedef struct session session;

session *session_create(const session_options *options);
void session_destroy(session *s);

/* Explains all of a source. True if it has no errors. */
bool session_run(session *s, source *in);

#endif
