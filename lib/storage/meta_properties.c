/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/storage/meta_properties.h>

#include <kwire/storage/properties.h>

#include "text.h"

enum { VERSION, CLUSTER_ID, NODE_ID, BROKER_ID, DIRECTORY_ID, KEYS };

static const struct {
    const char *name;
    const char *expected;
} keys[KEYS] = {
    [VERSION] = {"version", "0 or 1"},
    [CLUSTER_ID] = {"cluster.id", "the id of the cluster"},
    [NODE_ID] = {"node.id", "an integer from 0 to 2147483647"},
    [BROKER_ID] = {"broker.id", "an integer from 0 to 2147483647"},
    [DIRECTORY_ID] = {"directory.id",
                      "a Kafka UUID: 22 characters of A-Z, a-z, 0-9, '-' and '_', not the form of 36 with hyphens"},
};

/* The last property of each key; `value` is null if there is none. */
typedef struct last_value {
    kw_string value;
    size_t at;
    int32_t line;
} last_value;

static void collect(kw_properties *p, last_value all[KEYS])
{
    kw_string key;
    kw_string value;
    for (int i = 0; i < KEYS; i++) {
        const last_value none = {{NULL, -1}, 0, 0};
        all[i] = none;
    }
    while (kw_properties_next(p, &key, &value)) {
        for (int i = 0; i < KEYS; i++) {
            if (kw_string_equal(key, kw_string_of(keys[i].name))) {
                const last_value last = {value, p->at, p->line};
                all[i] = last;
            }
        }
    }
}

static kw_status refuse(int key, const last_value *found, size_t end, kw_property_error *error)
{
    const kw_property_error missing = {end, 0, keys[key].name, {NULL, -1}, keys[key].expected};
    *error = missing;
    if (found->value.len >= 0) {
        error->at = found->at;
        error->line = found->line;
        error->value = found->value;
    }
    return KW_ERR_FILE_FORMAT;
}

/* The version is the only value that Kafka trims. */
static bool read_version(kw_string value, int32_t *version)
{
    while (value.len > 0 && (unsigned char)value.data[value.len - 1] <= ' ')
        value.len--;
    while (value.len > 0 && (unsigned char)value.data[0] <= ' ') {
        value.data++;
        value.len--;
    }
    return kwi_parse_id(value, version);
}

static kw_status read_all(kw_meta_properties *out, const last_value all[KEYS], size_t end, kw_property_error *error)
{
    const last_value *version = &all[VERSION];
    if (version->value.len >= 0 && !read_version(version->value, &out->version))
        return refuse(VERSION, version, end, error);
    if (out->version > 1) {
        (void)refuse(VERSION, version, end, error);
        return KW_ERR_VERSION;
    }
    int id_key = out->version == 0 ? BROKER_ID : NODE_ID;
    const last_value *id = &all[id_key];
    bool is_optional = out->version == 0;
    if (id->value.len < 0 ? !is_optional : !kwi_parse_id(id->value, &out->node_id))
        return refuse(id_key, id, end, error);
    out->cluster_id = all[CLUSTER_ID].value;
    if (out->cluster_id.len < 0 && !is_optional)
        return refuse(CLUSTER_ID, &all[CLUSTER_ID], end, error);
    const last_value *directory = &all[DIRECTORY_ID];
    if (directory->value.len >= 0 && !kwi_parse_uuid(directory->value, &out->directory_id)) {
        memset(&out->directory_id, 0, sizeof out->directory_id);
        return refuse(DIRECTORY_ID, directory, end, error);
    }
    return KW_OK;
}

kw_status kw_meta_properties_parse(kw_meta_properties *out, kw_string text, kw_arena *arena, kw_property_error *error)
{
    last_value all[KEYS];
    kw_properties p;
    memset(out, 0, sizeof *out);
    memset(error, 0, sizeof *error);
    out->node_id = -1;
    out->cluster_id.len = -1;
    error->value.len = -1;
    kw_properties_init(&p, text, arena);
    collect(&p, all);
    if (p.status != KW_OK) {
        error->at = p.error_at;
        error->line = p.line;
        error->expected = "four hexadecimal digits after \\u";
        return p.status;
    }
    return read_all(out, all, p.size, error);
}

/* ---- writing ---- */

typedef struct date {
    int year, month, day; /* month and day from 0 */
    int weekday;          /* 0: Sunday */
    int hour, minute, second;
} date;

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static date date_of(int64_t seconds)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int days = (int)(seconds / 86400);
    int rest = (int)(seconds % 86400);
    date d = {1970, 0, days, (days + 4) % 7, rest / 3600, rest / 60 % 60, rest % 60};
    for (; d.day >= 365 + is_leap(d.year); d.year++)
        d.day -= 365 + is_leap(d.year);
    for (; d.day >= lengths[d.month] + (d.month == 1 && is_leap(d.year)); d.month++)
        d.day -= lengths[d.month] + (d.month == 1 && is_leap(d.year));
    return d;
}

/* As java.util.Date writes it: "Sun Nov 29 06:10:00 UTC 2026". */
static void write_date(kw_writer *w, int64_t time)
{
    static const char weekdays[] = "Sun Mon Tue Wed Thu Fri Sat ";
    static const char months[] = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec ";
    date d = date_of(time / 1000);
    kw_write_raw(w, weekdays + (ptrdiff_t)4 * d.weekday, 4);
    kw_write_raw(w, months + (ptrdiff_t)4 * d.month, 4);
    const struct {
        int value;
        const char *after;
    } fields[] = {{d.day + 1, " "}, {d.hour, ":"}, {d.minute, ":"}, {d.second, " UTC "}};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        kwi_write_padded(w, fields[i].value, 2);
        kwi_write_text(w, fields[i].after);
    }
    kwi_write_padded(w, d.year, 4);
}

static void write_property(kw_writer *w, int key, kw_string value)
{
    (void)kw_property_write(w, kw_string_of(keys[key].name), value);
}

static void write_integer(kw_writer *w, int key, int32_t value)
{
    kwi_write_text(w, keys[key].name);
    kwi_write_text(w, "=");
    kwi_write_number(w, value);
    kwi_write_text(w, "\n");
}

static bool can_be_written(const kw_meta_properties *meta, int64_t time)
{
    const int64_t year_10000 = 253402300800000;
    bool has_ids = meta->version == 0 || (meta->node_id >= 0 && meta->cluster_id.len >= 0);
    return (meta->version == 0 || meta->version == 1) && meta->node_id >= -1 && has_ids && time >= 0 &&
           time < year_10000;
}

/* The order is that of a Java hash map. */
kw_status kw_meta_properties_write(kw_writer *w, const kw_meta_properties *meta, int64_t time)
{
    if (!can_be_written(meta, time))
        return kw_writer_fail(w, KW_ERR_ARGUMENT);
    kwi_write_text(w, "#\n#");
    write_date(w, time);
    kwi_write_text(w, "\n");
    if (meta->node_id >= 0)
        write_integer(w, meta->version == 0 ? BROKER_ID : NODE_ID, meta->node_id);
    if (!kw_uuid_is_zero(meta->directory_id)) {
        char directory_id[23];
        kw_uuid_format(meta->directory_id, directory_id);
        write_property(w, DIRECTORY_ID, kw_string_of(directory_id));
    }
    write_integer(w, VERSION, meta->version);
    if (meta->cluster_id.len >= 0)
        write_property(w, CLUSTER_ID, meta->cluster_id);
    return w->status;
}
