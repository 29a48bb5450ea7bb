/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_EFFECTIVE_CONFIG_H
#define SERVER_METADATA_EFFECTIVE_CONFIG_H

/* Which value of a setting is in effect, of all the places that can give it one. */

#include <kwire/arena.h>
#include <kwire/view.h>

#include "../config/static_config.h"
#include "image.h"

struct config_place {
    const struct metadata_image *image;
    const struct static_config *file; /* NULL: there is none */
    int32_t node_id;
};

struct config_value {
    kw_string text; /* null: it has none */
    enum setting_source source;
};

/* What has settings of its own that it may leave to the broker: a topic, a group, a subscription of client metrics. */
struct config_owner {
    int8_t type; /* RESOURCE_TOPIC... */
    kw_string name;
};

/* The scope of its settings, and where a value is from that it gives itself. */
enum setting_scope config_owner_scope(const struct config_owner *owner);
enum setting_source config_owner_source(const struct config_owner *owner);

/* The value of a setting that the owner itself does not give: that of this broker, of all brokers, of the
 * properties file, or the default. Texts are in the arena, the image or the table. False: the arena is full. */
bool effective_default(const struct config_place *place, const struct setting *setting, kw_arena *arena,
                       struct config_value *out);

/* The same with what the owner gives. */
bool effective_config(const struct config_place *place, const struct config_owner *owner, const struct setting *setting,
                      kw_arena *arena, struct config_value *out);

/* The value of a broker's setting, whatever others say that mean the same in other units. */
void effective_broker_config(const struct config_place *place, const struct setting *setting, struct config_value *out);

/* The same of one that is an integer and has a default, by its name. A value that a foreign log has and that is not
 * valid has no effect. */
int64_t effective_broker_number(const struct config_place *place, const char *name);
/* The same with another value for this broker (is_own) or for all brokers; null: none there. */
int64_t effective_broker_number_with(const struct config_place *place, const char *name, kw_string value, bool is_own);

double effective_broker_double(const struct config_place *place, const char *name);

#endif
