/* SPDX-License-Identifier: Apache-2.0 */
#include "txn_verification.h"

#include "../metadata/effective_config.h"

bool txn_verification_is_enabled(const struct call *call)
{
    const struct config_place place = {call->image, call->broker->config.file, call->broker->identity.node_id};
    struct config_value value;
    effective_broker_config(&place, setting_find(SETTING_BROKER, "transaction.partition.verification.enable"), &value);
    return kw_string_equal(value.text, kw_string_of("true"));
}
