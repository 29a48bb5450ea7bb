/* SPDX-License-Identifier: Apache-2.0 */
#include "subscription.h"

#include <string.h>

#include <kwire/messages/consumer_protocol_assignment.h>
#include <kwire/messages/consumer_protocol_subscription.h>

#include "topics.h"

enum { OWNED_FROM = 1, NEWEST = 3 };

static kw_bytes written(const kw_writer *w)
{
    CHECK(kw_writer_ok(w), "what members say to each other cannot be encoded");
    kw_span data = kw_writer_data(w);
    return kw_bytes_of_span(data);
}

kw_bytes subscription_write(uint8_t to[SUBSCRIPTION_SIZE], int16_t version, const struct candidate *c)
{
    kw_string names[TOPICS];
    kw_consumer_protocol_subscription_topic_partition owned[TOPICS];
    int32_t indexes[TOPICS][PARTITIONS];
    kw_consumer_protocol_subscription s;
    kw_writer w;
    kw_consumer_protocol_subscription_init(&s);
    s.topics = (kw_string_array){names, 0};
    for (size_t t = 0; t < topics.count; t++)
        if ((c->topics >> t & 1) != 0)
            names[s.topics.len++] = kw_string_of(topics.all[t].name);
    s.owned_partitions.items = owned;
    s.owned_partitions.len = 0;
    for (size_t next = 0; version >= OWNED_FROM && next < TOPICS;) {
        int32_t *numbers = indexes[s.owned_partitions.len];
        int32_t count = next_topic(c->owned, &next, numbers);
        if (count == 0)
            break;
        kw_consumer_protocol_subscription_topic_partition *topic = &owned[s.owned_partitions.len++];
        kw_consumer_protocol_subscription_topic_partition_init(topic);
        topic->topic = kw_string_of(topics.all[next - 1].name);
        topic->partitions = (kw_int32_array){numbers, count};
    }
    s.generation_id = c->generation;
    kw_writer_init(&w, to, SUBSCRIPTION_SIZE);
    kw_write_int16(&w, version);
    if (kw_consumer_protocol_subscription_encode(&s, version, &w) != KW_OK)
        broken("a subscription cannot be encoded");
    return written(&w);
}

void subscription_read(kw_bytes bytes, struct candidate *out)
{
    uint8_t block[SUBSCRIPTION_SIZE];
    kw_arena arena;
    kw_reader in;
    kw_consumer_protocol_subscription s;
    memset(out, 0, sizeof *out);
    kw_arena_init(&arena, block, sizeof block);
    kw_reader_init_bytes(&in, bytes);
    int16_t version = kw_read_int16(&in);
    CHECK(version >= 0 && version <= NEWEST &&
              kw_consumer_protocol_subscription_decode(&s, version, &in, &arena) == KW_OK,
          "a leader gets a subscription that nobody has sent");
    for (int32_t i = 0; i < s.topics.len; i++) {
        size_t t = topic_by_name(s.topics.items[i]);
        if (t < topics.count)
            out->topics |= 1u << t;
    }
    for (int32_t i = 0; i < s.owned_partitions.len; i++)
        for (int32_t j = 0; j < s.owned_partitions.items[i].partitions.len; j++)
            out->owned |= bit(partition_of(topic_by_name(s.owned_partitions.items[i].topic),
                                           s.owned_partitions.items[i].partitions.items[j]));
    out->generation = s.generation_id;
}

kw_bytes assignment_write(uint8_t to[SUBSCRIPTION_SIZE], uint64_t set)
{
    kw_consumer_protocol_assignment_topic_partition assigned[TOPICS];
    int32_t indexes[TOPICS][PARTITIONS];
    kw_consumer_protocol_assignment a;
    kw_writer w;
    kw_consumer_protocol_assignment_init(&a);
    a.assigned_partitions.items = assigned;
    a.assigned_partitions.len = 0;
    for (size_t next = 0; next < TOPICS;) {
        int32_t *numbers = indexes[a.assigned_partitions.len];
        int32_t count = next_topic(set, &next, numbers);
        if (count == 0)
            break;
        kw_consumer_protocol_assignment_topic_partition *topic = &assigned[a.assigned_partitions.len++];
        kw_consumer_protocol_assignment_topic_partition_init(topic);
        topic->topic = kw_string_of(topics.all[next - 1].name);
        topic->partitions = (kw_int32_array){numbers, count};
    }
    kw_writer_init(&w, to, SUBSCRIPTION_SIZE);
    kw_write_int16(&w, NEWEST);
    if (kw_consumer_protocol_assignment_encode(&a, NEWEST, &w) != KW_OK)
        broken("an assignment cannot be encoded");
    return written(&w);
}

uint64_t assignment_read(kw_bytes bytes)
{
    uint8_t block[SUBSCRIPTION_SIZE];
    kw_arena arena;
    kw_reader in;
    kw_consumer_protocol_assignment a;
    uint64_t set = 0;
    if (bytes.len <= 0)
        return 0;
    kw_arena_init(&arena, block, sizeof block);
    kw_reader_init_bytes(&in, bytes);
    int16_t version = kw_read_int16(&in);
    CHECK(version >= 0 && version <= NEWEST &&
              kw_consumer_protocol_assignment_decode(&a, version, &in, &arena) == KW_OK,
          "a member gets an assignment that no leader has sent");
    for (int32_t i = 0; i < a.assigned_partitions.len; i++)
        for (int32_t j = 0; j < a.assigned_partitions.items[i].partitions.len; j++)
            set |= bit(partition_of(topic_by_name(a.assigned_partitions.items[i].topic),
                                    a.assigned_partitions.items[i].partitions.items[j]));
    return set;
}
