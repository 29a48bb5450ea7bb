/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_VERSIONS_TABLE_H
#define TOOLS_VERSIONS_TABLE_H

#include <kwire/messages/api_versions_response.h>

/* An ApiVersions answer for people, on standard output: what the broker serves beside what kwire knows, and the
 * features of the cluster. */
void versions_table_print(const kw_api_versions_response *answer);

#endif
