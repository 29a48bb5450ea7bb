/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_VERSIONS_TABLE_H
#define TOOLS_VERSIONS_TABLE_H

#include <kwire/messages/api_versions_response.h>

/* Prints an ApiVersions answer as text: the versions that the broker serves, those that kwire knows, and the features
 * of the cluster. */
void versions_table_print(const kw_api_versions_response *answer);

#endif
