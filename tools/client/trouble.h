/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_TROUBLE_H
#define TOOLS_TROUBLE_H

/* Reasons of a missing answer: codes for connections, in addition to those of <kwire/status.h> for malformed frames and
 * messages, and Kafka's error names for what the broker refused. */

#include <stdint.h>

#include <kwire/view.h>

#include "../command/report.h"

#define CODE_CONNECTION "ERR_CONNECTION" /* connecting failed, or the connection ended */
#define CODE_TIMEOUT "ERR_TIMEOUT"       /* timed out */
#define CODE_TLS "ERR_TLS"               /* the TLS handshake failed, or the certificate is not valid */
#define CODE_SASL "ERR_SASL"             /* the login did not follow its mechanism */
#define CODE_ANSWER "ERR_ANSWER"         /* an answer, but not to this request */

/* Prepends the current operation: "detail" becomes "doing: detail". Returns false. */
PRINTF_LIKE(2, 3) bool report_while(report *r, const char *doing, ...);

/* Appends a possible cause: "detail" becomes "detail; cause". Returns false. */
bool report_cause(report *r, const char *cause);

/* Reports a timeout. Returns false. */
bool report_late(report *r);

/* The broker returned an error: the code is Kafka's name of it. The broker's message may be null. Returns false. */
bool report_refusal(report *r, int16_t error_code, kw_string message);

/* Whether a report is one of these; all other codes start with "ERR_". */
bool report_is_refusal(const report *r);

/* CODE_CONNECTION with the text of an errno. Returns false. */
bool report_errno(report *r, int number);

#endif
