/* SPDX-License-Identifier: Apache-2.0 */
/* A log of __consumer_offsets of any records: groups and offsets are loaded from it, or it is reported; records of
 * decisions can be undone, and then the state is as before; the memory that was counted is given back in the end.
 *
 * The input is a sequence of records: what happens (8 bits, see below), the size of the key and that of the value (16
 * bits each, or as much as the input has; 0xffff: the value is null), key and value. */
#include <stdlib.h>

#include "base/hash.h"
#include "coordinator/group/group_machine.h"
#include "fuzz.h"

enum { MOST_RECORDS = 500, PRODUCERS = 3 };

/* What happens with the record, in the lower two bits: it is in the log; or it is of the decision that goes on; or of
 * one that ends with it, and was written or not. */
enum { LOADED, DECIDED, WRITTEN, FAILED };
enum { IN_TRANSACTION = 4, MARKER = 8, COMMIT = 16 };

static struct coordinator_budget budget;
static struct group_machine *machine;
static struct coordinator_undo_list undo;
static int64_t offset;
static uint64_t before; /* the decision */

/* ---- the state as a number ---- */

static uint32_t add_text(uint32_t hash, kw_string text)
{
    hash = hash_bytes(hash, &text.len, sizeof text.len);
    return text.len > 0 ? hash_bytes(hash, text.data, (size_t)text.len) : hash;
}

/* In any order. */
static uint64_t hash_table(const struct topic_offsets *table)
{
    uint64_t sum = 0;
    for (const struct offset_slot *slot = offset_slots_next(&table->slots, NULL); slot != NULL;
         slot = offset_slots_next(&table->slots, slot)) {
        const struct offset_value value = offset_value_of(table, slot);
        const int64_t numbers[] = {slot->partition, offset_is_set(slot), value.offset, value.commit_ms,
                                   value.expire_ms, value.record_offset, slot->open,   value.leader_epoch};
        uint32_t hash = add_text(add_text(HASH_START, table->group->id), table->topic->name);
        hash = add_text(hash_bytes(hash, numbers, sizeof numbers), value.metadata);
        hash = hash_bytes(hash, &value.topic_id, sizeof value.topic_id);
        if (table->producer != NULL)
            hash = hash_bytes(hash, &table->producer->id, sizeof table->producer->id);
        sum += hash;
    }
    return sum;
}

static uint64_t hash_group(const struct group *group)
{
    uint64_t sum = 0;
    for (const struct topic_offsets *table = group->offsets.first; table != NULL; table = table->next_of_group) {
        sum += hash_table(table);
        for (const struct topic_offsets *pending = table->pending; pending != NULL; pending = pending->next_of_topic)
            sum += hash_table(pending);
    }
    if (group->type == GROUP_NONE)
        return sum;
    const struct group_kind *kind = group_kind_of(group->type);
    const int64_t numbers[] = {group->type, kind->is_empty(machine, group), kind->check_delete(machine, group)};
    uint32_t hash = hash_bytes(add_text(HASH_START, group->id), numbers, sizeof numbers);
    hash = add_text(hash, kind->state_name(machine, group));
    return sum + add_text(hash, kind->protocol_type(machine, group));
}

static uint64_t hash_state(void)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < group_bucket_count(machine); i++)
        for (struct group *group = group_first_in(machine, i); group != NULL; group = group_next_in(group))
            sum += hash_group(group);
    return sum;
}

/* ---- records ---- */

static void end_decision(bool is_written)
{
    bool had_any = undo.newest != NULL;
    for (struct coordinator_undo *u = undo.newest, *older; u != NULL; u = older) {
        older = u->older;
        (is_written ? u->drop : u->put_back)(u, machine);
    }
    undo.newest = NULL;
    FUZZ_REQUIRE(is_written || !had_any || hash_state() == before);
}

static kw_bytes take_bytes(fuzz_input *in, size_t size)
{
    size = size < fuzz_left(in) ? size : fuzz_left(in);
    const kw_bytes bytes = kw_bytes_of(in->pos, size);
    in->pos += size;
    return bytes;
}

static kw_status replay(fuzz_input *in, uint8_t what, struct coordinator_undo_list *list)
{
    if ((what & MARKER) != 0) {
        const struct coordinator_marker marker = {offset % PRODUCERS, 0, offset, (what & COMMIT) != 0};
        return group_machine_calls.marker(machine, &marker, list);
    }
    size_t key_size = fuzz_take16(in), value_size = fuzz_take16(in);
    struct coordinator_record record = {.offset = offset, .producer_id = KW_NO_PRODUCER_ID, .producer_epoch = -1};
    if ((what & IN_TRANSACTION) != 0)
        record.producer_id = offset % PRODUCERS;
    record.key = take_bytes(in, key_size);
    record.value = value_size != UINT16_MAX ? take_bytes(in, value_size) : (kw_bytes){NULL, -1};
    return group_machine_calls.replay(machine, &record, list);
}

/* False: the shard would have failed. */
static bool take_record(fuzz_input *in)
{
    uint8_t what = fuzz_take8(in);
    bool is_loaded = what % 4 == LOADED && undo.newest == NULL;
    if (undo.newest == NULL)
        before = hash_state();
    kw_status status = replay(in, what, is_loaded ? NULL : &undo);
    offset++;
    if (is_loaded)
        return status == KW_OK;
    if (status != KW_OK || what % 4 >= WRITTEN)
        end_decision(status == KW_OK && what % 4 == WRITTEN);
    return true;
}

void fuzz_target(const uint8_t *data, size_t size)
{
    const struct group_machine_options options = {.budget = &budget, .seed = 7};
    fuzz_input in = {data, data + size};
    budget.limit = SIZE_MAX;
    atomic_store(&budget.used, 0);
    machine = group_machine_create(&options);
    FUZZ_REQUIRE(machine != NULL);
    offset = 0;
    for (size_t i = 0; i < MOST_RECORDS && fuzz_left(&in) != 0; i++)
        if (!take_record(&in))
            break;
    end_decision(true);
    group_machine_destroy(machine);
    FUZZ_REQUIRE(atomic_load(&budget.used) == 0);
}
