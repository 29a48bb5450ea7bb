/* SPDX-License-Identifier: Apache-2.0 */
#include "rewrite.h"

#include <kwire/storage/checkpoint.h>
#include <kwire/storage/clean_shutdown.h>
#include <kwire/storage/index.h>
#include <kwire/storage/meta_properties.h>
#include <kwire/storage/partition_metadata.h>
#include <kwire/storage/producers.h>
#include <kwire/storage/quorum_state.h>

bool rewrite_offsets(kw_string file, kw_arena *arena, kw_writer *w, size_t *at)
{
    kw_offset_checkpoint c;
    if (kw_offset_checkpoint_parse(&c, file, arena, at) != KW_OK)
        return false;
    (void)kw_offset_checkpoint_write(w, &c);
    return true;
}

bool rewrite_epochs(kw_string file, kw_arena *arena, kw_writer *w, size_t *at)
{
    kw_leader_epochs e;
    kw_status status = kw_leader_epochs_parse(&e, file, arena, at);
    if (status != KW_OK && status != KW_ERR_OFFSET_ORDER)
        return false;
    (void)kw_leader_epochs_write(w, &e);
    return true;
}

bool rewrite_meta(kw_string file, kw_arena *arena, kw_writer *w, size_t *at, int64_t time)
{
    kw_meta_properties m;
    kw_property_error error;
    kw_status status = kw_meta_properties_parse(&m, file, arena, &error);
    *at = error.at;
    if (status == KW_OK)
        (void)kw_meta_properties_write(w, &m, time);
    return status == KW_OK;
}

bool rewrite_partition(kw_string file, kw_arena *arena, kw_writer *w, size_t *at)
{
    kw_uuid id;
    (void)arena;
    if (kw_partition_metadata_parse(&id, file, at) != KW_OK)
        return false;
    (void)kw_partition_metadata_write(w, id);
    return true;
}

bool rewrite_quorum(kw_string file, kw_arena *arena, kw_writer *w, size_t *at)
{
    kw_quorum_state q;
    if (kw_quorum_state_parse(&q, file, arena, at) != KW_OK)
        return false;
    (void)kw_quorum_state_write(w, &q);
    return true;
}

bool rewrite_shutdown(kw_string file, kw_arena *arena, kw_writer *w, size_t *at)
{
    int64_t epoch;
    (void)arena;
    if (kw_clean_shutdown_parse(&epoch, file, at) != KW_OK)
        return false;
    (void)kw_clean_shutdown_write(w, epoch);
    return true;
}

bool rewrite_producers(kw_string file, kw_arena *arena, kw_writer *w, size_t *at)
{
    kw_producers p;
    if (kw_producers_init(&p, file.data, (size_t)file.len, at) != KW_OK)
        return false;
    kw_producer_state *states = kw_arena_array(arena, p.count + 1, sizeof *states);
    if (states == NULL)
        return false;
    for (size_t i = 0; i < p.count; i++)
        states[i] = kw_producers_at(&p, i);
    (void)kw_producers_write(w, states, p.count);
    return true;
}

bool rewrite_aborted(kw_string file, kw_arena *arena, kw_writer *w, size_t *at)
{
    kw_txn_index index;
    (void)arena;
    *at = 0;
    kw_txn_index_init(&index, file.data, (size_t)file.len);
    for (size_t i = 0; i < index.count; i++) {
        kw_aborted_txn txn;
        *at = i * KW_ABORTED_TXN_SIZE;
        if (kw_txn_index_at(&index, i, &txn) != KW_OK)
            return false;
        (void)kw_aborted_txn_write(w, &txn);
    }
    return true;
}
