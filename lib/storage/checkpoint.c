/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/storage/checkpoint.h>

#include <stdlib.h>

#include <kwire/topic_name.h>

#include "text.h"

/* The shortest lines: "t 0 0" and "0 0", with or without an end of line. */
enum { SHORTEST_PARTITION = 5, SHORTEST_EPOCH = 3 };

typedef bool (*read_line)(kwi_text *text, void *item);

/* Version, count and lines, in this order. */
static kw_status parse(kwi_text *text, size_t shortest, size_t item_size, kw_arena *arena, void **items, int32_t *len,
                       read_line read)
{
    int64_t version;
    int64_t count;
    *items = NULL;
    *len = 0;
    if (text->size == 0) /* as Kafka creates it */
        return KW_OK;
    if (!kwi_read_number(text, INT32_MAX, &version))
        return KW_ERR_FILE_FORMAT;
    if (version != 0) {
        text->pos = 0;
        return KW_ERR_VERSION;
    }
    if (!kwi_end_line(text))
        return KW_ERR_FILE_FORMAT;
    if (text->pos == text->size)
        return KW_OK;
    if (!kwi_read_number(text, INT32_MAX, &count) || count < 0)
        return KW_ERR_FILE_FORMAT;
    if ((size_t)count > (text->size - text->pos) / shortest)
        return KW_ERR_COUNT;
    if (!kwi_end_line(text))
        return KW_ERR_FILE_FORMAT;
    char *list = kw_arena_array(arena, (size_t)count, item_size);
    if (list == NULL)
        return kw_arena_status(arena);
    *items = list;
    for (; *len < count; (*len)++) {
        if (text->pos == text->size)
            return KW_ERR_COUNT;
        if (!read(text, list + (size_t)*len * item_size) || !kwi_end_line(text))
            return KW_ERR_FILE_FORMAT;
    }
    while (text->pos < text->size)
        if (!kwi_end_line(text))
            return KW_ERR_COUNT;
    return KW_OK;
}

static bool read_partition(kwi_text *text, void *item)
{
    kw_partition_offset *p = item;
    int64_t partition;
    if (!kwi_read_word(text, &p->topic) || !kwi_read_number(text, INT32_MAX, &partition) || partition < 0)
        return false;
    p->partition = (int32_t)partition;
    return kwi_read_number(text, INT64_MAX, &p->offset);
}

static int compare_partitions(const void *a, const void *b)
{
    const kw_partition_offset *x = a;
    const kw_partition_offset *y = b;
    return kw_partition_compare(x->topic, x->partition, y->topic, y->partition);
}

kw_status kw_offset_checkpoint_parse(kw_offset_checkpoint *out, kw_string text, kw_arena *arena, size_t *error_at)
{
    kwi_text t = kwi_text_of(text);
    void *items;
    kw_status status = parse(&t, SHORTEST_PARTITION, sizeof *out->items, arena, &items, &out->len, read_partition);
    out->items = items;
    if (out->len > 1)
        qsort(out->items, (size_t)out->len, sizeof *out->items, compare_partitions);
    *error_at = status == KW_OK ? 0 : t.pos;
    return status;
}

static bool read_epoch(kwi_text *text, void *item)
{
    kw_leader_epoch *e = item;
    int64_t epoch;
    if (!kwi_read_number(text, INT32_MAX, &epoch) || epoch < 0)
        return false;
    e->epoch = (int32_t)epoch;
    return kwi_read_number(text, INT64_MAX, &e->start_offset) && e->start_offset >= 0;
}

/* Kafka adds the entries one by one, and one that does not ascend replaces those that it contradicts. */
static bool drop_disorder(kw_leader_epochs *epochs)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < epochs->len; i++) {
        kw_leader_epoch e = epochs->items[i];
        const kw_leader_epoch *last = &epochs->items[kept - (kept > 0)];
        if (kept > 0 && e.epoch == last->epoch && e.start_offset >= last->start_offset)
            continue;
        while (kept > 0 &&
               (epochs->items[kept - 1].epoch >= e.epoch || epochs->items[kept - 1].start_offset >= e.start_offset))
            kept--;
        epochs->items[kept++] = e;
    }
    bool dropped = kept != epochs->len;
    epochs->len = kept;
    return dropped;
}

kw_status kw_leader_epochs_parse(kw_leader_epochs *out, kw_string text, kw_arena *arena, size_t *error_at)
{
    kwi_text t = kwi_text_of(text);
    void *items;
    kw_status status = parse(&t, SHORTEST_EPOCH, sizeof *out->items, arena, &items, &out->len, read_epoch);
    out->items = items;
    *error_at = status == KW_OK ? 0 : t.pos;
    if (drop_disorder(out) && status == KW_OK)
        status = KW_ERR_OFFSET_ORDER;
    return status;
}

static void write_line(kw_writer *w, int64_t value, char end)
{
    kwi_write_number(w, value);
    kw_write_int8(w, (int8_t)end);
}

static void write_head(kw_writer *w, int32_t count)
{
    kwi_write_text(w, "0\n");
    write_line(w, count, '\n');
}

static bool is_word(kw_string s)
{
    kwi_text t = kwi_text_of(s);
    kw_string word;
    return kwi_read_word(&t, &word) && word.len == s.len;
}

kw_status kw_offset_checkpoint_write(kw_writer *w, const kw_offset_checkpoint *checkpoint)
{
    write_head(w, checkpoint->len);
    for (int32_t i = 0; i < checkpoint->len; i++) {
        const kw_partition_offset *p = &checkpoint->items[i];
        if (!is_word(p->topic) || p->partition < 0)
            return kw_writer_fail(w, KW_ERR_ARGUMENT);
        kw_write_raw(w, p->topic.data, (size_t)p->topic.len);
        kwi_write_text(w, " ");
        write_line(w, p->partition, ' ');
        write_line(w, p->offset, '\n');
    }
    return w->status;
}

kw_status kw_leader_epochs_write(kw_writer *w, const kw_leader_epochs *epochs)
{
    write_head(w, epochs->len);
    for (int32_t i = 0; i < epochs->len; i++) {
        const kw_leader_epoch *e = &epochs->items[i];
        if (e->epoch < 0 || e->start_offset < 0)
            return kw_writer_fail(w, KW_ERR_ARGUMENT);
        if (i > 0 && (e->epoch <= e[-1].epoch || e->start_offset <= e[-1].start_offset))
            return kw_writer_fail(w, KW_ERR_OFFSET_ORDER);
        write_line(w, e->epoch, ' ');
        write_line(w, e->start_offset, '\n');
    }
    return w->status;
}

bool kw_offset_checkpoint_find(const kw_offset_checkpoint *checkpoint, kw_string topic, int32_t partition,
                               int64_t *offset)
{
    int32_t low = 0;
    int32_t high = checkpoint->len;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        const kw_partition_offset *p = &checkpoint->items[middle];
        int order = kw_partition_compare(p->topic, p->partition, topic, partition);
        if (order == 0) {
            *offset = p->offset;
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

kw_leader_epoch kw_leader_epochs_end(const kw_leader_epochs *epochs, int32_t epoch, int64_t end_offset)
{
    const kw_leader_epoch unknown = {-1, -1};
    if (epoch < 0 || epochs->len == 0 || epoch > epochs->items[epochs->len - 1].epoch)
        return unknown;
    kw_leader_epoch found = {epoch, end_offset};
    for (int32_t i = epochs->len; i-- > 0;) {
        if (epochs->items[i].epoch <= epoch) {
            found.epoch = epochs->items[i].epoch;
            break;
        }
        found.start_offset = epochs->items[i].start_offset;
    }
    return found;
}
