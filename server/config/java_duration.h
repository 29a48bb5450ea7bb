/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_CONFIG_JAVA_DURATION_H
#define SERVER_CONFIG_JAVA_DURATION_H

#include <stdbool.h>

/* Whether the text is a duration as Java's Duration.parse() reads it, PnDTnHnMn.nS, and not a negative one. */
bool java_is_duration(const char *text);

#endif
