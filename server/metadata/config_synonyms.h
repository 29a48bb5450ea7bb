/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_CONFIG_SYNONYMS_H
#define SERVER_METADATA_CONFIG_SYNONYMS_H

/* All that gives a setting a value, the strongest first, as DescribeConfigs lists it. */

#include "effective_config.h"

struct config_synonym {
    kw_string name; /* of the setting that has the value: the owner's, or one of the broker's that it follows */
    kw_string value;
    enum setting_source source;
};

struct config_synonyms {
    struct config_synonym *items;
    size_t count;
};

/* As in Kafka, what stands before the first value of the setting's own name is left out. Texts are views of image, file
 * and table, the items are in the arena. False: it is full. */
bool config_synonyms_of(const struct config_place *place, const struct config_owner *owner,
                        const struct setting *setting, kw_arena *arena, struct config_synonyms *out);
bool config_synonyms_of_broker(const struct config_place *place, const struct setting *setting, kw_arena *arena,
                               struct config_synonyms *out);

/* The setting of a name that need not end in a zero byte; NULL: Kafka has none. */
const struct setting *config_find_setting(enum setting_scope scope, kw_string name);

#endif
