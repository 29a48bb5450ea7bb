/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_ANSWER_H
#define TOOLS_ANSWER_H

/* The answer that `call` got: on standard output in one of its forms; on standard error the errors that it names, and
 * bytes that are left after it. */

#include <kwire/frame.h>

#include "../command/report.h"
#include "call_options.h"

/* *errors is how many error codes in the answer are not 0. False with a report where the bytes are not the message that
 * they should be; hex is printed all the same. FORM_EXPLAINED is for the caller to print. */
bool answer_show(const kw_response *answer, call_form form, size_t max_memory, size_t *errors, report *r);

#endif
