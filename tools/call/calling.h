/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_CALLING_H
#define TOOLS_CALLING_H

/* What a request, raw bytes and a script have in common. */

#include "../client/session.h"
#include "../command/report.h"
#include "../explain/explain.h"
#include "call_options.h"

/* The meaning of the command's exit statuses here. */
enum { STATUS_REFUSED = STATUS_BAD_INPUT, STATUS_NO_ANSWER = STATUS_SYSTEM };

/* Prints the report of a request that could not be made. Returns the exit status. */
int call_refused(const report *r);

/* Prints the report of an answer that did not come, or of a refusal, with the broker. Returns the exit status. */
int call_failed(const call_options *o, report *r);

/* The requested version, with a warning if the broker does not list it; without one the newest that both have. */
bool call_version(const broker_versions *have, const kw_api *api, int16_t wanted, int16_t *version, report *r);

/* Adds the likely cause if the broker ended the connection instead of answering. */
void call_explain_end(const client *c, report *r);

/* Warns of bytes after an answer. */
void call_warn_of_trailing(const kw_reader *in);

/* Of --explain; else NULL. */
explainer *call_explainer(const call_options *o);

#endif
