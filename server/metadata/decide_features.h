/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_DECIDE_FEATURES_H
#define SERVER_METADATA_DECIDE_FEATURES_H

/* The decision about UpdateFeatures: which levels of features the cluster uses. */

#include <kwire/messages/update_features_request.h>

#include "../config/static_config.h"
#include "controller.h"
#include "refusal.h"

/* Adds the records of all updates, or refuses them all. `version` is that of the request, `kraft_version` that of the
 * metadata log; decision->kraft_version is that which it gets. */
void decide_features(struct decision *decision, const struct static_config *file, int16_t kraft_version,
                     const kw_update_features_request *request, int16_t version, kw_arena *arena,
                     struct refusal *refusal);

#endif
