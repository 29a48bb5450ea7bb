/* SPDX-License-Identifier: Apache-2.0 */
#include "produce.h"

#include <string.h>

#include <kwire/error.h>
#include <kwire/topic_name.h>

#include "../log/log_contents.h"

enum {
    DECOMPRESSED_MAX = 128 * 1024 * 1024, /* of a batch, whatever the topic allows */
    REFUSED_MAX = 1000,                   /* records of a batch whose errors are listed */
    ASSIGNED_SIZE = KW_BATCH_V2_RECORDS + 128
};

/* ---- errors ---- */

/* Kafka tells the log start offset only with errors that it does not expect. */
static bool hides_start(int16_t error)
{
    switch (error) {
    case KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION:
    case KW_ERROR_UNKNOWN_TOPIC_ID:
    case KW_ERROR_NOT_LEADER_OR_FOLLOWER:
    case KW_ERROR_MESSAGE_TOO_LARGE:
    case KW_ERROR_RECORD_LIST_TOO_LARGE:
    case KW_ERROR_CORRUPT_MESSAGE:
    case KW_ERROR_KAFKA_STORAGE_ERROR:
        return true;
    default:
        return false;
    }
}

void produce_set_error(struct producing *p, struct produce_part *part, int16_t error)
{
    struct log_snapshot snapshot;
    if (!hides_start(error) && part->log != NULL &&
        partition_log_acquire(part->log, true, &snapshot) == KW_ERROR_NONE) {
        part->out->log_start_offset = snapshot.log_start_offset;
        log_snapshot_release(&snapshot);
    }
    if (error == KW_ERROR_KAFKA_STORAGE_ERROR && p->call->version < PRODUCE_FIRST_WITH_STORAGE_ERROR)
        error = KW_ERROR_NOT_LEADER_OR_FOLLOWER;
    part->out->error_code = error;
}

static bool refuse(struct producing *p, struct produce_part *part, int16_t error)
{
    produce_set_error(p, part, error);
    return true;
}

/* What Kafka checks before it looks for the partition's log. */
static bool is_wrong_request(const struct producing *p, const kw_append *checked)
{
    if (p->call->version < PRODUCE_FIRST_FOR_MAGIC_2)
        return false;
    return checked->reason == KW_APPEND_NO_BATCH || checked->reason == KW_APPEND_MAGIC ||
           checked->reason == KW_APPEND_ZSTD || checked->reason == KW_APPEND_MANY_BATCHES ||
           checked->reason == KW_APPEND_DAMAGED;
}

static int16_t error_of(const kw_append *checked)
{
    return checked->reason == KW_APPEND_MEMORY ? (int16_t)KW_ERROR_KAFKA_STORAGE_ERROR : checked->error;
}

/* ---- the leader and its replicas ---- */

/* Of a partition that another node leads, whose address is not known: there is no other node. */
static bool refuse_follower(struct producing *p, struct produce_part *part)
{
    produce_set_error(p, part, KW_ERROR_NOT_LEADER_OR_FOLLOWER);
    if (p->call->version >= PRODUCE_FIRST_WITH_LEADER) {
        part->out->current_leader.leader_id = part->partition->leader_id;
        part->out->current_leader.leader_epoch = part->partition->leader_epoch;
    }
    return true;
}

static bool has_too_few_replicas(const struct producing *p, const struct produce_part *part,
                                 const struct log_config *config)
{
    int32_t min = config->min_insync_replicas < part->partition->replicas.len ? config->min_insync_replicas
                                                                              : part->partition->replicas.len;
    return p->request->acks == -1 && part->partition->isr.len < min;
}

static bool is_forbidden(const struct producing *p, const struct produce_part *part)
{
    static const kw_string admin = {"__admin_client", 14};
    return kw_topic_name_is_internal(part->topic->name) && !kw_string_equal(p->call->client_id, admin);
}

/* ---- records ---- */

static void set_rules(const struct producing *p, const struct log_config *config, kw_append_rules *rules)
{
    kw_append_rules_init(rules);
    rules->now = p->now_ms;
    rules->timestamp_before_max = config->timestamp_before_max;
    rules->timestamp_after_max = config->timestamp_after_max;
    rules->max_message_bytes = config->max_message_bytes;
    rules->segment_bytes = config->segment_bytes;
    rules->produce_version = p->call->version;
    rules->compacted = config->compact;
    rules->append_time = config->log_append_time;
    rules->keep_codec = config->keep_codec;
    rules->codec = config->codec;
    rules->level = config->level;
}

static size_t records_limit(const struct log_config *config)
{
    return config->max_decompressed_message_bytes < DECOMPRESSED_MAX ? (size_t)config->max_decompressed_message_bytes
                                                                     : DECOMPRESSED_MAX;
}

