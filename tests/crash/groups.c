/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include <kwire/error.h>

#include "../simulation/world.h"
#include "clients.h"
#include "coordinator/partition_of_key.h"

struct kept_commit any_commit(size_t group)
{
    struct kept_commit c = {.partition = 0, .offset = (int64_t)clients.next_value++};
    (void)snprintf(c.group, sizeof c.group, "g%zu", group);
    (void)snprintf(c.topic, sizeof c.topic, "%s", kept_topic()->name);
    c.log_partition = partition_of_key(kw_string_of(c.group), INTERNAL);
    c.log_start = ledger_end_of_offsets(c.log_partition);
    return c;
}

void note_commit(const struct kept_commit *commit, bool is_alone)
{
    ledger_look();
    int64_t end = ledger_note_commit(commit)->log_end;
    check_synced("__consumer_offsets", commit->log_partition, is_alone ? end : commit->log_start + 1);
}

void commit(void)
{
    struct kept_commit c = any_commit(pick(GROUPS));
    must(commit_offset(c.group, c.topic, c.partition, c.offset), "an offset is not committed");
    note_commit(&c, true);
}

void join_or_leave(void)
{
    static const char *const members[PRODUCERS] = {"member-a", "member-b", "member-c"};
    size_t i = pick(PRODUCERS);
    int32_t *epoch = &clients.member_epochs[i];
    int32_t asked = *epoch != 0 && one_in(3) ? -1 : *epoch, next = 0;
    int16_t error = heartbeat("joined", members[i], asked, kept_topic()->name, &next);
    *epoch = error == KW_ERROR_NONE && asked >= 0 ? next : 0;
}
