/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_CONFIG_STATIC_CONFIG_H
#define SERVER_CONFIG_STATIC_CONFIG_H

/* What a properties file says, or the options in its place, and what is in effect because of it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "settings.h"

/* As DescribeConfigs has them on the wire. */
enum setting_source {
    SOURCE_TOPIC = 1,
    SOURCE_DYNAMIC_BROKER,
    SOURCE_DYNAMIC_DEFAULT_BROKER,
    SOURCE_STATIC_BROKER,
    SOURCE_DEFAULT,
    SOURCE_CLIENT_METRICS = 7,
    SOURCE_GROUP
};

struct static_value {
    char *text; /* as Kafka prints it once it was found valid; NULL: the file does not give it */
    int line;
};

struct static_name {
    char *text;
    int line;
};

struct static_config {
    char *path;                  /* NULL: there is no file */
    struct static_value *values; /* of settings[], in its order; where the file repeats one the last counts */
    struct static_name *others;  /* names that are not in the table, in the order of the file */
    size_t other_count;
};

/* One of several that a value may come from. */
struct setting_entry {
    const char *name;
    const char *value;
    enum setting_source source;
};

enum { SETTING_ENTRIES_MAX = 8, SETTING_EFFECTIVE_SIZE = 32 };

/* Reads a file; the values are not checked yet. Returns NULL after a complaint. */
struct static_config *static_config_read(const char *path);

/* What the file says of a broker's setting; NULL: nothing. */
const struct static_value *static_config_get(const struct static_config *config, const char *name);

/* For a broker's setting: forgets what the file says, without effect if config is NULL; gives it a value, in Kafka's
 * form, if the file gives none, and makes *config if it is NULL. False if memory is short. */
void static_config_forget(struct static_config *config, const char *name);
bool static_config_fill(struct static_config **config, const char *name, const char *value);

/* Everything that gives the setting a value, the strongest first: first what the file says, then defaults. Those
 * of a topic or a group are of the broker's settings that it follows. Without a file `config` is NULL. Returns their
 * number, 0 if there is no value. */
size_t setting_entries(const struct static_config *config, const struct setting *setting,
                       struct setting_entry out[SETTING_ENTRIES_MAX]);

/* The value in effect, NULL if there is none. A topic's that follows one in hours or minutes is written to `buffer`, in
 * milliseconds. */
const char *setting_effective(const struct static_config *config, const struct setting *setting,
                              char buffer[SETTING_EFFECTIVE_SIZE], enum setting_source *source);

/* The number in effect of a broker's setting that has a default. */
int64_t setting_number(const struct static_config *config, const char *name);

/* The same of a boolean. */
bool setting_is_true(const struct static_config *config, const char *name);

void static_config_free(struct static_config *config);

#endif
