/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_COORDINATOR_GROUP_CLASSIC_CLASSIC_CALLS_H
#define TESTS_SERVER_COORDINATOR_GROUP_CLASSIC_CLASSIC_CALLS_H

/* Members of the group "group", by names, and what they are answered, as text. */

#include "classic_support.h"

#include <kwire/messages/group_metadata_value.h>

#include "base/growth.h"

/* ---- names for member ids ---- */

enum { NAMES = 40 };

static struct {
    char name[8];
    char id[ASK_ID];
} names[NAMES];
static size_t name_count;

static inline const char *id_of(const char *name)
{
    for (size_t i = 0; i < name_count; i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].id;
    return name;
}

static inline void name_id(const char *name, kw_string id)
{
    size_t i = 0;
    while (i < name_count && strcmp(names[i].name, name) != 0)
        i++;
    assert_true(i < NAMES);
    if (i == name_count)
        name_count++;
    (void)snprintf(names[i].name, sizeof names[i].name, "%s", name);
    (void)snprintf(names[i].id, sizeof names[i].id, "%.*s", KW_FMT(id));
}

static inline const char *name_of(kw_string id)
{
    static char text[ASK_ID];
    for (size_t i = name_count; i-- > 0;)
        if (kw_string_equal(kw_string_of(names[i].id), id))
            return names[i].name;
    (void)snprintf(text, sizeof text, id.len < 0 ? "null" : id.len == 0 ? "''" : "%.*s", KW_FMT(id));
    return text;
}

static inline int set_up_names(void **state)
{
    name_count = 0;
    return set_up(state);
}

/* ---- answers as text ---- */

static char answer[ASK_TEXT];
static size_t answer_len;

static inline void put(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    answer_len += (size_t)vsnprintf(answer + answer_len, sizeof answer - answer_len, format, arguments);
    va_end(arguments);
    assert_true(answer_len < sizeof answer);
}

static inline void put_join(const kw_join_group_response *r)
{
    put("%s", kw_error_name(r->error_code));
    if (r->error_code != KW_ERROR_NONE) {
        put(" %s", name_of(r->member_id));
        return;
    }
    put(" %d %.*s %s", r->generation_id, KW_FMT(r->protocol_name), name_of(r->leader));
    if (r->members.len > 0) {
        put(" [");
        for (int32_t i = 0; i < r->members.len; i++)
            put("%s%s", i != 0 ? " " : "", name_of(r->members.items[i].member_id));
        put("]");
    }
    if (r->skip_assignment)
        put(" skip");
}

static inline void put_leave(const kw_leave_group_response *r)
{
    put("%s", kw_error_name(r->error_code));
    for (int32_t i = 0; i < r->members.len; i++)
        put(" %s", kw_error_name(r->members.items[i].error_code));
}

/* Ends the request. */
static inline const char *take(struct ask *ask)
{
    answer_len = 0;
    answer[0] = '\0';
    sim_run_posted(&sim);
    if (!ask_look(ask))
        return "waits";
    if (ask->error != KW_ERROR_NONE)
        put("%s", kw_error_name(ask->error));
    else if (ask->what == ASK_JOIN)
        put_join(&ask->join_response);
    else if (ask->what == ASK_SYNC)
        put("%s '%.*s'", kw_error_name(ask->sync_response.error_code),
            KW_FMT(kw_string_of_bytes(ask->sync_response.assignment)));
    else if (ask->what == ASK_LEAVE)
        put_leave(&ask->leave_response);
    else
        put("%s", kw_error_name(ask->error));
    ask_free(ask);
    return answer;
}

/* ---- requests ---- */

struct with {
    int16_t version;       /* 0: the newest */
    const char *instance;  /* NULL: none */
    const char *type;      /* NULL: consumer */
    const char *protocols; /* letters; NULL: "r" */
    const char *bytes;     /* of all of them */
    int32_t session_ms;    /* 0: 10 s */
    int32_t rebalance_ms;  /* 0: 60 s */
};

