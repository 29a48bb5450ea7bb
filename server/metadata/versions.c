/* SPDX-License-Identifier: Apache-2.0 */
#include "versions.h"

#include <kwire/api_keys.h>

/* Levels of metadata.version. */
enum {
    IV_3_3_IV3 = 7,
    IV_3_4_IV0 = 8,
    IV_3_6_IV0 = 12,
    IV_3_6_IV1 = 13,
    IV_3_7_IV0 = 15,
    IV_3_7_IV2 = 17,
    IV_4_0_IV1 = 23,
    IV_4_3_IV0 = 30,
    IV_4_4 = 33
};

static const struct supported_feature features[] = {
    {"eligible.leader.replicas.version", 0, 1, {1, 1}, NO_API},
    {"group.version", 0, 1, {1, 1}, KW_KEY_CONSUMER_GROUP_HEARTBEAT},
    {"kraft.version", 0, 1, {0, 0}, NO_API},
    {"metadata.version", IV_3_3_IV3, IV_4_4, {IV_4_3_IV0, IV_4_4}, NO_API},
    {"share.version", 0, 2, {1, 2}, KW_KEY_SHARE_GROUP_HEARTBEAT},
    {"streams.version", 0, 1, {1, 1}, KW_KEY_STREAMS_GROUP_HEARTBEAT},
    {"transaction.version", 0, 2, {2, 2}, KW_KEY_END_TXN},
};

const struct supported_feature *supported_features(size_t *count)
{
    *count = sizeof features / sizeof features[0];
    return features;
}

const struct supported_feature *supported_feature(kw_string name)
{
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++)
        if (kw_string_equal(kw_string_of(features[i].name), name))
            return &features[i];
    return NULL;
}

struct record_versions record_versions_of(const struct metadata_image *image)
{
    int16_t level = metadata_feature_level(image, kw_string_of("metadata.version"));
    bool directories = level >= IV_3_7_IV2;
    return (struct record_versions){
        .register_broker = level >= IV_4_3_IV0   ? 4
                           : directories         ? 3
                           : level >= IV_3_4_IV0 ? 2
                                                 : 1,
        .partition = level >= IV_4_0_IV1 ? 2 : directories,
        .elr = level >= IV_4_0_IV1,
        .directories = directories,
        .cordoned = level >= IV_4_3_IV0,
        .transactions = level >= IV_3_6_IV1,
        .controllers = level >= IV_3_7_IV0,
        .epoch_on_isr_shrink = level < IV_3_6_IV0,
    };
}

bool metadata_has_elr(const struct metadata_image *image)
{
    return metadata_feature_level(image, kw_string_of("eligible.leader.replicas.version")) > 0 &&
           metadata_feature_level(image, kw_string_of("metadata.version")) >= IV_4_0_IV1;
}

bool metadata_is_supported(const struct metadata_image *image, const struct metadata_feature **unsupported)
{
    for (size_t i = 0; i < image->parts.feature_count; i++) {
        const struct metadata_feature *feature = &image->parts.features[i];
        const struct supported_feature *known = supported_feature(feature->name);
        if (known == NULL || feature->level < known->min || feature->level > known->max) {
            *unsupported = feature;
            return false;
        }
    }
    return true;
}
