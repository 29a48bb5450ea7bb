/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/storage/names.h>

#include <kwire/topic_name.h>

#include "text.h"

enum { OFFSET_DIGITS = 20, EPOCH_DIGITS = 10, ID_DIGITS = 32, LONGEST_NAME = 255 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Digits only, and at most INT64_MAX. */
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

static const char *const kind_suffixes[] = {[KW_PARTITION_DIR_LIVE] = "",
                                            [KW_PARTITION_DIR_DELETE] = "-delete",
                                            [KW_PARTITION_DIR_FUTURE] = "-future",
                                            [KW_PARTITION_DIR_STRAY] = "-stray"};

static bool parse_id(const char *digits, kw_uuid *out)
{
    for (int i = 0; i < ID_DIGITS; i++) {
        int digit = hex_value(digits[i]);
        if (digit < 0)
            return false;
        uint8_t *byte = &out->bytes[i / 2];
        *byte = (uint8_t)(i % 2 == 0 ? digit << 4 : *byte | digit);
    }
    return true;
}

/* Removes ".<32 hex digits>-delete" and similar suffixes; LIVE if the name has none. */
static kw_partition_dir_kind cut_kind(kw_string *name, kw_uuid *id)
{
    for (int k = KW_PARTITION_DIR_DELETE; k <= KW_PARTITION_DIR_STRAY; k++) {
        size_t size = strlen(kind_suffixes[k]);
        int32_t rest = name->len - (int32_t)size - ID_DIGITS - 1;
        if (rest < 0 || !ends_with(*name, kind_suffixes[k], size) || name->data[rest] != '.' ||
            !parse_id(name->data + rest + 1, id))
            continue;
        name->len = rest;
        return (kw_partition_dir_kind)k;
    }
    memset(id, 0, sizeof *id);
    return KW_PARTITION_DIR_LIVE;
}

bool kw_partition_dir_name_parse(kw_string name, kw_partition_dir_name *out)
{
    if (name.len < 0)
        return false;
    out->kind = cut_kind(&name, &out->unique_id);
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
    return kw_topic_name_is_valid(out->topic);
}

/* Removes the suffix if the name has it. */
static bool cut(kw_string *name, const char *suffix)
{
    size_t size = strlen(suffix);
    if (!ends_with(*name, suffix, size))
        return false;
    name->len -= (int32_t)size;
    return true;
}

static const char *const state_suffixes[] = {[KW_FILE_STATE_LIVE] = "",
                                             [KW_FILE_STATE_DELETED] = ".deleted",
                                             [KW_FILE_STATE_CLEANED] = ".cleaned",
                                             [KW_FILE_STATE_SWAP] = ".swap",
                                             [KW_FILE_STATE_PART] = ".part"};

static const char *const file_suffixes[] = {[KW_SEGMENT_FILE_LOG] = ".log",
                                            [KW_SEGMENT_FILE_INDEX] = ".index",
                                            [KW_SEGMENT_FILE_TIME_INDEX] = ".timeindex",
                                            [KW_SEGMENT_FILE_TXN_INDEX] = ".txnindex",
                                            [KW_SEGMENT_FILE_PRODUCERS] = ".snapshot",
                                            [KW_SEGMENT_FILE_CHECKPOINT] = ".checkpoint"};

static kw_file_state cut_state(kw_string *name)
{
    for (int state = KW_FILE_STATE_DELETED; state <= KW_FILE_STATE_PART; state++)
        if (cut(name, state_suffixes[state]))
            return (kw_file_state)state;
    return KW_FILE_STATE_LIVE;
}

static bool cut_file(kw_string *name, kw_segment_file *out)
{
    for (int file = KW_SEGMENT_FILE_LOG; file <= KW_SEGMENT_FILE_CHECKPOINT; file++) {
        if (cut(name, file_suffixes[file])) {
            *out = (kw_segment_file)file;
            return true;
        }
    }
    return false;
}

/* "-<number>" at the end of the name of an unfinished snapshot. */
static bool cut_random(kw_string *name, uint64_t *out)
{
    const int32_t fixed = OFFSET_DIGITS + 1 + EPOCH_DIGITS;
    uint64_t value = 0;
    if (name->len < fixed + 2 || name->data[fixed] != '-')
        return false;
    for (int32_t i = fixed + 1; i < name->len; i++) {
        uint64_t digit = (uint64_t)(name->data[i] - '0');
        if (!is_digit(name->data[i]) || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    name->len = fixed;
    return true;
}

static bool parse_epoch(kw_string name, int32_t *out)
{
    int64_t epoch = 0;
    if (name.len != OFFSET_DIGITS + 1 + EPOCH_DIGITS || name.data[OFFSET_DIGITS] != '-' ||
        !parse_number(name.data + OFFSET_DIGITS + 1, EPOCH_DIGITS, &epoch) || epoch > INT32_MAX)
        return false;
    *out = (int32_t)epoch;
    return true;
}

/* Only snapshots can be unfinished, and the cleaner does not process them. */
static bool may_have(kw_segment_file file, kw_file_state state)
{
    if (file == KW_SEGMENT_FILE_CHECKPOINT)
        return state == KW_FILE_STATE_LIVE || state == KW_FILE_STATE_DELETED || state == KW_FILE_STATE_PART;
    return state != KW_FILE_STATE_PART;
}

bool kw_segment_name_parse(kw_string name, kw_segment_name *out)
{
    if (name.len < OFFSET_DIGITS)
        return false;
    out->state = cut_state(&name);
    if (!cut_file(&name, &out->file) || !may_have(out->file, out->state) || name.len < OFFSET_DIGITS)
        return false;
    if (!parse_number(name.data, OFFSET_DIGITS, &out->offset))
        return false;
    out->epoch = -1;
    out->random = 0;
    if (out->file != KW_SEGMENT_FILE_CHECKPOINT)
        return name.len == OFFSET_DIGITS;
    if (out->state == KW_FILE_STATE_PART && !cut_random(&name, &out->random))
        return false;
    return parse_epoch(name, &out->epoch);
}

/* ---- writing ---- */

static bool is_folder_name(const kw_partition_dir_name *name)
{
    return kw_topic_name_is_valid(name->topic) && name->partition >= 0 && (int)name->kind >= KW_PARTITION_DIR_LIVE &&
           (int)name->kind <= KW_PARTITION_DIR_STRAY;
}

static void write_folder_suffix(kw_writer *w, const kw_partition_dir_name *name)
{
    static const char digits[] = "0123456789abcdef";
    kwi_write_text(w, "-");
    kwi_write_number(w, name->partition);
    if (name->kind == KW_PARTITION_DIR_LIVE)
        return;
    kwi_write_text(w, ".");
    for (int i = 0; i < ID_DIGITS; i++)
        kw_write_int8(w, digits[name->unique_id.bytes[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15]);
    kwi_write_text(w, kind_suffixes[name->kind]);
}

kw_status kw_partition_dir_name_write(kw_writer *w, const kw_partition_dir_name *name)
{
    char text[LONGEST_NAME];
    kw_writer suffix;
    if (!is_folder_name(name))
        return kw_writer_fail(w, KW_ERR_ARGUMENT);
    kw_writer_init(&suffix, text, sizeof text);
    write_folder_suffix(&suffix, name);
    kw_span end = kw_writer_data(&suffix);
    bool is_cut = name->kind == KW_PARTITION_DIR_DELETE || name->kind == KW_PARTITION_DIR_STRAY;
    size_t longest = is_cut ? LONGEST_NAME - end.size : KW_TOPIC_NAME_MAX;
    size_t size = (size_t)name->topic.len;
    kw_write_raw(w, name->topic.data, size < longest ? size : longest);
    kw_write_raw(w, end.data, end.size);
    return w->status;
}

static bool is_segment_name(const kw_segment_name *name)
{
    bool is_snapshot = name->file == KW_SEGMENT_FILE_CHECKPOINT;
    return (int)name->file >= KW_SEGMENT_FILE_LOG && (int)name->file <= KW_SEGMENT_FILE_CHECKPOINT &&
           (int)name->state >= KW_FILE_STATE_LIVE && (int)name->state <= KW_FILE_STATE_PART &&
           may_have(name->file, name->state) && name->offset >= 0 &&
           (is_snapshot ? name->epoch >= 0 : name->epoch == -1);
}

kw_status kw_segment_name_write(kw_writer *w, const kw_segment_name *name)
{
    if (!is_segment_name(name))
        return kw_writer_fail(w, KW_ERR_ARGUMENT);
    kwi_write_padded(w, name->offset, OFFSET_DIGITS);
    if (name->file == KW_SEGMENT_FILE_CHECKPOINT) {
        kwi_write_text(w, "-");
        kwi_write_padded(w, name->epoch, EPOCH_DIGITS);
    }
    if (name->state == KW_FILE_STATE_PART) {
        kwi_write_text(w, "-");
        kwi_write_unsigned(w, name->random);
    }
    kwi_write_text(w, file_suffixes[name->file]);
    kwi_write_text(w, state_suffixes[name->state]);
    return w->status;
}

static kw_status end_path(kw_writer *w, char *path, size_t size)
{
    kw_write_int8(w, 0);
    if (w->status != KW_OK && size > 0)
        path[0] = '\0';
    return w->status;
}

kw_status kw_file_path(char *path, size_t size, const char *folder, kw_string name)
{
    kw_writer w;
    kw_writer_init(&w, path, size);
    kwi_write_text(&w, folder);
    kwi_write_text(&w, "/");
    kw_write_raw(&w, name.data, name.len > 0 ? (size_t)name.len : 0);
    return end_path(&w, path, size);
}

kw_status kw_segment_path(char *path, size_t size, const char *folder, kw_segment_name name)
{
    kw_writer w;
    kw_writer_init(&w, path, size);
    kwi_write_text(&w, folder);
    kwi_write_text(&w, "/");
    (void)kw_segment_name_write(&w, &name);
    return end_path(&w, path, size);
}
