/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_CONFIG_LOG_CONFIG_H
#define SERVER_CONFIG_LOG_CONFIG_H

/* The settings of one log, as numbers. */

#include <stdbool.h>
#include <stdint.h>

#include <kwire/compression.h>
#include <kwire/view.h>

#include "static_config.h"

/* Times are in milliseconds. INT64_MAX: no limit, or never. The names in brackets are those of the topic's settings
 * where they differ from the member's. */
struct log_config {
    int32_t segment_bytes;       /* or internal.segment.bytes, which may be smaller than 1 MiB */
    int32_t segment_index_bytes; /* of each index; the last entry that fits is the last one */
    int32_t index_interval_bytes;
    int64_t segment_ms;
    int64_t segment_jitter_ms;
    bool preallocate;

    int64_t retention_bytes; /* -1: no limit */
    int64_t retention_ms;    /* -1: no limit */
    int64_t file_delete_delay_ms;
    int64_t flush_messages;
    int64_t flush_ms;

    bool compact; /* [cleanup.policy] has compact; with both it is compacted and old segments are deleted */
    bool delete;  /* [cleanup.policy] has delete */
    int64_t delete_retention_ms;
    int64_t min_compaction_lag_ms;
    int64_t max_compaction_lag_ms;
    double min_cleanable_dirty_ratio;

    int32_t max_message_bytes;              /* of a batch, as it is stored */
    int32_t max_decompressed_message_bytes; /* of a batch's records */
    bool keep_codec;                        /* [compression.type] is producer; else batches are stored in `codec` */
    kw_codec codec;
    int32_t level; /* of compression in `codec`, as for kw_compress() */

    bool log_append_time;         /* [message.timestamp.type] is LogAppendTime */
    int64_t timestamp_before_max; /* [message.timestamp.before.max.ms] */
    int64_t timestamp_after_max;  /* [message.timestamp.after.max.ms] */
    int32_t min_insync_replicas;
    bool unclean_leader_election; /* [unclean.leader.election.enable] */
};

/* What is set while the broker runs. */
struct dynamic_config {
    /* The value that the source gives; null: it gives none. The source is SOURCE_TOPIC, with a topic's name of the
     * setting, SOURCE_DYNAMIC_BROKER or SOURCE_DYNAMIC_DEFAULT_BROKER, with a broker's. */
    kw_string (*find)(const void *context, enum setting_source source, const char *name);
    const void *context;
};

/* Kafka's defaults. */
void log_config_init(struct log_config *config);

/* The settings in effect: those of the topic, over those of this broker and of all brokers, over the properties file,
 * over the defaults. Both sources may be NULL. Values that are not valid are passed over: the next source counts. */
void log_config_read(struct log_config *config, const struct static_config *file, const struct dynamic_config *dynamic);

/* The age at which a segment of this log ends: no record of a compacted log may stay in the active segment for longer
 * than max.compaction.lag.ms. */
int64_t log_config_max_segment_ms(const struct log_config *config);

#endif