static inline kw_string text_of(const char *text)
{
    return kw_string_of(text);
}

static inline struct ask *join_with(const char *name, const struct with *with)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    struct ask *ask = ask_create(ASK_JOIN, with->version != 0 ? with->version : 9);
    const char *protocols = with->protocols != NULL ? with->protocols : "r";
    ask->join.group_id = text_of("group");
    ask->join.member_id = text_of(id_of(name));
    if (with->instance != NULL)
        ask->join.group_instance_id = text_of(with->instance);
    ask->join.protocol_type = text_of(with->type != NULL ? with->type : "consumer");
    ask->join.session_timeout_ms = with->session_ms != 0 ? with->session_ms : 10000;
    ask->join.rebalance_timeout_ms = with->rebalance_ms != 0 ? with->rebalance_ms : 60000;
    ask->join.protocols.items = ask->protocols;
    for (const char *p = protocols; *p != '\0'; p++) {
        kw_join_group_request_protocol *protocol = &ask->protocols[ask->join.protocols.len++];
        kw_join_group_request_protocol_init(protocol);
        protocol->name = (kw_string){strchr(letters, *p), 1};
        protocol->metadata = kw_bytes_of_string(text_of(with->bytes != NULL ? with->bytes : ""));
    }
    ask_submit(ask);
    return ask;
}

static inline struct ask *join(const char *name)
{
    const struct with nothing = {.version = 9};
    return join_with(name, &nothing);
}

/* A new member gets its id, under this name. */
static inline void get_id(const char *name, const struct with *with)
{
    struct ask *ask = join_with("", with);
    assert_true(ask_look(ask));
    assert_int_equal(ask->join_response.error_code, KW_ERROR_MEMBER_ID_REQUIRED);
    name_id(name, ask->join_response.member_id);
    ask_free(ask);
}

/* With both requests. */
static inline struct ask *enter_with(const char *name, const struct with *with)
{
    get_id(name, with);
    return join_with(name, with);
}

static inline struct ask *enter(const char *name)
{
    const struct with nothing = {.version = 9};
    return enter_with(name, &nothing);
}

/* A static member: its id is named when it is known. */
static inline struct ask *enter_static(const char *instance, int16_t version)
{
    const struct with with = {.version = version, .instance = instance};
    return join_with("", &with);
}

/* "A=x B=yy": names and assignments. */
static inline struct ask *sync_of(const char *name, int32_t generation, const char *assignments)
{
    struct ask *ask = ask_create(ASK_SYNC, 5);
    ask->sync.group_id = text_of("group");
    ask->sync.member_id = text_of(id_of(name));
    ask->sync.generation_id = generation;
    ask->sync.protocol_type = text_of("consumer");
    ask->sync.protocol_name = text_of("r");
    ask->sync.assignments.items = ask->assignments;
    for (const char *at = assignments; *at != '\0';) {
        char who[8] = "";
        size_t len = strcspn(at, "="), end = strcspn(at, " ");
        memcpy(who, at, len);
        kw_sync_group_request_assignment *a = &ask->assignments[ask->sync.assignments.len++];
        kw_sync_group_request_assignment_init(a);
        a->member_id = arena_copy_string(&ask->arena, text_of(id_of(who)));
        a->assignment = kw_bytes_of(at + len + 1, end - len - 1);
        at += end;
        at += strspn(at, " ");
    }
    ask_submit(ask);
    return ask;
}

static inline const char *heartbeat_as(const char *name, const char *instance, int32_t generation)
{
    struct ask *ask = ask_create(ASK_HEARTBEAT, 4);
    ask->heartbeat.group_id = text_of("group");
    ask->heartbeat.member_id = text_of(id_of(name));
    if (instance != NULL)
        ask->heartbeat.group_instance_id = text_of(instance);
    ask->heartbeat.generation_id = generation;
    ask_submit(ask);
    return take(ask);
}

