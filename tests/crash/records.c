/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>

#include "../simulation/world.h"
#include "clients.h"
#include "node.h"

struct partition_log *log_of(const char *topic, int32_t partition)
{
    const kw_uuid any = {{0}};
    return log_manager_find(&process_broker()->logs, kw_string_of(topic), any, partition);
}

void check_synced(const char *topic, int32_t partition, int64_t end)
{
    struct log_config config;
    struct partition_log *log = log_of(topic, partition);
    if (log == NULL)
        broken("%s-%d has no log", topic, partition);
    if (partition_log_config(log, &config) && config.flush_messages == 1 &&
        atomic_load(&managed_log_of(log)->synced_until) < end)
        broken("%s-%d has acknowledged records that are not on the disk", topic, partition);
    log_release(log);
}

int32_t *sequence_of(struct sender *p, const struct topic *t, int32_t partition)
{
    return &p->sequences[(size_t)(t - clients.topics) * MOST_PARTITIONS + (size_t)partition];
}

struct sender *any_idempotent(size_t which)
{
    struct sender *p = &clients.idempotent[which];
    if (p->id < 0)
        must(init_producer(p, TXN_TIMEOUT_MS), "a producer gets no id");
    return p;
}

struct batch any_batch(const struct topic *t)
{
    struct batch b = {.topic = t->name, .time = world.epoch + world.now, .first_value = clients.next_value, .acks = -1};
    b.partition = (int32_t)pick((size_t)t->partitions);
    bool is_large = one_in(5);
    b.count = is_large ? 1 : (int32_t)pick_from(1, one_in(4) ? 8 : 3);
    b.size = (size_t)pick_from(8, is_large ? 2500 : 120);
    b.codec = !t->is_compacted && one_in(3) ? (kw_codec)pick_from(KW_CODEC_NONE, KW_CODEC_ZSTD) : KW_CODEC_NONE;
    b.keys = t->is_compacted ? KEYS : 0;
    b.is_tombstone = t->is_compacted && one_in(6);
    if (!kw_codec_available(b.codec))
        b.codec = KW_CODEC_NONE;
    clients.next_value += (uint64_t)b.count;
    return b;
}

void send_batch(void)
{
    struct topic *t = any_topic();
    struct batch b = any_batch(t);
    int64_t offset = -1;
    struct sender *p = one_in(2) ? any_idempotent(pick(PRODUCERS)) : NULL;
    b.producer = p;
    b.sequence = p != NULL ? *sequence_of(p, t, b.partition) : 0;
    if (p == NULL && one_in(4))
        b.acks = one_in(2) ? 0 : 1;
    int16_t error = produce(&b, &offset);
    if (b.acks == 0)
        return;
    must(error, "a batch is not taken");
    if (p != NULL)
        *sequence_of(p, t, b.partition) += b.count;
    check_synced(t->name, b.partition, offset + b.count);
}
