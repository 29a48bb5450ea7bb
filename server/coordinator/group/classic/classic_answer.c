/* SPDX-License-Identifier: Apache-2.0 */
#include "classic_answer.h"

#include <stdlib.h>
#include <string.h>

enum { ROSTER_LIMIT = 1024 * 1024 * 1024 };

static size_t size_of(kw_string s)
{
    return s.len > 0 ? (size_t)s.len : 0;
}

static kw_string put(char **at, kw_string s)
{
    kw_string copy = {*at, s.len};
    if (s.len > 0)
        memcpy(*at, s.data, (size_t)s.len);
    *at += size_of(s);
    return copy;
}

struct classic_generation *classic_generation_create(int32_t generation, kw_string protocol_type, kw_string protocol,
                                                     kw_string leader)
{
    struct classic_generation *g = malloc(sizeof *g + size_of(protocol_type) + size_of(protocol) + size_of(leader));
    if (g == NULL)
        return NULL;
    char *at = g->texts;
    atomic_init(&g->references, 1);
    g->generation = generation;
    g->protocol_type = put(&at, protocol_type);
    g->protocol = put(&at, protocol);
    g->leader = put(&at, leader);
    return g;
}

struct classic_generation *classic_generation_share(struct classic_generation *generation)
{
    atomic_fetch_add(&generation->references, 1);
    return generation;
}

void classic_generation_release(struct classic_generation *generation)
{
    if (generation != NULL && atomic_fetch_sub(&generation->references, 1) == 1)
        free(generation);
}

struct classic_roster *classic_roster_create(void)
{
    struct classic_roster *roster = malloc(sizeof *roster);
    if (roster == NULL)
        return NULL;
    kw_arena_init_growing(&roster->arena, NULL, 0, kw_allocator_libc(), ROSTER_LIMIT);
    roster->members = (kw_join_group_response_member_array){NULL, 0};
    return roster;
}

void classic_roster_free(struct classic_roster *roster)
{
    if (roster == NULL)
        return;
    kw_arena_finish(&roster->arena);
    free(roster);
}

static void free_answer(struct waiter_result *result)
{
    struct classic_answer *answer = (struct classic_answer *)(void *)result;
    classic_generation_release(answer->generation);
    classic_roster_free(answer->roster);
    shared_bytes_release(answer->assignment);
    free(answer);
}

static struct classic_answer *create_answer(kw_string member_id)
{
    struct classic_answer *answer = calloc(1, sizeof *answer + size_of(member_id));
    if (answer == NULL)
        return NULL;
    char *at = answer->texts;
    waiter_result_init(&answer->result, free_answer);
    answer->member_id = put(&at, member_id);
    return answer;
}

bool classic_wait_create(struct classic_wait *wait, kw_string member_id)
{
    wait->waiter = waiter_create();
    wait->answer = wait->waiter != NULL ? create_answer(member_id) : NULL;
    if (wait->answer != NULL)
        return true;
    if (wait->waiter != NULL)
        classic_wait_cancel(wait);
    return false;
}

void classic_wait_cancel(struct classic_wait *wait)
{
    waiter_release(wait->waiter);
    waiter_release(wait->waiter);
    if (wait->answer != NULL)
        waiter_result_release(&wait->answer->result);
    *wait = (struct classic_wait){NULL, NULL};
}

void classic_wait_end(struct classic_wait *wait)
{
    struct classic_wait ended = *wait;
    *wait = (struct classic_wait){NULL, NULL};
    waiter_answer(ended.waiter, &ended.answer->result);
    waiter_release(ended.waiter);
}