static inline const char *heartbeat(const char *name, int32_t generation)
{
    return heartbeat_as(name, NULL, generation);
}

/* Names or, after '@', instance ids. */
static inline const char *leave(const char *first, const char *second)
{
    const char *who[] = {first, second};
    struct ask *ask = ask_create(ASK_LEAVE, 5);
    ask->leave.group_id = text_of("group");
    ask->leave.members.items = ask->leaving;
    ask->leave_response.members.items = ask->left;
    for (size_t i = 0; i < COUNT_OF(who) && who[i] != NULL; i++) {
        kw_leave_group_request_member_identity *member = &ask->leaving[ask->leave.members.len++];
        kw_leave_group_request_member_identity_init(member);
        if (who[i][0] == '@')
            member->group_instance_id = text_of(who[i] + 1);
        else
            member->member_id = text_of(id_of(who[i]));
        kw_leave_group_response_member_response_init(&ask->left[ask->leave_response.members.len++]);
    }
    ask_submit(ask);
    return take(ask);
}

static inline const char *commit(const char *name, int32_t generation)
{
    struct ask *ask = ask_create(ASK_COMMIT, 8);
    ask->leave.group_id = text_of("group");
    ask->commit.member_id = text_of(id_of(name));
    ask->commit.instance_id = (kw_string){NULL, -1};
    ask->commit.generation = generation;
    ask_submit(ask);
    return take(ask);
}

static inline struct classic_group *the_group(void)
{
    struct group *group = group_find(machine, text_of("group"));
    assert_non_null(group);
    return group->state.classic;
}

static inline void assert_state(const char *expected)
{
    assert_string_equal(classic_state_text(the_group()->state), expected);
}

/* The members A and B in generation 1, with assignments a and b. A leads. */
static inline void make_stable_pair(void)
{
    struct ask *a = enter("A"), *b = enter("B");
    pass(3000);
    pass(3000); /* the second one has come meanwhile */
    assert_string_equal(take(a), "NONE 1 r A [A B]");
    assert_string_equal(take(b), "NONE 1 r A");
    b = sync_of("B", 1, "");
    a = sync_of("A", 1, "A=a B=b");
    assert_string_equal(take(a), "NONE 'a'");
    assert_string_equal(take(b), "NONE 'b'");
    assert_state("Stable");
}

/* ---- the last record of the log ---- */

static inline kw_group_metadata_value last_value(kw_arena *arena)
{
    kw_group_metadata_value value;
    kw_batches batches;
    kw_batch batch;
    kw_bytes bytes = {NULL, -1};
    kw_reader in;
    kw_batches_init_memory(&batches, store.bytes, store.size);
    while (kw_batches_next(&batches, &batch)) {
        kw_records records;
        kw_record record;
        assert_int_equal(kw_records_init(&records, &batch, NULL, NULL), KW_OK);
        while (kw_records_next(&records, &record))
            bytes = record.value;
    }
    kw_reader_init_bytes(&in, bytes);
    assert_int_equal(kw_read_int16(&in), 3);
    assert_int_equal(kw_group_metadata_value_decode(&value, 3, &in, arena), KW_OK);
    return value;
}

static inline void assert_record(const char *expected)
{
    uint8_t block[8192];
    kw_arena arena;
    kw_arena_init(&arena, block, sizeof block);
    const kw_group_metadata_value v = last_value(&arena);
    answer_len = 0;
    put("%.*s %d %.*s %s", KW_FMT(v.protocol_type), v.generation, KW_FMT(v.protocol), name_of(v.leader));
    for (int32_t i = 0; i < v.members.len; i++)
        put(" %s='%.*s'", name_of(v.members.items[i].member_id),
            KW_FMT(kw_string_of_bytes(v.members.items[i].assignment)));
    assert_string_equal(answer, expected);
}

#endif
