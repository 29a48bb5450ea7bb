/* SPDX-License-Identifier: Apache-2.0 */
#include "share_requests.h"

#include <string.h>

#include <kwire/error.h>

/* ---- checks ---- */

static const struct share_answer success = {KW_ERROR_NONE, NULL};

const char *share_error_text(int16_t error)
{
    switch (error) {
    case KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION:
        return "This server does not host this topic-partition.";
    case KW_ERROR_FENCED_LEADER_EPOCH:
        return "The leader epoch in the request is older than the epoch on the broker.";
    case KW_ERROR_FENCED_STATE_EPOCH:
        return "The coordinator rejected the request because the state epoch did not match.";
    case KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS:
        return "The coordinator is loading and hence can't process requests.";
    case KW_ERROR_COORDINATOR_NOT_AVAILABLE:
        return "The coordinator is not available.";
    case KW_ERROR_INVALID_REQUEST:
        return "This most likely occurs because of a request being malformed by the client library or the message was "
               "sent to an incompatible broker. See the broker logs for more details.";
    case KW_ERROR_UNSUPPORTED_VERSION:
        return "The version of API is not supported.";
    case KW_ERROR_INVALID_GROUP_ID:
        return "The group id is invalid.";
    case KW_ERROR_NON_EMPTY_GROUP:
        return "The group is not empty.";
    case KW_ERROR_NOT_COORDINATOR:
        return "This is not the correct coordinator.";
    default:
        return "The server experienced an unexpected error when processing the request.";
    }
}

static struct share_answer refuse(int16_t error)
{
    return (struct share_answer){error, share_error_text(error)};
}

static struct share_answer invalid(const char *message)
{
    return (struct share_answer){KW_ERROR_INVALID_REQUEST, message};
}

static bool has_failed(struct share_answer answer)
{
    return answer.error != KW_ERROR_NONE;
}

static struct share_answer check_numbers(const struct share_key *key, int32_t leader_epoch, int32_t state_epoch)
{
    if (key->partition < 0)
        return invalid("The partition id cannot be a negative number.");
    if (leader_epoch < 0)
        return invalid("The leader epoch cannot be a negative number.");
    if (state_epoch < 0)
        return invalid("The state epoch cannot be a negative number.");
    return success;
}

