/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/storage/quorum_state.h>

#include "json_text.h"

/* Members that are present. */
enum {
    LEADER_ID = 1,
    LEADER_EPOCH = 2,
    VOTED_ID = 4,
    VOTED_DIRECTORY_ID = 8,
    VOTERS = 16,
    CLUSTER_ID = 32,
    OFFSET = 64
};
enum {
    NEEDED_V0 = LEADER_ID | LEADER_EPOCH | VOTED_ID | VOTERS | CLUSTER_ID | OFFSET,
    NEEDED_V1 = LEADER_ID | LEADER_EPOCH | VOTED_ID | VOTED_DIRECTORY_ID
};

typedef struct reading {
    kw_quorum_state *out;
    kw_arena *arena;
    unsigned members;
    bool no_memory;
} reading;

static bool read_int32(kwi_text *t, int32_t *out)
{
    int64_t value;
    if (!kwi_json_integer(t, INT32_MAX, &value))
        return false;
    *out = (int32_t)value;
    return true;
}

static bool is_named(kw_string key, const char *name)
{
    return kw_string_equal(key, kw_string_of(name));
}

/* ---- the voters: counted first, as the arena has no growing lists ---- */

typedef struct voter {
    int32_t id;
    bool has_id;
} voter;

static bool read_voter_member(kwi_text *t, kw_string key, void *context)
{
    voter *v = context;
    if (!is_named(key, "voterId"))
        return kwi_json_skip(t);
    v->has_id = true;
    return read_int32(t, &v->id);
}

static bool read_voter(kwi_text *t, void *context)
{
    kw_int32_array *ids = context;
    voter v = {0, false};
    if (!kwi_json_object(t, read_voter_member, &v) || !v.has_id)
        return false;
    if (ids->items != NULL)
        ids->items[ids->len] = v.id;
    ids->len++;
    return true;
}

static bool read_voters(kwi_text *t, reading *r)
{
    kwi_text first = *t;
    kw_int32_array ids = {NULL, 0};
    if (!kwi_json_array(&first, read_voter, &ids)) {
        t->pos = first.pos;
        return false;
    }
    ids.items = kw_arena_array(r->arena, (size_t)ids.len + 1, sizeof *ids.items);
    r->no_memory = ids.items == NULL;
    if (r->no_memory)
        return false;
    ids.len = 0;
    bool same = kwi_json_array(t, read_voter, &ids);
    r->out->voters = ids;
    return same;
}

static bool read_member(kwi_text *t, kw_string key, void *context)
{
    reading *r = context;
    kw_quorum_state *out = r->out;
    const struct {
        const char *name;
        int32_t *value;
        unsigned member;
    } numbers[] = {{"data_version", &out->data_version, 0},
                   {"leaderId", &out->leader_id, LEADER_ID},
                   {"leaderEpoch", &out->leader_epoch, LEADER_EPOCH},
                   {"votedId", &out->voted_id, VOTED_ID}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (is_named(key, numbers[i].name)) {
            r->members |= numbers[i].member;
            return read_int32(t, numbers[i].value);
        }
    }
    if (is_named(key, "currentVoters")) {
        r->members |= VOTERS;
        return read_voters(t, r);
    }
    if (is_named(key, "votedDirectoryId")) {
        kw_string id;
        r->members |= VOTED_DIRECTORY_ID;
        return kwi_json_string(t, &id) && kwi_parse_uuid(id, &out->voted_directory_id);
    }
    if (is_named(key, "clusterId"))
        r->members |= CLUSTER_ID;
    if (is_named(key, "appliedOffset"))
        r->members |= OFFSET;
    return kwi_json_skip(t);
}

static kw_status read_state(kwi_text *t, reading *r)
{
    if (!kwi_json_object(t, read_member, r))
        return r->no_memory ? kw_arena_status(r->arena) : KW_ERR_FILE_FORMAT;
    int32_t version = r->out->data_version;
    if (version < 0)
        return KW_ERR_FILE_FORMAT;
    if (version > 1)
        return KW_ERR_VERSION;
    unsigned needed = version == 0 ? NEEDED_V0 : NEEDED_V1;
    return (r->members & needed) == needed ? KW_OK : KW_ERR_FILE_FORMAT;
}

kw_status kw_quorum_state_parse(kw_quorum_state *out, kw_string text, kw_arena *arena, size_t *error_at)
{
    memset(out, 0, sizeof *out);
    out->data_version = -1;
    out->leader_id = -1;
    out->leader_epoch = -1;
    out->voted_id = -1;
    out->voters.len = -1;
    kwi_text t = kwi_text_of(text);
    reading r = {out, arena, 0, false};
    kw_status status = read_state(&t, &r);
    *error_at = status == KW_OK ? 0 : t.pos;
    return status;
}

static void write_member(kw_writer *w, const char *name, int32_t value)
{
    kwi_write_text(w, name);
    kwi_write_number(w, value);
}

static void write_state_v0(kw_writer *w, const kw_quorum_state *state)
{
    write_member(w, "{\"clusterId\":\"\",\"leaderId\":", state->leader_id);
    write_member(w, ",\"leaderEpoch\":", state->leader_epoch);
    write_member(w, ",\"votedId\":", state->voted_id);
    kwi_write_text(w, ",\"appliedOffset\":0,\"currentVoters\":[");
    for (int32_t i = 0; i < state->voters.len; i++) {
        write_member(w, i > 0 ? ",{\"voterId\":" : "{\"voterId\":", state->voters.items[i]);
        kwi_write_text(w, "}");
    }
    kwi_write_text(w, "],\"data_version\":0}");
}

static void write_state_v1(kw_writer *w, const kw_quorum_state *state)
{
    write_member(w, "{\"leaderId\":", state->leader_id);
    write_member(w, ",\"leaderEpoch\":", state->leader_epoch);
    write_member(w, ",\"votedId\":", state->voted_id);
    kwi_write_text(w, ",\"votedDirectoryId\":\"");
    kwi_write_uuid(w, state->voted_directory_id);
    kwi_write_text(w, "\",\"data_version\":1}");
}

kw_status kw_quorum_state_write(kw_writer *w, const kw_quorum_state *state)
{
    if (state->data_version == 0)
        write_state_v0(w, state);
    else if (state->data_version == 1)
        write_state_v1(w, state);
    else
        (void)kw_writer_fail(w, KW_ERR_VERSION);
    return w->status;
}
