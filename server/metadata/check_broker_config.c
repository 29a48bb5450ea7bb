/* SPDX-License-Identifier: Apache-2.0 */
#include "check_broker_config.h"

#include <inttypes.h>

#include <kwire/error.h>

enum { MIB = 1024 * 1024 };

struct checking {
    const struct config_place *place;
    const struct config_list *configs;
    bool is_own;
    kw_arena *arena;
    struct refusal *refusal;
};

static int64_t now(const struct checking *c, const char *name)
{
    return effective_broker_number(c->place, name);
}

/* What will be in effect. */
static int64_t then(const struct checking *c, const char *name)
{
    kw_string changed = config_list_find(c->configs, kw_string_of(name));
    return effective_broker_number_with(c->place, name, changed, c->is_own);
}

static bool changes(const struct checking *c, const char *name)
{
    return then(c, name) != now(c, name);
}

#define REFUSE(c, ...) refuse_with((c)->refusal, (c)->arena, KW_ERROR_INVALID_REQUEST, __VA_ARGS__)

/* Kafka's exception is about the value of a setting; here that is another exception, and the setting is a sentence. */
#define REFUSE_DYNAMIC(c, format, ...)                                             \
    REFUSE(c,                                                                      \
           "Invalid value org.apache.kafka.common.config.ConfigException: " format \
           " for configuration Invalid dynamic configuration",                     \
           __VA_ARGS__)

/* ---- values that belong together ---- */

static bool check_times(struct checking *c)
{
    if (changes(c, "log.roll.ms") && then(c, "log.roll.ms") < 1)
        return REFUSE(c, "requirement failed: log.roll.ms must be greater than or equal to 1");
    if (changes(c, "log.roll.jitter.ms") && then(c, "log.roll.jitter.ms") < 0)
        return REFUSE(c, "requirement failed: log.roll.jitter.ms must be greater than or equal to 0");
    if (changes(c, "log.retention.ms") && then(c, "log.retention.ms") == 0)
        return REFUSE(c, "requirement failed: log.retention.ms must be unlimited (-1) or, greater than or equal to 1");
    return true;
}

static bool check_together(struct checking *c)
{
    int64_t threads = then(c, "log.cleaner.threads");
    bool changes_map = changes(c, "log.cleaner.threads") || changes(c, "log.cleaner.dedupe.buffer.size");
    if (changes_map && threads > 0 && then(c, "log.cleaner.dedupe.buffer.size") / threads <= MIB)
        return REFUSE(c, "requirement failed: log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.");
    if (changes(c, "max.connections.per.ip") && then(c, "max.connections.per.ip") == 0)
        return REFUSE(c, "requirement failed: max.connections.per.ip can be set to zero only if "
                         "max.connections.per.ip.overrides property is set.");
    return true;
}

/* ---- values that follow those in effect ---- */

static bool check_pool(struct checking *c, const char *name)
{
    int64_t before = now(c, name), after = then(c, name);
    if ((after >= before / 2 && after <= before * 2))
        return true;
    return REFUSE_DYNAMIC(c,
                          "Dynamic thread count update validation failed for %s=%" PRId64
                          ", value should %s the current value %" PRId64,
                          name, after, after < before ? "be at least half" : "not be greater than double", before);
}

static bool check_pools(struct checking *c)
{
    /* Of several that are wrong Kafka names the first one in this order: by listener, then by hashes. */
    static const char *const pools[] = {"num.network.threads",
                                        "num.recovery.threads.per.data.dir",
                                        "num.replica.fetchers",
                                        "background.threads",
                                        "num.io.threads",
                                        "remote.log.reader.threads",
                                        "remote.log.manager.follower.thread.pool.size",
                                        "remote.log.manager.copier.thread.pool.size",
                                        "remote.log.manager.expiration.thread.pool.size"};
    for (size_t i = 0; i < sizeof pools / sizeof pools[0]; i++)
        if (!check_pool(c, pools[i]))
            return false;
    return true;
}

static bool check_cleaners(struct checking *c)
{
    int64_t before = now(c, "log.cleaner.threads"), after = then(c, "log.cleaner.threads");
    if (after == before)
        return true;
    if (after < 1)
        return REFUSE(c, "/ by zero"); /* Kafka divides by it first */
    if (after < before / 2)
        return REFUSE_DYNAMIC(c, "Log cleaner threads cannot be reduced to less than half the current value %" PRId64,
                              before);
    if (after > before * 2)
        return REFUSE_DYNAMIC(
            c, "Log cleaner threads cannot be increased to more than double the current value %" PRId64, before);
    return true;
}

bool check_broker_config(const struct config_place *place, const struct config_list *configs, bool is_own,
                         kw_arena *arena, struct refusal *refusal)
{
    struct checking c = {place, configs, is_own, arena, refusal};
    if (!check_times(&c) || !check_together(&c))
        return false;
    if (changes(&c, "max.connections") && then(&c, "max.connections") == 0)
        return REFUSE_DYNAMIC(&c, "Invalid max.connections %d", 0);
    return check_pools(&c) && check_cleaners(&c);
}
