/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_NAMED_ERRORS_H
#define TOOLS_NAMED_ERRORS_H

#include <kwire/message.h>

/* A line on standard error for each error code in an answer that is not 0, with its path, Kafka's name of it and the
 * broker's message; a line for all of them after the first NAMED_ERRORS_MOST. Returns how many there are. */
size_t named_errors_print(const kw_message *m, int16_t version, const void *value);

enum { NAMED_ERRORS_MOST = 20 };

#endif
