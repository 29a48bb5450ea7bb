/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/control_record.h>

static const struct {
    const char *name;
    const kw_message *message;
} types[] = {
    [KW_CONTROL_ABORT] = {"ABORT", &kw_end_txn_marker_message},
    [KW_CONTROL_COMMIT] = {"COMMIT", &kw_end_txn_marker_message},
    [KW_CONTROL_LEADER_CHANGE] = {"LEADER_CHANGE", &kw_leader_change_message_message},
    [KW_CONTROL_SNAPSHOT_HEADER] = {"SNAPSHOT_HEADER", &kw_snapshot_header_record_message},
    [KW_CONTROL_SNAPSHOT_FOOTER] = {"SNAPSHOT_FOOTER", &kw_snapshot_footer_record_message},
    [KW_CONTROL_KRAFT_VERSION] = {"KRAFT_VERSION", &kw_kraft_version_record_message},
    [KW_CONTROL_VOTERS] = {"VOTERS", &kw_voters_record_message},
};

static bool is_known(int16_t type)
{
    return type >= 0 && (size_t)type < sizeof types / sizeof types[0];
}

const char *kw_control_type_name(int16_t type)
{
    return is_known(type) ? types[type].name : "UNKNOWN";
}

static kw_status read_key(kw_control_record *out, kw_bytes key)
{
    if (key.len < 0)
        return KW_ERR_NULL;
    kw_reader r;
    kw_reader_init_bytes(&r, key);
    out->key_version = kw_read_int16(&r);
    if (out->key_version < 0)
        return KW_ERR_VERSION;
    out->type = kw_read_int16(&r);
    out->error_at = r.error_at;
    return r.status;
}

/* All values start with their version. In the markers it precedes the message, in the others it is its first field. */
static kw_status read_value(kw_control_record *out, kw_bytes value, kw_arena *arena)
{
    if (value.len < 0)
        return KW_ERR_NULL;
    kw_reader r;
    kw_reader_init_bytes(&r, value);
    out->version = kw_read_int16(&r);
    out->error_at = r.error_at;
    if (r.status != KW_OK)
        return r.status;
    if (out->version < 0)
        return KW_ERR_VERSION;
    if (out->message != &kw_end_txn_marker_message)
        r.pos = r.start;
    int16_t last = out->message->versions.last;
    kw_status status = out->message->decode(&out->value, out->version < last ? out->version : last, &r, arena);
    out->error_at = r.error_at;
    return status;
}

kw_status kw_control_record_decode(kw_control_record *out, const kw_record *record, kw_arena *arena)
{
    memset(out, 0, sizeof *out);
    kw_status status = read_key(out, record->key);
    if (status != KW_OK || !is_known(out->type))
        return status;
    out->message = types[out->type].message;
    return read_value(out, record->value, arena);
}
