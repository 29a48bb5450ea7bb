/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_member.h"

#include <stdlib.h>
#include <string.h>

#include "../../../metadata/blocks.h"
#include "../../java_text.h"

struct consumer_member consumer_member_new(kw_string id)
{
    return (struct consumer_member){
        .id = id,
        .instance_id = {NULL, -1},
        .rack = {NULL, -1},
        .assignor = {NULL, -1},
        .rebalance_timeout_ms = -1,
        .previous_epoch = -1,
        .state = MEMBER_STABLE,
    };
}

/* ---- texts ---- */

static int compare_names(const void *a, const void *b)
{
    return java_compare(*(const kw_string *)a, *(const kw_string *)b);
}

int32_t sort_names(kw_string *names, int32_t count)
{
    int32_t kept = 0;
    if (count > 1)
        qsort(names, (size_t)count, sizeof *names, compare_names);
    for (int32_t i = 0; i < count; i++)
        if (kept == 0 || !kw_string_equal(names[kept - 1], names[i]))
            names[kept++] = names[i];
    return kept;
}

bool same_names(kw_string_array a, kw_string_array b)
{
    if (a.len != b.len)
        return false;
    for (int32_t i = 0; a.items != b.items && i < a.len; i++)
        if (!kw_string_equal(a.items[i], b.items[i]))
            return false;
    return true;
}

/* ---- copies ---- */

static size_t size_of_text(kw_string text)
{
    return text.len > 0 ? (size_t)text.len : 0;
}

static size_t size_of(const struct consumer_member *m)
{
    size_t size = block_size(sizeof *m, (size_t)m->names.len, sizeof *m->names.items);
    size = block_size(size, m->classic_protocol_count, sizeof *m->classic_protocols);
    size = block_size(size, m->assigned.count, sizeof *m->assigned.items);
    size = block_size(size, m->revoking.count, sizeof *m->revoking.items);
    size += size_of_text(m->id) + size_of_text(m->instance_id) + size_of_text(m->rack) + size_of_text(m->client_id) +
            size_of_text(m->client_host) + size_of_text(m->pattern) + size_of_text(m->assignor);
    for (int32_t i = 0; i < m->names.len; i++)
        size += size_of_text(m->names.items[i]);
    for (size_t i = 0; i < m->classic_protocol_count; i++) {
        const struct member_protocol *p = &m->classic_protocols[i];
        size += size_of_text(p->name) + (p->metadata.len > 0 ? (size_t)p->metadata.len : 0);
    }
    return size;
}

static void copy_set(struct block *block, struct partition_set *set)
{
    struct set_partition *items = block_take(block, set->count, sizeof *items);
    if (set->count != 0)
        memcpy(items, set->items, set->count * sizeof *items);
    set->items = items;
}

static void copy_arrays(struct block *block, struct consumer_member *m, kw_string **names,
                        struct member_protocol **protocols)
{
    *names = block_take(block, (size_t)m->names.len, sizeof **names);
    *protocols = block_take(block, m->classic_protocol_count, sizeof **protocols);
    if (m->names.len != 0)
        memcpy(*names, m->names.items, (size_t)m->names.len * sizeof **names);
    if (m->classic_protocol_count != 0)
        memcpy(*protocols, m->classic_protocols, m->classic_protocol_count * sizeof **protocols);
    m->names.items = *names;
    m->classic_protocols = *protocols;
    copy_set(block, &m->assigned);
    copy_set(block, &m->revoking);
}

static void copy_texts(struct block *block, struct consumer_member *m, kw_string *names,
                       struct member_protocol *protocols)
{
    kw_string *texts[] = {&m->id, &m->instance_id, &m->rack, &m->client_id, &m->client_host, &m->pattern, &m->assignor};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        block_string(block, texts[i]);
    for (int32_t i = 0; i < m->names.len; i++)
        block_string(block, &names[i]);
    for (size_t i = 0; i < m->classic_protocol_count; i++) {
        block_string(block, &protocols[i].name);
        block_bytes(block, &protocols[i].metadata);
    }
}

struct consumer_member *consumer_member_create(const struct consumer_member *from)
{
    struct block block;
    kw_string *names;
    struct member_protocol *protocols;
    size_t size = size_of(from);
    if (!block_create(&block, size))
        return NULL;
    struct consumer_member *m = block_take(&block, 1, sizeof *m);
    *m = *from;
    m->references = 1;
    m->size = size;
    copy_arrays(&block, m, &names, &protocols);
    copy_texts(&block, m, names, protocols);
    return m;
}

struct consumer_member *consumer_member_share(struct consumer_member *member)
{
    member->references++;
    return member;
}

void consumer_member_release(struct consumer_member *member)
{
    if (member != NULL && --member->references == 0)
        free(member);
}

/* ---- comparing ---- */

static bool same_protocols(const struct consumer_member *a, const struct consumer_member *b)
{
    if (a->is_classic != b->is_classic)
        return false;
    if (!a->is_classic)
        return true;
    if (a->classic_session_timeout_ms != b->classic_session_timeout_ms ||
        a->classic_protocol_count != b->classic_protocol_count)
        return false;
    for (size_t i = 0; i < a->classic_protocol_count; i++) {
        const struct member_protocol *x = &a->classic_protocols[i], *y = &b->classic_protocols[i];
        kw_string bytes_x = {(const char *)x->metadata.data, x->metadata.len};
        kw_string bytes_y = {(const char *)y->metadata.data, y->metadata.len};
        if (!kw_string_equal(x->name, y->name) || !kw_string_equal(bytes_x, bytes_y))
            return false;
    }
    return true;
}

bool consumer_member_says_same(const struct consumer_member *a, const struct consumer_member *b)
{
    return kw_string_equal(a->instance_id, b->instance_id) && kw_string_equal(a->rack, b->rack) &&
           kw_string_equal(a->client_id, b->client_id) && kw_string_equal(a->client_host, b->client_host) &&
           same_names(a->names, b->names) && kw_string_equal(a->pattern, b->pattern) &&
           kw_string_equal(a->assignor, b->assignor) && a->rebalance_timeout_ms == b->rebalance_timeout_ms &&
           same_protocols(a, b);
}

bool consumer_member_has_same(const struct consumer_member *a, const struct consumer_member *b)
{
    return a->epoch == b->epoch && a->previous_epoch == b->previous_epoch && a->state == b->state &&
           partition_set_same(a->assigned, b->assigned) && partition_set_same(a->revoking, b->revoking);
}

bool consumer_member_has_pattern(const struct consumer_member *member)
{
    return member->pattern.len > 0;
}
