/* SPDX-License-Identifier: Apache-2.0 */
#include "log_config.h"

#include <stdlib.h>
#include <string.h>

#include "java_number.h"
#include "setting_value.h"

enum { VALUE_MAX = 256 };

/* Where each setting goes. Those of other types than numbers and booleans have functions of their own. */
static const struct {
    const char *name;
    size_t offset;
} members[] = {
#define MEMBER(name, member)                      \
    {                                             \
        name, offsetof(struct log_config, member) \
    }
    MEMBER("segment.bytes", segment_bytes),
    MEMBER("internal.segment.bytes", segment_bytes),
    MEMBER("segment.index.bytes", segment_index_bytes),
    MEMBER("index.interval.bytes", index_interval_bytes),
    MEMBER("segment.ms", segment_ms),
    MEMBER("segment.jitter.ms", segment_jitter_ms),
    MEMBER("preallocate", preallocate),
    MEMBER("retention.bytes", retention_bytes),
    MEMBER("retention.ms", retention_ms),
    MEMBER("file.delete.delay.ms", file_delete_delay_ms),
    MEMBER("flush.messages", flush_messages),
    MEMBER("flush.ms", flush_ms),
    MEMBER("delete.retention.ms", delete_retention_ms),
    MEMBER("min.compaction.lag.ms", min_compaction_lag_ms),
    MEMBER("max.compaction.lag.ms", max_compaction_lag_ms),
    MEMBER("min.cleanable.dirty.ratio", min_cleanable_dirty_ratio),
    MEMBER("max.message.bytes", max_message_bytes),
    MEMBER("max.decompressed.message.bytes", max_decompressed_message_bytes),
    MEMBER("message.timestamp.before.max.ms", timestamp_before_max),
    MEMBER("message.timestamp.after.max.ms", timestamp_after_max),
    MEMBER("min.insync.replicas", min_insync_replicas),
    MEMBER("unclean.leader.election.enable", unclean_leader_election),
#undef MEMBER
};

/* Where values come from, and memory for one of them. */
struct values {
    const struct static_config *file;
    const struct dynamic_config *dynamic;
    char text[VALUE_MAX + SETTING_PRINTED_EXTRA];
    char buffer[SETTING_EFFECTIVE_SIZE];
};

static bool take(struct values *v, enum setting_source source, const struct setting *setting)
{
    char text[VALUE_MAX], error[SETTING_ERROR_SIZE];
    kw_string value = v->dynamic->find(v->dynamic->context, source, setting->name);
    if (value.data == NULL || value.len >= VALUE_MAX || memchr(value.data, '\0', (size_t)value.len) != NULL)
        return false;
    memcpy(text, value.data, (size_t)value.len);
    text[value.len] = '\0';
    return setting_parse(setting, text, v->text, error);
}

/* The value in effect, as it is printed; NULL: there is none. */
static const char *find(struct values *v, const struct setting *setting)
{
    enum setting_source source;
    if (v->dynamic != NULL) {
        const struct setting *broker = setting_first_synonym(setting);
        if (take(v, SOURCE_TOPIC, setting) || (broker != NULL && (take(v, SOURCE_DYNAMIC_BROKER, broker) ||
                                                                  take(v, SOURCE_DYNAMIC_DEFAULT_BROKER, broker))))
            return v->text;
    }
    return setting_effective(v->file, setting, v->buffer, &source);
}

static const char *find_named(struct values *v, const char *name)
{
    return find(v, setting_find(SETTING_TOPIC, name));
}

static void store(void *member, const struct setting *setting, const char *text)
{
    switch (setting->type) {
    case SETTING_INT:
        *(int32_t *)member = (int32_t)strtol(text, NULL, 10);
        break;
    case SETTING_LONG:
        *(int64_t *)member = strtoll(text, NULL, 10);
        break;
    case SETTING_DOUBLE:
        java_parse_double(text, member);
        break;
    default:
        *(bool *)member = strcmp(text, "true") == 0;
    }
}

static void read_cleanup_policy(struct log_config *config, struct values *v)
{
    const char *policy = find_named(v, "cleanup.policy");
    config->compact = strstr(policy, "compact") != NULL;
    config->delete = strstr(policy, "delete") != NULL;
}

static void read_compression(struct log_config *config, struct values *v)
{
    static const struct {
        const char *type;
        kw_codec codec;
        const char *level;
    } types[] = {{"uncompressed", KW_CODEC_NONE, NULL},
                 {"gzip", KW_CODEC_GZIP, "compression.gzip.level"},
                 {"snappy", KW_CODEC_SNAPPY, NULL},
                 {"lz4", KW_CODEC_LZ4, "compression.lz4.level"},
                 {"zstd", KW_CODEC_ZSTD, "compression.zstd.level"}};
    const char *type = find_named(v, "compression.type");
    config->keep_codec = true;
    config->codec = KW_CODEC_NONE;
    config->level = KW_LEVEL_DEFAULT;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(type, types[i].type) != 0)
            continue;
        config->keep_codec = false;
        config->codec = types[i].codec;
        if (types[i].level != NULL)
            config->level = (int32_t)strtol(find_named(v, types[i].level), NULL, 10);
    }
    if (config->codec == KW_CODEC_GZIP && config->level == -1)
        config->level = KW_LEVEL_DEFAULT;
}

void log_config_read(struct log_config *config, const struct static_config *file, const struct dynamic_config *dynamic)
{
    struct values v = {.file = file, .dynamic = dynamic};
    memset(config, 0, sizeof *config); /* also between its members, as logs with equal bytes share one */
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const struct setting *setting = setting_find(SETTING_TOPIC, members[i].name);
        const char *text = find(&v, setting);
        if (text != NULL)
            store((char *)config + members[i].offset, setting, text);
    }
    config->log_append_time = strcmp(find_named(&v, "message.timestamp.type"), "LogAppendTime") == 0;
    read_cleanup_policy(config, &v);
    read_compression(config, &v);
}

void log_config_init(struct log_config *config)
{
    log_config_read(config, NULL, NULL);
}

int64_t log_config_max_segment_ms(const struct log_config *config)
{
    bool limited = config->compact && config->max_compaction_lag_ms < config->segment_ms;
    return limited ? config->max_compaction_lag_ms : config->segment_ms;
}
