/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/storage/index.h>

#include <kwire/endian.h>

static bool is_zero(const uint8_t *p, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (p[i] != 0)
            return false;
    return true;
}

/* The number of entries before the zeros at the end. An entry of zeros cannot be real: the first one of a segment is
 * after its first batch. Real entries come first, so the border is found by bisection; in a damaged file it may be
 * wrong, and then fewer entries are used or more are found to be wrong. */
static size_t count_entries(const uint8_t *data, size_t size, size_t entry)
{
    size_t low = 0;
    size_t high = size / entry;
    if (high > 0 && !is_zero(data + (high - 1) * entry, entry))
        return high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_zero(data + middle * entry, entry))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

void kw_offset_index_init(kw_offset_index *index, const void *data, size_t size, int64_t base_offset)
{
    index->data = data;
    index->count = count_entries(data, size, KW_OFFSET_ENTRY_SIZE);
    index->base_offset = base_offset;
}

void kw_time_index_init(kw_time_index *index, const void *data, size_t size, int64_t base_offset)
{
    index->data = data;
    index->count = count_entries(data, size, KW_TIME_ENTRY_SIZE);
    index->base_offset = base_offset;
}

void kw_txn_index_init(kw_txn_index *index, const void *data, size_t size)
{
    index->data = data;
    index->count = size / KW_ABORTED_TXN_SIZE;
    index->trailing = size % KW_ABORTED_TXN_SIZE;
}

static int64_t absolute(int64_t base_offset, const uint8_t *relative)
{
    return (int64_t)((uint64_t)base_offset + kw_load_be32(relative));
}

kw_offset_entry kw_offset_index_at(const kw_offset_index *index, size_t i)
{
    const uint8_t *p = index->data + i * KW_OFFSET_ENTRY_SIZE;
    kw_offset_entry entry = {absolute(index->base_offset, p), kw_load_be32(p + 4)};
    return entry;
}

kw_time_entry kw_time_index_at(const kw_time_index *index, size_t i)
{
    const uint8_t *p = index->data + i * KW_TIME_ENTRY_SIZE;
    kw_time_entry entry = {(int64_t)kw_load_be64(p), absolute(index->base_offset, p + 8)};
    return entry;
}

bool kw_offset_index_find(const kw_offset_index *index, int64_t offset, kw_offset_entry *out)
{
    size_t low = 0; /* entries before it are not above the offset */
    size_t high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (kw_offset_index_at(index, middle).offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return false;
    *out = kw_offset_index_at(index, low - 1);
    return true;
}

bool kw_time_index_find(const kw_time_index *index, int64_t timestamp, kw_time_entry *out)
{
    size_t low = 0; /* entries before it are below the timestamp */
    size_t high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (kw_time_index_at(index, middle).timestamp < timestamp)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return false;
    *out = kw_time_index_at(index, low - 1);
    return true;
}

static bool is_possible(const kw_aborted_txn *txn)
{
    return txn->producer_id >= 0 && txn->first_offset >= 0 && txn->first_offset <= txn->last_offset &&
           txn->last_stable_offset >= 0;
}

kw_status kw_txn_index_at(const kw_txn_index *index, size_t i, kw_aborted_txn *out)
{
    const uint8_t *p = index->data + i * KW_ABORTED_TXN_SIZE;
    out->producer_id = (int64_t)kw_load_be64(p + 2);
    out->first_offset = (int64_t)kw_load_be64(p + 10);
    out->last_offset = (int64_t)kw_load_be64(p + 18);
    out->last_stable_offset = (int64_t)kw_load_be64(p + 26);
    if (kw_load_be16(p) != 0)
        return KW_ERR_VERSION;
    return is_possible(out) ? KW_OK : KW_ERR_FILE_FORMAT;
}

static bool is_relative(int64_t base_offset, int64_t offset)
{
    return base_offset >= 0 && offset >= base_offset && offset - base_offset <= INT32_MAX;
}

kw_status kw_offset_entry_write(kw_writer *w, int64_t base_offset, const kw_offset_entry *entry)
{
    if (!is_relative(base_offset, entry->offset) || entry->position > INT32_MAX)
        return kw_writer_fail(w, KW_ERR_ARGUMENT);
    kw_write_int32(w, (int32_t)(entry->offset - base_offset));
    kw_write_uint32(w, entry->position);
    return w->status;
}

kw_status kw_time_entry_write(kw_writer *w, int64_t base_offset, const kw_time_entry *entry)
{
    if (!is_relative(base_offset, entry->offset))
        return kw_writer_fail(w, KW_ERR_ARGUMENT);
    kw_write_int64(w, entry->timestamp);
    kw_write_int32(w, (int32_t)(entry->offset - base_offset));
    return w->status;
}

kw_status kw_aborted_txn_write(kw_writer *w, const kw_aborted_txn *txn)
{
    if (!is_possible(txn))
        return kw_writer_fail(w, KW_ERR_ARGUMENT);
    kw_write_int16(w, 0);
    return kw_aborted_txn_encode(txn, 0, w);
}