/* The header gets its timestamps; offset and leader epoch are the log's to fill in. */
static bool assign(struct produce_part *part, const kw_append *checked)
{
    uint8_t bytes[ASSIGNED_SIZE]; /* records that are not gathered, because they are small, fit as well */
    kw_gathered slot;
    kw_writer w;
    kw_writer_init(&w, bytes, sizeof bytes);
    kw_writer_gather(&w, &slot, 1, ASSIGNED_SIZE - KW_BATCH_V2_RECORDS);
    if (kw_append_assign(checked, part->asked->records, 0, 0, &w) != KW_OK)
        return false;
    memcpy(part->batch.header, bytes, sizeof part->batch.header);
    part->batch.records =
        kw_bytes_of(part->asked->records.data + KW_BATCH_V2_RECORDS, checked->size - KW_BATCH_V2_RECORDS);
    return true;
}

static bool rewrite(struct producing *p, struct produce_part *part, const kw_append *checked,
                    const kw_append_rules *rules)
{
    size_t limit = (size_t)rules->max_message_bytes + (size_t)KW_BATCH_V2_RECORDS;
    kw_writer_init_growing(&part->rewritten, kw_allocator_libc(), limit);
    kw_status status =
        kw_append_rewrite(checked, part->asked->records, rules, &p->tools->tools, 0, 0, &part->rewritten);
    if (status != KW_OK) {
        kw_writer_finish(&part->rewritten);
        return refuse(p, part,
                      status == KW_ERR_BATCH_FULL || status == KW_ERR_MEMORY_LIMIT ? KW_ERROR_MESSAGE_TOO_LARGE
                      : status == KW_ERR_NO_MEMORY                                 ? KW_ERROR_KAFKA_STORAGE_ERROR
                                                                                   : KW_ERROR_UNKNOWN_SERVER_ERROR);
    }
    kw_span all = kw_writer_data(&part->rewritten);
    memcpy(part->batch.header, all.data, sizeof part->batch.header);
    part->batch.records =
        kw_bytes_of((const uint8_t *)all.data + sizeof part->batch.header, all.size - sizeof part->batch.header);
    part->is_prepared = part->is_rewritten = true;
    return true;
}

static bool take_checked(struct producing *p, struct produce_part *part, const kw_append *checked,
                         const kw_append_rules *rules)
{
    if (checked->append_time)
        part->append_time = rules->now;
    if (checked->rewrite)
        return rewrite(p, part, checked, rules);
    part->is_prepared = assign(part, checked);
    return part->is_prepared || refuse(p, part, KW_ERROR_UNKNOWN_SERVER_ERROR);
}

/* Notes whose transaction the records are of; false: of none. */
static bool take_transaction(const struct producing *p, struct produce_part *part)
{
    kw_batches bs;
    kw_batch b;
    kw_batches_init(&bs, part->asked->records);
    if (p->request->transactional_id.len < 0 || !kw_batches_next(&bs, &b) || !kw_batch_is_transactional(&b) ||
        b.producer_id < 0)
        return false;
    part->producer = (struct txn_producer){b.producer_id, b.producer_epoch};
    part->base_sequence = b.base_sequence;
    return true;
}

/* In the order of Kafka's checks. */
static bool take_result(struct producing *p, struct produce_part *part, const struct log_config *config,
                        const kw_append *checked, const kw_append_rules *rules, const kw_refused_records *refused)
{
    if (is_wrong_request(p, checked)) {
        part->out->error_code = checked->error;
        return true;
    }
    bool is_transactional = take_transaction(p, part);
    if (is_transactional && part->log == NULL)
        return refuse_follower(p, part);
    part->is_transactional = is_transactional;
    if (p->request->acks < -1 || p->request->acks > 1) {
        part->out->error_code = KW_ERROR_INVALID_REQUIRED_ACKS;
        return true;
    }
    if (is_forbidden(p, part)) {
        part->out->error_code = KW_ERROR_INVALID_TOPIC_EXCEPTION;
        return true;
    }
    if (part->log == NULL)
        return refuse_follower(p, part);
    if (has_too_few_replicas(p, part, config))
        return refuse(p, part, KW_ERROR_NOT_ENOUGH_REPLICAS);
    if (checked->reason == KW_APPEND_NO_BATCH)
        return refuse(p, part, KW_ERROR_NONE);
    if (checked->error == KW_ERROR_NONE)
        return take_checked(p, part, checked, rules);
    produce_set_error(p, part, error_of(checked));
    return produce_describe_refused(p, part, checked, rules, refused);
}

bool produce_prepare(struct producing *p, struct produce_part *part)
{
    struct log_config config;
    kw_append_rules rules;
    kw_append checked;
    kw_refused_record items[REFUSED_MAX];
    kw_refused_records refused = {items, REFUSED_MAX, 0};
    if (part->log == NULL)
        log_config_init(&config);
    else if (!partition_log_config(part->log, &config)) {
        part->out->error_code = KW_ERROR_TOPIC_AUTHORIZATION_FAILED;
        part->out->error_message = kw_string_of("this broker serves its topics for reading only");
        return true;
    }
    set_rules(p, &config, &rules);
    append_tools_limit(p->tools, records_limit(&config));
    checked.error = kw_append_check(&checked, part->asked->records, &rules, &p->tools->tools, &refused);
    bool fine = take_result(p, part, &config, &checked, &rules, &refused);
    append_tools_trim(p->tools);
    return fine;
}
