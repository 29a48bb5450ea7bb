/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_API_H
#define TOOLS_API_H

/* Finds APIs by Kafka's name or by key. */

#include <kwire/api.h>

/* NULL with one line on standard error, which suggests a similar name. */
const kw_api *api_named(const char *text);

#endif
