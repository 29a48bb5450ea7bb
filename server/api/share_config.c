/* SPDX-License-Identifier: Apache-2.0 */
#include "share_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../metadata/effective_config.h"
#include "../share/dead_letter_topic.h"

enum { NAME_SIZE = 64, TEXT_SIZE = 64 };

static bool read_text(const struct metadata_image *image, kw_string group, const char *name, char text[TEXT_SIZE])
{
    kw_string own = metadata_find_config(image, RESOURCE_GROUP, group, kw_string_of(name));
    if (own.len <= 0 || own.len >= TEXT_SIZE)
        return false;
    memcpy(text, own.data, (size_t)own.len);
    text[own.len] = '\0';
    return true;
}

static int64_t broker_number(const struct config_place *place, const char *which, const char *name)
{
    char text[NAME_SIZE];
    (void)snprintf(text, sizeof text, "group.share.%s%s", which, name);
    return effective_broker_number(place, text);
}

/* What the group sets within the broker's limits, or else the broker's. */
static int64_t read_number(const struct config_place *place, kw_string group, const char *name)
{
    char own[NAME_SIZE], text[TEXT_SIZE], *end;
    (void)snprintf(own, sizeof own, "share.%s", name);
    if (!read_text(place->image, group, own, text))
        return broker_number(place, "", name);
    int64_t number = strtoll(text, &end, 10), min = broker_number(place, "min.", name);
    int64_t max = broker_number(place, "max.", name);
    if (*end != '\0')
        return broker_number(place, "", name);
    return number < min ? min : number > max ? max : number;
}

/* Of a duration that is valid: PnDTnHnMn.nS. */
static int64_t duration_ms(const char *text)
{
    int64_t sum = 0;
    for (const char *at = text; *at != '\0';) {
        char *end;
        double number = strtod(at, &end);
        if (end == at) {
            at++;
            continue;
        }
        switch (*end | 0x20) {
        case 'd':
            number *= 24 * 60 * 60;
            break;
        case 'h':
            number *= 60 * 60;
            break;
        case 'm':
            number *= 60;
            break;
        default:
            break;
        }
        sum += (int64_t)(number * 1000);
        at = end;
    }
    return sum;
}

struct share_config share_config_of(const struct broker *broker, const struct metadata_image *image, kw_string group)
{
    static const char by_duration[] = "by_duration:";
    const struct config_place place = {image, broker->config.file, broker->identity.node_id};
    char text[TEXT_SIZE];
    struct share_config c = {.reset = SHARE_RESET_LATEST};
    c.limits.lock_ms = read_number(&place, group, "record.lock.duration.ms");
    c.limits.locks = (int32_t)read_number(&place, group, "partition.max.record.locks");
    c.limits.deliveries = (int16_t)read_number(&place, group, "delivery.count.limit");
    c.limits.may_renew = !read_text(image, group, "share.renew.acknowledge.enable", text) || strcmp(text, "false") != 0;
    c.limits.has_letters = dead_letters_are_wanted(image, group);
    c.is_committed = read_text(image, group, "share.isolation.level", text) && strcmp(text, "read_committed") == 0;
    if (!read_text(image, group, "share.auto.offset.reset", text))
        return c;
    if (strcmp(text, "earliest") == 0) {
        c.reset = SHARE_RESET_EARLIEST;
    } else if (strncmp(text, by_duration, sizeof by_duration - 1) == 0) {
        c.reset = SHARE_RESET_BY_DURATION;
        c.duration_ms = duration_ms(text + sizeof by_duration - 1);
    }
    return c;
}
