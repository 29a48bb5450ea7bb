/* SPDX-License-Identifier: Apache-2.0 */
#include "share_key.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { UUID_TEXT = 22, PADDED_UUID_TEXT = 24 };

/* Cuts off what follows the last colon; false: there is none. */
static bool take_last(kw_string *text, kw_string *last)
{
    int32_t at = text->len;
    while (at > 0 && text->data[at - 1] != ':')
        at--;
    if (at == 0)
        return false;
    *last = (kw_string){text->data + at, text->len - at};
    text->len = at - 1;
    return true;
}

/* As Integer.parseInt() reads ASCII. */
static bool parse_number(kw_string text, int32_t *out)
{
    int64_t number = 0;
    bool has_sign = text.len > 0 && (text.data[0] == '-' || text.data[0] == '+');
    bool is_negative = has_sign && text.data[0] == '-';
    if (text.len <= has_sign)
        return false;
    for (int32_t i = has_sign; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        number = number * 10 + (text.data[i] - '0');
        if (number > (int64_t)INT32_MAX + is_negative)
            return false;
    }
    *out = (int32_t)(is_negative ? -number : number);
    return true;
}

/* Base64 may be padded. */
static bool parse_id(kw_string text, kw_uuid *out)
{
    if (text.len == PADDED_UUID_TEXT && memcmp(text.data + UUID_TEXT, "==", 2) == 0)
        text.len = UUID_TEXT;
    return kw_uuid_parse(text, out);
}

/* As String.trim() sees it. */
static bool is_blank(kw_string text)
{
    for (int32_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] > ' ')
            return false;
    return true;
}

bool share_key_parse(kw_string text, struct share_key *out)
{
    kw_string partition, id;
    while (text.len > 0 && text.data[text.len - 1] == ':') /* String.split() drops empty ones at the end */
        text.len--;
    if (!take_last(&text, &partition) || !take_last(&text, &id))
        return false;
    out->group = text;
    return !is_blank(text) && parse_id(id, &out->topic_id) && parse_number(partition, &out->partition);
}

kw_string share_key_format(const struct share_key *key, kw_arena *arena)
{
    enum { MOST = 1 + UUID_TEXT + 1 + 11 + 1 };
    char id[UUID_TEXT + 1];
    size_t group = key->group.len > 0 ? (size_t)key->group.len : 0;
    char *text = kw_arena_alloc(arena, group + MOST);
    if (text == NULL)
        return (kw_string){NULL, -1};
    kw_uuid_format(key->topic_id, id);
    if (group != 0)
        memcpy(text, key->group.data, group);
    int rest = snprintf(text + group, MOST, ":%s:%" PRId32, id, key->partition);
    return (kw_string){text, (int32_t)(group + (size_t)rest)};
}
