/* SPDX-License-Identifier: Apache-2.0 */
#include "decide_features.h"

#include <kwire/error.h>
#include <kwire/messages/config_record.h>
#include <kwire/messages/feature_level_record.h>
#include <kwire/messages/no_op_record.h>

#include "versions.h"

enum { UPGRADE = 1, SAFE_DOWNGRADE = 2, UNSAFE_DOWNGRADE = 3, FIRST_WITH_TYPES = 1 };

static const char METADATA_VERSION[] = "metadata.version";
static const char KRAFT_VERSION[] = "kraft.version";
static const char ELR_VERSION[] = "eligible.leader.replicas.version";
static const char MIN_ISR[] = "min.insync.replicas";

enum { ELR_NEEDS = 23 }; /* the level of metadata.version */

struct updating {
    struct decision *decision;
    const struct static_config *file;
    int16_t kraft_version;
    const kw_update_features_request *request;
    kw_arena *arena;
    struct refusal *refusal;
};

typedef kw_update_features_request_feature_update_key request_update;

static bool refuse(struct updating *u, const request_update *update, const char *reason)
{
    return refuse_with(u->refusal, u->arena, KW_ERROR_INVALID_UPDATE_VERSION, "level %d of %.*s: %s",
                       update->max_version_level, KW_FMT(update->feature), reason);
}

static bool is(const request_update *update, const char *name)
{
    return kw_string_equal(update->feature, kw_string_of(name));
}

/* The level that a feature will have. */
static int16_t level_after(const struct updating *u, const char *name)
{
    for (int32_t i = u->request->feature_updates.len - 1; i >= 0; i--)
        if (is(&u->request->feature_updates.items[i], name))
            return u->request->feature_updates.items[i].max_version_level;
    return metadata_feature_level(u->decision->image, kw_string_of(name));
}

static void add_level(struct updating *u, const request_update *update)
{
    kw_feature_level_record record;
    kw_feature_level_record_init(&record);
    record.name = update->feature;
    record.feature_level = update->max_version_level;
    record_list_add(&u->decision->records, &kw_feature_level_record_message, 0, &record);
}

/* ---- metadata.version ---- */

/* Whether records of this level have something that those of the level before do not. */
static bool changes_records(int16_t level)
{
    static const int16_t unchanged[] = {9, 10, 12, 16, 18, 19, 20, 21, 22, 24, 25, 26, 27, 28, 29};
    for (size_t i = 0; i < sizeof unchanged / sizeof unchanged[0]; i++)
        if (unchanged[i] == level)
            return false;
    return true;
}

static bool update_metadata_version(struct updating *u, const request_update *update)
{
    int16_t now = metadata_feature_level(u->decision->image, kw_string_of(METADATA_VERSION));
    for (int16_t level = now; level > update->max_version_level; level--)
        if (changes_records(level))
            return refuse(u, update, "records of the current level could not be read any more");
    add_level(u, update);
    return true;
}

/* ---- eligible leader replicas ---- */

static void add_config(struct updating *u, kw_string broker, kw_string value)
{
    kw_config_record record;
    kw_config_record_init(&record);
    record.resource_type = RESOURCE_BROKER;
    record.resource_name = broker;
    record.name = kw_string_of(MIN_ISR);
    record.value = value;
    record_list_add(&u->decision->records, &kw_config_record_message, 0, &record);
}

/* From now on all brokers must mean the same by min.insync.replicas. */
static void fix_min_isr(struct updating *u)
{
    const kw_string all = {"", 0}, removed = {NULL, -1};
    const struct metadata_image *image = u->decision->image;
    if (metadata_find_config(image, RESOURCE_BROKER, all, kw_string_of(MIN_ISR)).len < 0) {
        char buffer[SETTING_EFFECTIVE_SIZE];
        enum setting_source source;
        add_config(u, all,
                   kw_string_of(setting_effective(u->file, setting_find(SETTING_BROKER, MIN_ISR), buffer, &source)));
    }
    for (size_t i = 0; i < image->parts.resource_count; i++) {
        const struct metadata_resource *resource = image->parts.resources[i];
        if (resource->type == RESOURCE_BROKER && resource->name.len != 0 &&
            metadata_find_config(image, RESOURCE_BROKER, resource->name, kw_string_of(MIN_ISR)).len >= 0)
            add_config(u, resource->name, removed);
    }
}

