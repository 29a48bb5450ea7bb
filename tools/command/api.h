/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_API_H
#define TOOLS_API_H

/* APIs as users name them: by Kafka's name, or by key. */

#include <kwire/api.h>

/* NULL, with one line on standard error that offers what may have been meant. */
const kw_api *api_named(const char *text);

#endif
