/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_TROUBLE_H
#define TOOLS_TROUBLE_H

/* Why there is no answer: what a report says of a connection, beside the codes of <kwire/status.h> for bytes that are
 * no frame or no message, and Kafka's names of errors for what the broker refused. */

#include <stdint.h>

#include <kwire/view.h>

#include "../command/report.h"

#define CODE_CONNECTION "ERR_CONNECTION" /* it was not made, or it ended */
#define CODE_TIMEOUT "ERR_TIMEOUT"       /* the time was up */
#define CODE_TLS "ERR_TLS"               /* no TLS session, or its certificate is not good */
#define CODE_SASL "ERR_SASL"             /* the login did not go as its mechanism has it */
#define CODE_ANSWER "ERR_ANSWER"         /* an answer, but not to what was asked */

/* Puts what was being done before the detail: "detail" becomes "doing: detail". Returns false. */
PRINTF_LIKE(2, 3) bool report_while(report *r, const char *doing, ...);

/* Puts what may be the cause behind the detail: "detail" becomes "detail; cause". Returns false. */
bool report_cause(report *r, const char *cause);

/* What came is late. Returns false. */
bool report_late(report *r);

/* The broker named an error: the code is Kafka's name of it. The broker's message may be null. Returns false. */
bool report_refusal(report *r, int16_t error_code, kw_string message);

/* Whether a report is one of these; all other codes begin with "ERR_". */
bool report_is_refusal(const report *r);

/* CODE_CONNECTION with the text of an errno. Returns false. */
bool report_errno(report *r, int number);

#endif
