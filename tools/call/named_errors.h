/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_NAMED_ERRORS_H
#define TOOLS_NAMED_ERRORS_H

#include <kwire/message.h>

/* Prints a line to standard error for each error code in an answer that is not 0, with its path, its name in Kafka and
 * the broker's message; one line for all after the first NAMED_ERRORS_MOST. Returns their number. */
size_t named_errors_print(const kw_message *m, int16_t version, const void *value);

enum { NAMED_ERRORS_MOST = 20 };

#endif
