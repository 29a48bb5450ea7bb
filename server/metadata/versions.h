/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_VERSIONS_H
#define SERVER_METADATA_VERSIONS_H

/* The features that this broker supports, and what a metadata.version allows in the log. Source: MetadataVersion. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image.h"

/* Which Kafka can open a new directory: this release and later ones. */
enum feature_release { FEATURES_4_3, FEATURES_4_4, FEATURE_RELEASES };

/* A level is kept, and may be changed, whether or not its APIs are served: Apache Kafka may open the directory next. */
struct supported_feature {
    const char *name;
    int16_t min;
    int16_t max;
    int16_t initial[FEATURE_RELEASES]; /* level in a new directory; 0: not written */
    int16_t api;                       /* without which clients have nothing of it; NO_API: there is none */
};

enum { NO_API = -1 };

/* By name; kraft.version, which is not in feature records, is one of them. */
const struct supported_feature *supported_features(size_t *count);

/* NULL: the broker does not have it. */
const struct supported_feature *supported_feature(kw_string name);

/* What is decided by the metadata.version of a log. */
struct record_versions {
    int16_t register_broker;
    int16_t partition; /* of PartitionRecord and PartitionChangeRecord */
    bool elr;          /* are written */
    bool directories;  /* of replicas and brokers are written */
    bool cordoned;     /* directories of brokers are written */
    bool transactions;
    bool controllers;         /* are registered */
    bool epoch_on_isr_shrink; /* the leader epoch grows when an ISR shrinks */
};

struct record_versions record_versions_of(const struct metadata_image *image);

/* Whether eligible leader replicas are in use, and can be written. */
bool metadata_has_elr(const struct metadata_image *image);

/* Whether the broker supports all features at their levels. False: *unsupported is one that it does not. */
bool metadata_is_supported(const struct metadata_image *image, const struct metadata_feature **unsupported);

#endif