/* As in Kafka it may have fewer partitions by number than there are: indexes have no gaps. */
static struct share_answer check_topic(const struct coordinator_decision *d, const struct share_key *key)
{
    const struct metadata_topic *topic = metadata_topic_by_id(d->image, key->topic_id);
    if (topic == NULL || topic->partition_count <= key->partition)
        return refuse(KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
    return success;
}

static struct share_answer check_memory(const struct coordinator_decision *d, size_t size)
{
    struct share_state *s = d->state;
    if (!coordinator_budget_take(s->options.budget, size))
        return refuse(KW_ERROR_COORDINATOR_NOT_AVAILABLE);
    coordinator_budget_give(s->options.budget, size); /* replay takes it */
    return success;
}

/* ---- requests ---- */

struct share_answer share_initialize(struct coordinator_decision *d, const struct share_asked *asked,
                                     int64_t start_offset)
{
    const struct share_value *known = share_state_find(d->state, &asked->key);
    struct share_answer answer = check_numbers(&asked->key, 0, asked->state_epoch);
    if (!has_failed(answer) && known != NULL && known->state_epoch > asked->state_epoch)
        answer = refuse(KW_ERROR_FENCED_STATE_EPOCH);
    if (!has_failed(answer))
        answer = check_topic(d, &asked->key);
    if (!has_failed(answer) && known == NULL)
        answer = check_memory(d, sizeof(struct share_entry) + (size_t)asked->key.group.len + share_value_size(0));
    if (has_failed(answer))
        return answer;
    const struct share_snapshot snapshot = {
        .snapshot_epoch = known != NULL ? share_epoch_after(known->is.snapshot_epoch) : 0,
        .state_epoch = asked->state_epoch,
        .start_offset = start_offset,
        .complete_count = start_offset == SHARE_NO_START ? -1 : 0,
        .created_ms = d->now,
        .written_ms = d->now,
    };
    share_records_add_snapshot(&d->records, &asked->key, &snapshot);
    return answer;
}

static int32_t complete_count_after(const struct share_snapshot *known, int64_t start_offset, int32_t complete_count)
{
    if (start_offset != known->start_offset)
        return start_offset > known->start_offset ? complete_count : known->complete_count;
    return complete_count > known->complete_count ? complete_count : known->complete_count;
}

/* Now and then all of it, so that less has to be read. */
static void add_change(struct coordinator_decision *d, const struct share_key *key, const struct share_value *known,
                       const struct share_snapshot *change)
{
    const struct share_state *s = d->state;
    const struct share_batches none = {NULL, 0};
    bool is_snapshot = known->updates >= s->options.updates_per_snapshot;
    struct share_snapshot out = *change;
    kw_status status = share_batches_merge(is_snapshot ? &known->is.batches : &none, &change->batches,
                                           change->start_offset, d->records.arena, &out.batches);
    if (status != KW_OK) {
        record_out_fail(&d->records, status);
    } else if (is_snapshot) {
        out.snapshot_epoch = share_epoch_after(out.snapshot_epoch);
        out.created_ms = out.written_ms = d->now;
        share_records_add_snapshot(&d->records, key, &out);
    } else {
        share_records_add_update(&d->records, key, &out);
    }
}

struct share_answer share_write(struct coordinator_decision *d, const struct share_asked *asked, int64_t start_offset,
                                int32_t complete_count, const struct share_batches *batches)
{
    const struct share_value *known = share_state_find(d->state, &asked->key);
    struct share_answer answer = check_numbers(&asked->key, asked->leader_epoch, asked->state_epoch);
    if (has_failed(answer))
        return answer;
    if (known == NULL)
        return invalid("Write operation on uninitialized share partition not allowed.");
    if (known->leader_epoch > asked->leader_epoch)
        return refuse(KW_ERROR_FENCED_LEADER_EPOCH);
    if (known->state_epoch > asked->state_epoch)
        return refuse(KW_ERROR_FENCED_STATE_EPOCH);
    answer = check_topic(d, &asked->key);
    if (!has_failed(answer) && batches->count != 0)
        answer = check_memory(d, 2 * batches->count * sizeof *batches->items);
    if (has_failed(answer))
        return answer;
    struct share_snapshot change = known->is;
    if (start_offset > known->is.start_offset)
        change.start_offset = start_offset;
    change.complete_count = complete_count_after(&known->is, start_offset, complete_count);
    change.batches = *batches;
    add_change(d, &asked->key, known, &change);
    return answer;
}

static bool copy_state(kw_arena *arena, const struct share_snapshot *from, struct share_snapshot *out)
{
    *out = *from;
    out->batches.items = kw_arena_array(arena, from->batches.count + 1, sizeof *out->batches.items);
    if (out->batches.items != NULL)
        memcpy(out->batches.items, from->batches.items, from->batches.count * sizeof *out->batches.items);
    return out->batches.items != NULL;
}

struct share_answer share_read(struct coordinator_decision *d, const struct share_asked *asked, kw_arena *arena,
                               struct share_snapshot *out)
{
    const struct share_value *known = share_state_find(d->state, &asked->key);
    struct share_answer answer = check_numbers(&asked->key, asked->leader_epoch, 0);
    if (has_failed(answer))
        return answer;
    if (known == NULL)
        return invalid("Read operation on uninitialized share partition not allowed.");
    if (known->leader_epoch > asked->leader_epoch)
        return refuse(KW_ERROR_FENCED_LEADER_EPOCH);
    answer = check_topic(d, &asked->key);
    if (has_failed(answer))
        return answer;
    if (!copy_state(arena, &known->is, out)) {
        record_out_fail(&d->records, kw_arena_status(arena));
        return answer;
    }
    if (known->leader_epoch != asked->leader_epoch) {
        struct share_snapshot change = known->is;
        change.leader_epoch = asked->leader_epoch;
        change.batches = (struct share_batches){NULL, 0};
        add_change(d, &asked->key, known, &change);
    }
    return answer;
}

struct share_answer share_summarize(const struct coordinator_decision *d, const struct share_key *key,
                                    struct share_snapshot *out)
{
    const struct share_value *known = share_state_find(d->state, key);
    struct share_answer answer = check_numbers(key, 0, 0);
    if (!has_failed(answer))
        answer = check_topic(d, key);
    *out = (struct share_snapshot){.start_offset = SHARE_NO_START, .complete_count = -1};
    if (known != NULL && !has_failed(answer)) {
        *out = known->is;
        out->batches = (struct share_batches){NULL, 0};
    }
    return answer;
}

struct share_answer share_remove(struct coordinator_decision *d, const struct share_key *key)
{
    struct share_answer answer = check_numbers(key, 0, 0);
    if (!has_failed(answer))
        answer = check_topic(d, key);
    if (!has_failed(answer) && share_state_find(d->state, key) != NULL)
        share_records_add_tombstone(&d->records, key);
    return answer;
}
