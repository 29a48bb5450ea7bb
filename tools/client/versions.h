/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_VERSIONS_H
#define TOOLS_VERSIONS_H

/* What a broker serves, and which version of it to use. */

#include <kwire/api.h>
#include <kwire/messages/api_versions_request.h>
#include <kwire/messages/api_versions_response.h>

#include "client.h"

typedef struct broker_versions {
    kw_api_versions_response_api_version_array apis; /* in the arena; null: not known */
    kw_response answer;                              /* they came in; a view of client.in */
    kw_arena arena;
} broker_versions;

/* Names the software that asks, as brokers want it. */
void versions_name_software(kw_api_versions_request *request);

/* Asks, as Kafka's clients do: with the newest version of ApiVersions that kwire knows, and where the broker does not
 * have that one, with the newest that both have. versions_finish() is due in any case. */
bool versions_ask(client *c, const kw_api_versions_request *request, broker_versions *out, report *r);
void versions_finish(broker_versions *v);

/* The versions that the broker serves; none, with first > last, where it does not serve the API. */
kw_versions versions_of(const broker_versions *v, int16_t api_key);

/* The newest version that both have; kwire's newest where it is not known what the broker has. The report is
 * UNSUPPORTED_VERSION where there is none. */
bool versions_choose(const broker_versions *v, const kw_api *api, int16_t *version, report *r);

#endif
