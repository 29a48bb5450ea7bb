/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_CONFIG_SETTINGS_H
#define SERVER_CONFIG_SETTINGS_H

/* The table of all settings of brokers, topics, groups and subscriptions of client metrics that Apache Kafka knows
 * (settings.def). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum setting_scope { SETTING_BROKER, SETTING_TOPIC, SETTING_GROUP, SETTING_CLIENT_METRICS };

/* As DescribeConfigs has them on the wire. */
enum setting_type {
    SETTING_BOOLEAN = 1,
    SETTING_STRING,
    SETTING_INT,
    SETTING_SHORT,
    SETTING_LONG,
    SETTING_DOUBLE,
    SETTING_LIST,
    SETTING_CLASS,
    SETTING_PASSWORD
};

/* When it can be changed: at the start only, for one broker while it runs, for all brokers while they run. Those of
 * others than brokers can always be. */
enum setting_mode { SETTING_READ_ONLY, SETTING_PER_BROKER, SETTING_CLUSTER_WIDE, SETTING_DYNAMIC };

/* What this broker does about it. What would protect something and is not implemented stops the start, unless it has
 * the default, which asks for no protection. */
enum setting_use { SETTING_NO_EFFECT, SETTING_HONOURED, SETTING_PROTECTS };

enum validity_kind {
    VALID_ANY,
    VALID_AT_LEAST,
    VALID_BETWEEN,
    VALID_BETWEEN_OR_MINUS_1,
    VALID_ONE_OF,          /* of a list: its items */
    VALID_ONE_OF_ANY_CASE, /* in letters of any case */
    VALID_SOME_OF,         /* a list with at least one item, of these */
    VALID_NOT_EMPTY,
    VALID_NOT_NULL, /* any text that is given */
    VALID_REPLICAS, /* PARTITION:BROKER, or "*" */
    VALID_SERVERS,  /* HOST:PORT */
    VALID_VOTERS,   /* ID@HOST:PORT */
    VALID_OFFSET_RESET
};

struct validity {
    enum validity_kind kind;
    double min, max;
    const char *names; /* "one, another" */
};

struct setting {
    const char *name;
    const char *default_text; /* NULL: none */
    const char *doc;
    const char *synonyms; /* of a topic's or a group's: the broker's settings that give it its value, the strongest
                           * first, separated by commas; NULL: none */
    struct validity valid;
    enum setting_scope scope;
    enum setting_type type;
    enum setting_mode mode;
    enum setting_use use;
    bool required;      /* Kafka does not start without it */
    bool internal;      /* Kafka does not document it */
    bool only_dynamic;  /* unknown in a properties file */
    bool of_authorizer; /* of Kafka's own authorizer, not of the broker */
    uint8_t size;       /* of the member of struct config that it sets: 1 of a boolean, 4 or 8; 0: none */
    uint16_t offset;    /* of that member */
};

extern const struct setting settings[];
extern const size_t setting_count; /* in the order of their scopes, then by name */

enum { SETTING_TEXT_SIZE = 96 };

/* NULL: Kafka has no such setting. */
const struct setting *setting_find(enum setting_scope scope, const char *name);

/* The first of the broker's settings that a topic's or a group's follows: the only one of them that can be set while
 * the broker runs. NULL: there is none. */
const struct setting *setting_first_synonym(const struct setting *setting);

/* "boolean", "string", ... */
const char *setting_type_name(enum setting_type type);

/* "read-only", "per-broker", "cluster-wide", "dynamic". */
const char *setting_mode_name(enum setting_mode mode);

/* Its valid values as Kafka writes them, e.g. "[0,...,1]"; "" if any is. Returns `text`. */
const char *setting_valid_text(const struct setting *setting, char text[SETTING_TEXT_SIZE]);

/* Whether its value must not be shown to anybody. */
bool setting_is_sensitive(const struct setting *setting);

#endif