static bool enables_elr(const struct updating *u)
{
    return metadata_feature_level(u->decision->image, kw_string_of(ELR_VERSION)) == 0 &&
           level_after(u, ELR_VERSION) > 0;
}

/* ---- one update ---- */

/* Version 0 of the request only says whether the level may become lower. */
static int8_t type_of(const request_update *update, int16_t version)
{
    return version >= FIRST_WITH_TYPES ? update->upgrade_type : update->allow_downgrade ? SAFE_DOWNGRADE : UPGRADE;
}

static bool check_direction(struct updating *u, const request_update *update, int8_t type, int16_t now)
{
    if (type != UPGRADE && type != SAFE_DOWNGRADE && type != UNSAFE_DOWNGRADE)
        return refuse(u, update, "the type of upgrade is not known");
    if (update->max_version_level < now && type == UPGRADE)
        return refuse(u, update, "this would be a downgrade, which the request does not allow");
    return update->max_version_level <= now || type == UPGRADE ||
           refuse(u, update, "this would be an upgrade, but the request asks for a downgrade");
}

static bool check_level(struct updating *u, const request_update *update)
{
    const struct supported_feature *feature = supported_feature(update->feature);
    if (update->max_version_level < 0)
        return refuse(u, update, "a level is not negative");
    if (feature == NULL)
        return refuse(u, update, "there is no such feature");
    return (update->max_version_level >= feature->min && update->max_version_level <= feature->max) ||
           refuse_with(u->refusal, u->arena, KW_ERROR_INVALID_UPDATE_VERSION,
                       "level %d of %s: this broker supports %d to %d", update->max_version_level, feature->name,
                       feature->min, feature->max);
}

/* It is of the log, which has it in control records. Kafka adds a record that says nothing, to wait for. */
static bool update_kraft_version(struct updating *u, const request_update *update, int8_t type)
{
    kw_no_op_record nothing;
    int16_t level = update->max_version_level;
    if (type != UPGRADE)
        return level == u->kraft_version || refuse(u, update, "it cannot become lower");
    kw_no_op_record_init(&nothing);
    record_list_add(&u->decision->records, &kw_no_op_record_message, 0, &nothing);
    u->decision->kraft_version = level > u->kraft_version ? level : 0;
    return true;
}

static bool update_feature(struct updating *u, const request_update *update, int8_t type)
{
    bool is_of_log = is(update, KRAFT_VERSION);
    int16_t now = is_of_log ? u->kraft_version : metadata_feature_level(u->decision->image, update->feature);
    if (!check_level(u, update) || !check_direction(u, update, type, now))
        return false;
    if (is_of_log)
        return update_kraft_version(u, update, type);
    if (is(update, METADATA_VERSION))
        return update_metadata_version(u, update);
    if (is(update, ELR_VERSION) && update->max_version_level > 0 && level_after(u, METADATA_VERSION) < ELR_NEEDS)
        return refuse(u, update, "it needs a higher metadata.version");
    add_level(u, update);
    return true;
}

void decide_features(struct decision *decision, const struct static_config *file, int16_t kraft_version,
                     const kw_update_features_request *request, int16_t version, kw_arena *arena,
                     struct refusal *refusal)
{
    struct updating u = {decision, file, kraft_version, request, arena, refusal};
    *refusal = (struct refusal){KW_ERROR_NONE, {NULL, -1}};
    if (enables_elr(&u))
        fix_min_isr(&u);
    for (int32_t i = 0; i < request->feature_updates.len && refusal->error == KW_ERROR_NONE; i++) {
        const request_update *update = &request->feature_updates.items[i];
        (void)update_feature(&u, update, type_of(update, version));
    }
    if (refusal->error != KW_ERROR_NONE || request->validate_only) {
        record_list_truncate(&decision->records, 0);
        decision->kraft_version = 0;
    }
}
