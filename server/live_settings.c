/* SPDX-License-Identifier: Apache-2.0 */
#include "live_settings.h"

#include "metadata/effective_config.h"

static struct config_place place_of(const struct broker *broker, const struct metadata_image *image)
{
    return (struct config_place){image, broker->config.file, broker->identity.node_id};
}

struct log_upkeep_live live_settings_of_logs(const struct broker *broker, const struct metadata_image *image)
{
    const struct config_place place = place_of(broker, image);
    return (struct log_upkeep_live){
        .recovery_threads = (int)effective_broker_number(&place, "num.recovery.threads.per.data.dir"),
        .delete_delay_ms = effective_broker_number(&place, "log.segment.delete.delay.ms"),
        .producer_expiration_ms = effective_broker_number(&place, "producer.id.expiration.ms"),
    };
}

struct cleaners_live live_settings_of_cleaners(const struct broker *broker, const struct metadata_image *image)
{
    const struct config_place place = place_of(broker, image);
    return (struct cleaners_live){
        .threads = (int)effective_broker_number(&place, "log.cleaner.threads"),
        .map_bytes = effective_broker_number(&place, "log.cleaner.dedupe.buffer.size"),
        .buffer_bytes = effective_broker_number(&place, "log.cleaner.io.buffer.size"),
        .load_factor = effective_broker_double(&place, "log.cleaner.io.buffer.load.factor"),
        .bytes_per_second = effective_broker_double(&place, "log.cleaner.io.max.bytes.per.second"),
        .backoff_ms = effective_broker_number(&place, "log.cleaner.backoff.ms"),
    };
}

void live_settings_apply(struct broker *broker, const struct metadata_image *image)
{
    const struct config_place place = place_of(broker, image);
    const struct log_upkeep_live logs = live_settings_of_logs(broker, image);
    atomic_store(&broker->limits.all, (int32_t)effective_broker_number(&place, "max.connections"));
    atomic_store(&broker->limits.per_host, (int32_t)effective_broker_number(&place, "max.connections.per.ip"));
    log_upkeep_change(&broker->logs, &logs);
    if (broker->cleaners != NULL) {
        const struct cleaners_live cleaners = live_settings_of_cleaners(broker, image);
        cleaners_change(broker->cleaners, &cleaners);
    }
}
