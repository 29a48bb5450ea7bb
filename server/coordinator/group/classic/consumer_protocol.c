/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_protocol.h"

static bool read_topics(kw_reader *in, int32_t count)
{
    for (int32_t i = 0; i < count && kw_reader_ok(in); i++)
        (void)kw_read_string(in);
    return count >= 0 && kw_reader_ok(in);
}

bool subscribed_topics_init(struct subscribed_topics *topics, kw_bytes subscription)
{
    kw_reader in;
    kw_reader_init_bytes(&in, subscription);
    (void)kw_read_int16(&in); /* the version does not matter */
    size_t start = kw_reader_offset(&in);
    int32_t count = kw_read_int32(&in);
    topics->reader = in;
    topics->left = count;
    if (!read_topics(&in, count))
        return false;
    topics->encoded = kw_bytes_of(subscription.data + start, kw_reader_offset(&in) - start);
    (void)kw_read_nullable_bytes(&in); /* user data, the end of version 0 */
    return kw_reader_ok(&in);
}

bool subscribed_topics_next(struct subscribed_topics *topics, kw_string *name)
{
    if (topics->left <= 0)
        return false;
    topics->left--;
    *name = kw_read_string(&topics->reader);
    return true;
}

/* The version to read with; below 0: it cannot be read. */
static int16_t read_version(kw_reader *in, int16_t newest)
{
    int16_t version = kw_read_int16(in);
    return version < newest ? version : newest;
}

kw_status consumer_protocol_read_subscription(kw_bytes bytes, kw_arena *arena, kw_consumer_protocol_subscription *out)
{
    kw_reader in;
    kw_reader_init_bytes(&in, bytes);
    int16_t version = read_version(&in, KW_CONSUMER_PROTOCOL_SUBSCRIPTION_MAX_VERSION);
    return kw_reader_ok(&in) ? kw_consumer_protocol_subscription_decode(out, version, &in, arena) : in.status;
}

kw_status consumer_protocol_read_assignment(kw_bytes bytes, kw_arena *arena, kw_consumer_protocol_assignment *out)
{
    kw_reader in;
    kw_reader_init_bytes(&in, bytes);
    int16_t version = read_version(&in, KW_CONSUMER_PROTOCOL_ASSIGNMENT_MAX_VERSION);
    return kw_reader_ok(&in) ? kw_consumer_protocol_assignment_decode(out, version, &in, arena) : in.status;
}
