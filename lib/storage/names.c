/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/storage/names.h>

enum { TOPIC_MAX = 249, OFFSET_DIGITS = 20, EPOCH_DIGITS = 10, ID_DIGITS = 32 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

static bool is_topic_char(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
}

static bool is_topic(kw_string name)
{
    if (name.len < 1 || name.len > TOPIC_MAX)
        return false;
    if (name.data[0] == '.' && (name.len == 1 || (name.len == 2 && name.data[1] == '.')))
        return false;
    for (int32_t i = 0; i < name.len; i++)
        if (!is_topic_char(name.data[i]))
            return false;
    return true;
}

/* All of it digits, and at most INT64_MAX. */
static bool parse_number(const char *text, int32_t len, int64_t *out)
{
    int64_t value = 0;
    for (int32_t i = 0; i < len; i++) {
        if (!is_digit(text[i]) || value > (INT64_MAX - (text[i] - '0')) / 10)
            return false;
        value = value * 10 + (text[i] - '0');
    }
    *out = value;
    return len > 0;
}

static bool ends_with(kw_string name, const char *suffix, size_t size)
{
    return (size_t)name.len >= size && memcmp(name.data + name.len - size, suffix, size) == 0;
}

/* Cuts ".<32 hex digits>-delete" and its like off; LIVE if there is none. */
static kw_folder_kind cut_kind(kw_string *name)
{
    static const struct {
        const char *suffix;
        uint8_t size;
        kw_folder_kind kind;
    } kinds[] = {{"-delete", 7, KW_FOLDER_DELETE}, {"-future", 7, KW_FOLDER_FUTURE}, {"-stray", 6, KW_FOLDER_STRAY}};
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        int32_t rest = name->len - kinds[k].size - ID_DIGITS - 1;
        if (rest < 0 || !ends_with(*name, kinds[k].suffix, kinds[k].size) || name->data[rest] != '.')
            continue;
        int32_t hex = 0;
        while (hex < ID_DIGITS && is_hex(name->data[rest + 1 + hex]))
            hex++;
        if (hex < ID_DIGITS)
            continue;
        name->len = rest;
        return kinds[k].kind;
    }
    return KW_FOLDER_LIVE;
}

bool kw_folder_name_parse(kw_string name, kw_folder_name *out)
{
    if (name.len < 0)
        return false;
    out->kind = cut_kind(&name);
    int32_t dash = name.len;
    while (dash > 0 && name.data[dash - 1] != '-')
        dash--;
    if (dash == 0)
        return false;
    int64_t partition;
    if (!parse_number(name.data + dash, name.len - dash, &partition) || partition > INT32_MAX)
        return false;
    if (name.len - dash > 1 && name.data[dash] == '0')
        return false;
    out->topic.data = name.data;
    out->topic.len = dash - 1;
    out->partition = (int32_t)partition;
    return is_topic(out->topic);
}

/* Cuts the suffix off if the name has it. */
static bool cut(kw_string *name, const char *suffix)
{
    size_t size = strlen(suffix);
    if (!ends_with(*name, suffix, size))
        return false;
    name->len -= (int32_t)size;
    return true;
}

static kw_file_state cut_state(kw_string *name)
{
    if (cut(name, ".deleted"))
        return KW_FILE_STATE_DELETED;
    if (cut(name, ".cleaned"))
        return KW_FILE_STATE_CLEANED;
    if (cut(name, ".swap"))
        return KW_FILE_STATE_SWAP;
    return cut(name, ".part") ? KW_FILE_STATE_PART : KW_FILE_STATE_LIVE;
}

static bool cut_file(kw_string *name, kw_segment_file *out)
{
    static const struct {
        const char *suffix;
        kw_segment_file file;
    } files[] = {{".log", KW_SEGMENT_FILE_LOG},
                 {".index", KW_SEGMENT_FILE_INDEX},
                 {".timeindex", KW_SEGMENT_FILE_TIME_INDEX},
                 {".txnindex", KW_SEGMENT_FILE_TXN_INDEX},
                 {".snapshot", KW_SEGMENT_FILE_PRODUCERS},
                 {".checkpoint", KW_SEGMENT_FILE_CHECKPOINT}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (cut(name, files[i].suffix)) {
            *out = files[i].file;
            return true;
        }
    }
    return false;
}

bool kw_segment_name_parse(kw_string name, kw_segment_name *out)
{
    if (name.len < OFFSET_DIGITS)
        return false;
    out->state = cut_state(&name);
    if (!cut_file(&name, &out->file) || name.len < OFFSET_DIGITS)
        return false;
    if (!parse_number(name.data, OFFSET_DIGITS, &out->offset))
        return false;
    out->epoch = -1;
    if (out->file != KW_SEGMENT_FILE_CHECKPOINT)
        return name.len == OFFSET_DIGITS;

    int64_t epoch = 0;
    if (name.len != OFFSET_DIGITS + 1 + EPOCH_DIGITS || name.data[OFFSET_DIGITS] != '-' ||
        !parse_number(name.data + OFFSET_DIGITS + 1, EPOCH_DIGITS, &epoch) || epoch > INT32_MAX)
        return false;
    out->epoch = (int32_t)epoch;
    return true;
}
