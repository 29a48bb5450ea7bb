/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_ANSWER_H
#define TOOLS_ANSWER_H

/* Prints the answer of `call`: to standard output in one of its forms; to standard error the errors in it, and the
 * number of trailing bytes. */

#include <kwire/frame.h>

#include "../command/report.h"
#include "call_options.h"

/* *errors is the number of error codes in the answer that are not 0. False with a report if the bytes are not the
 * expected message; hex is printed nevertheless. The caller prints FORM_EXPLAINED. */
bool answer_show(const call_options *o, const kw_response *answer, size_t *errors, report *r);

#endif
