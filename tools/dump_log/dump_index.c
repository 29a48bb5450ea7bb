/* SPDX-License-Identifier: Apache-2.0 */
#include "dump_log.h"

#include <kwire/storage/index.h>
#include <kwire/storage/producers.h>

#include "read_file.h"

#define PUT_ROW(p, type, cells) printer_row((p), (type), (cells), sizeof(cells) / sizeof((cells)[0]))

/* What follows the entries: zeros that were allocated ahead, or part of an entry. */
static void put_rest(printer *p, kw_bytes bytes, size_t used, size_t entry_size)
{
    size_t rest = (size_t)bytes.len - used;
    size_t part = rest % entry_size;
    if (rest >= entry_size)
        printer_zeros(p, rest);
    else if (part != 0) {
        problem why;
        problem_set(&why, (int64_t)used, -1, KW_ERR_INDEX, "part of an entry at the end");
        printer_problem(p, &why);
    }
}

static void put_offset_index(printer *p, dump_file *file, kw_bytes bytes)
{
    kw_offset_index index;
    kw_offset_index_init(&index, bytes.data, (size_t)bytes.len, dump_file_base_offset(file));
    for (size_t i = 0; i < index.count; i++) {
        kw_offset_entry entry = kw_offset_index_at(&index, i);
        const cell cells[] = {
            number_cell("offset", "OFFSET", 12, entry.offset),
            number_cell("position", "POSITION", 10, entry.position),
        };
        PUT_ROW(p, "offsetIndexEntry", cells);
    }
    put_rest(p, bytes, index.count * 8, 8);
}

static void put_time_index(printer *p, dump_file *file, kw_bytes bytes)
{
    kw_time_index index;
    kw_time_index_init(&index, bytes.data, (size_t)bytes.len, dump_file_base_offset(file));
    for (size_t i = 0; i < index.count; i++) {
        kw_time_entry entry = kw_time_index_at(&index, i);
        const cell cells[] = {
            time_cell("timestamp", "TIMESTAMP", entry.timestamp),
            number_cell("offset", "OFFSET", 12, entry.offset),
        };
        PUT_ROW(p, "timeIndexEntry", cells);
    }
    put_rest(p, bytes, index.count * 12, 12);
}

static void put_txn_index(printer *p, kw_bytes bytes)
{
    kw_txn_index index;
    kw_txn_index_init(&index, bytes.data, (size_t)bytes.len);
    for (size_t i = 0; i < index.count; i++) {
        kw_aborted_txn txn;
        kw_status status = kw_txn_index_at(&index, i, &txn);
        const cell cells[] = {
            number_cell("producerId", "PRODUCER", 10, txn.producer_id),
            number_cell("firstOffset", "FIRST", 12, txn.first_offset),
            number_cell("lastOffset", "LAST", 12, txn.last_offset),
            number_cell("lastStableOffset", "LAST STABLE", 12, txn.last_stable_offset),
        };
        PUT_ROW(p, "abortedTransaction", cells);
        if (status != KW_OK) {
            problem why;
            problem_set(&why, (int64_t)i * 34, -1, status, "not a possible transaction");
            printer_problem(p, &why);
        }
    }
    put_rest(p, bytes, index.count * 34, 34);
}

static void put_producers(printer *p, kw_bytes bytes)
{
    kw_producers producers;
    size_t error_at;
    kw_status status = kw_producers_init(&producers, bytes.data, (size_t)bytes.len, &error_at);
    if (status != KW_OK) {
        problem why;
        problem_set(&why, (int64_t)error_at, -1, status, "not a possible producer");
        printer_problem(p, &why);
    }
    for (size_t i = 0; i < producers.count; i++) {
        kw_producer_state s = kw_producers_at(&producers, i);
        const cell cells[] = {
            number_cell("producerId", "PRODUCER", 10, s.producer_id),
            number_cell("producerEpoch", "EPOCH", 5, s.producer_epoch),
            number_cell("coordinatorEpoch", "COORDINATOR EPOCH", 17, s.coordinator_epoch),
            optional_cell("currentTxnFirstOffset", "OPEN SINCE", 12, s.txn_first_offset),
            time_cell("lastTimestamp", "LAST TIMESTAMP", s.timestamp),
            optional_cell("lastSequence", "SEQUENCE", 10, s.last_sequence),
            optional_cell("lastOffset", "OFFSET", 12, s.last_offset),
            number_cell("offsetDelta", "DELTA", 6, s.offset_delta),
        };
        PUT_ROW(p, "producer", cells);
    }
}

void dump_index(dumper *d, dump_file *file)
{
    printer *p = &d->printer;
    kw_arena arena;
    kw_bytes bytes;
    problem why;
    printer_begin(p, file, file_size(file->path), "");
    printer_head(p);
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), d->options->max_memory);
    if (!read_whole(file->path, d->options->max_memory, &arena, &bytes, &why))
        printer_problem(p, &why);
    else if (file->kind == KIND_INDEX)
        put_offset_index(p, file, bytes);
    else if (file->kind == KIND_TIME_INDEX)
        put_time_index(p, file, bytes);
    else if (file->kind == KIND_TXN_INDEX)
        put_txn_index(p, bytes);
    else
        put_producers(p, bytes);
    kw_arena_finish(&arena);
}
