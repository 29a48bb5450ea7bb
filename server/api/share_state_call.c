/* SPDX-License-Identifier: Apache-2.0 */
#include "share_state_call.h"

#include <string.h>

#include <kwire/error.h>

#include "../coordinator/share_key.h"

struct share_state_call *share_state_call_create(struct call *call, enum share_state_api api, size_t partitions,
                                                 call_function *fill)
{
    struct share_state_call *s = kw_arena_alloc(call->arena, sizeof *s);
    if (s == NULL)
        return NULL;
    *s = (struct share_state_call){.api = api, .fill = fill};
    s->items = kw_arena_array(call->arena, partitions, sizeof *s->items);
    call->state = s;
    return s->items != NULL ? s : NULL;
}

struct share_state_item *share_state_call_add(struct share_state_call *s, kw_string group, kw_uuid topic_id,
                                              int32_t partition)
{
    struct share_state_item *item = &s->items[s->count++];
    *item = (struct share_state_item){.asked.key = {group, topic_id, partition}, .message = {NULL, -1}};
    return item;
}

/* ---- one item ---- */

static void take_state(struct share_state_item *item, const struct share_snapshot *state)
{
    item->asked.leader_epoch = state->leader_epoch;
    item->asked.state_epoch = state->state_epoch;
    item->start_offset = state->start_offset;
    item->complete_count = state->complete_count;
    item->batches = state->batches;
}

static void decide(struct call *call, struct coordinator_decision *d)
{
    struct share_state_call *s = call->state;
    struct share_state_item *item = &s->items[s->next];
    struct share_snapshot state = {.start_offset = 0};
    struct share_answer answer;
    switch (s->api) {
    case SHARE_STATE_INITIALIZE:
        answer = share_initialize(d, &item->asked, item->start_offset);
        break;
    case SHARE_STATE_WRITE:
        answer = share_write(d, &item->asked, item->start_offset, item->complete_count, &item->batches);
        break;
    case SHARE_STATE_DELETE:
        answer = share_remove(d, &item->asked.key);
        break;
    case SHARE_STATE_READ:
        answer = share_read(d, &item->asked, call->arena, &state);
        break;
    default:
        answer = share_summarize(d, &item->asked.key, &state);
    }
    if (answer.error == KW_ERROR_NONE && (s->api == SHARE_STATE_READ || s->api == SHARE_STATE_SUMMARY))
        take_state(item, &state);
    item->error = answer.error;
    item->message = kw_string_of(answer.message);
}

static const char *what_was_tried(enum share_state_api api)
{
    switch (api) {
    case SHARE_STATE_INITIALIZE:
        return "Unable to initialize share group state: ";
    case SHARE_STATE_READ:
        return "Unable to read share group state: ";
    case SHARE_STATE_WRITE:
        return "Unable to write share group state: ";
    case SHARE_STATE_DELETE:
        return "Unable to delete share group state: ";
    default:
        return "Unable to read share group state summary: ";
    }
}

static bool fail_item(const struct call *call, struct share_state_item *item)
{
    const struct share_state_call *s = call->state;
    int16_t error = call_coordinator_error(call);
    const char *what = what_was_tried(s->api), *why = share_error_text(error);
    size_t size = strlen(what) + strlen(why);
    char *text = kw_arena_alloc(call->arena, size);
    if (text == NULL)
        return false;
    memcpy(text, what, strlen(what));
    memcpy(text + strlen(what), why, strlen(why));
    item->error = error;
    item->message = (kw_string){text, (int32_t)size};
    return true;
}

/* ---- all of them ---- */

static enum call_outcome run(struct call *call);

static enum call_outcome answered(struct call *call)
{
    struct share_state_call *s = call->state;
    struct share_state_item *item = &s->items[s->next++];
    if (call->decided != KW_ERROR_NONE && !fail_item(call, item))
        return CALL_FAILED;
    if (!s->is_inside)
        return run(call);
    s->is_done = true;
    return CALL_ANSWERED; /* of the item; the loop continues */
}

static enum call_outcome start_item(struct call *call)
{
    const struct share_state_call *s = call->state;
    kw_string key = share_key_format(&s->items[s->next].asked.key, call->arena);
    if (key.data == NULL)
        return CALL_FAILED;
    return call_coordinate_key(call, &call->broker->share_states, key, decide, NULL, answered);
}

/* Most items are answered at once; if each of them called the next one, the stack would grow with the request. */
static enum call_outcome run(struct call *call)
{
    struct share_state_call *s = call->state;
    while (s->next < s->count) {
        s->is_inside = true;
        s->is_done = false;
        enum call_outcome outcome = start_item(call);
        s->is_inside = false;
        if (!s->is_done)
            return outcome;
    }
    return s->fill(call);
}

enum call_outcome share_state_call_run(struct call *call, struct share_state_call *s)
{
    call->state = s;
    return run(call);
}
