/* SPDX-License-Identifier: Apache-2.0 */
/* JoinGroup, SyncGroup, Heartbeat and LeaveGroup of classic groups, rule by rule: what is answered, when, and what is
 * written. */
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

static const char *id_of(const char *name)
{
    for (size_t i = 0; i < name_count; i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].id;
    return name;
}

static void name_id(const char *name, kw_string id)
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

static const char *name_of(kw_string id)
{
    static char text[ASK_ID];
    for (size_t i = name_count; i-- > 0;)
        if (kw_string_equal(kw_string_of(names[i].id), id))
            return names[i].name;
    (void)snprintf(text, sizeof text, id.len < 0 ? "null" : id.len == 0 ? "''" : "%.*s", KW_FMT(id));
    return text;
}

static int set_up_names(void **state)
{
    name_count = 0;
    return set_up(state);
}

/* ---- answers as text ---- */

static char answer[ASK_TEXT];
static size_t answer_len;

static void put(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    answer_len += (size_t)vsnprintf(answer + answer_len, sizeof answer - answer_len, format, arguments);
    va_end(arguments);
    assert_true(answer_len < sizeof answer);
}

static void put_join(const kw_join_group_response *r)
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

static void put_leave(const kw_leave_group_response *r)
{
    put("%s", kw_error_name(r->error_code));
    for (int32_t i = 0; i < r->members.len; i++)
        put(" %s", kw_error_name(r->members.items[i].error_code));
}

/* Ends the request. */
static const char *take(struct ask *ask)
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

static kw_string text_of(const char *text)
{
    return kw_string_of(text);
}

static struct ask *join_with(const char *name, const struct with *with)
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

static struct ask *join(const char *name)
{
    const struct with nothing = {.version = 9};
    return join_with(name, &nothing);
}

/* A new member gets its id, under this name. */
static void get_id(const char *name, const struct with *with)
{
    struct ask *ask = join_with("", with);
    assert_true(ask_look(ask));
    assert_int_equal(ask->join_response.error_code, KW_ERROR_MEMBER_ID_REQUIRED);
    name_id(name, ask->join_response.member_id);
    ask_free(ask);
}

/* With both requests. */
static struct ask *enter_with(const char *name, const struct with *with)
{
    get_id(name, with);
    return join_with(name, with);
}

static struct ask *enter(const char *name)
{
    const struct with nothing = {.version = 9};
    return enter_with(name, &nothing);
}

/* A static member: its id is named when it is known. */
static struct ask *enter_static(const char *instance, int16_t version)
{
    const struct with with = {.version = version, .instance = instance};
    return join_with("", &with);
}

/* "A=x B=yy": names and assignments. */
static struct ask *sync_of(const char *name, int32_t generation, const char *assignments)
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

static const char *heartbeat_as(const char *name, const char *instance, int32_t generation)
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

static const char *heartbeat(const char *name, int32_t generation)
{
    return heartbeat_as(name, NULL, generation);
}

/* Names or, after '@', instance ids. */
static const char *leave(const char *first, const char *second)
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

static const char *commit(const char *name, int32_t generation)
{
    struct ask *ask = ask_create(ASK_COMMIT, 8);
    ask->leave.group_id = text_of("group");
    ask->commit.member_id = text_of(id_of(name));
    ask->commit.instance_id = (kw_string){NULL, -1};
    ask->commit.generation = generation;
    ask_submit(ask);
    return take(ask);
}

static struct classic_group *the_group(void)
{
    struct group *group = group_find(machine, text_of("group"));
    assert_non_null(group);
    return group->state.classic;
}

static void assert_state(const char *expected)
{
    assert_string_equal(classic_state_text(the_group()->state), expected);
}

/* The members A and B in generation 1, with assignments a and b. A leads. */
static void make_stable_pair(void)
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

static kw_group_metadata_value last_value(kw_arena *arena)
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

static void assert_record(const char *expected)
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

/* ---- JoinGroup ---- */

static void a_group_starts(void **state)
{
    (void)state;
    const struct with nothing = {.version = 9};
    get_id("A", &nothing);
    assert_state("Empty");
    assert_int_equal(store.end, 1);
    assert_record(" 0  null");
    struct ask *a = join("A");
    assert_state("PreparingRebalance");
    assert_string_equal(take(a), "waits");
    pass(2999);
    assert_string_equal(take(a), "waits");
    pass(1);
    assert_string_equal(take(a), "NONE 1 r A [A]");
    assert_state("CompletingRebalance");
    assert_int_equal(store.end, 1);
    a = sync_of("A", 1, "A=all");
    assert_string_equal(take(a), "NONE 'all'");
    assert_state("Stable");
    assert_record("consumer 1 r A A='all'");
    assert_string_equal(heartbeat("A", 1), "NONE");
}

static void the_initial_delay_grows(void **state)
{
    (void)state;
    const struct with with = {.version = 9, .rebalance_ms = 8000};
    struct ask *a = enter_with("A", &with);
    pass(2000);
    struct ask *b = enter_with("B", &with);
    pass(1000); /* 3 s: B has come; 5 s remain */
    pass(1000);
    struct ask *c = enter_with("C", &with);
    pass(2000); /* 6 s: C has come; 2 s remain */
    struct ask *d = enter_with("D", &with);
    pass(1999);
    assert_string_equal(take(a), "waits");
    pass(1); /* 8 s: none remains */
    assert_string_equal(take(a), "NONE 1 r A [A B C D]");
    assert_string_equal(take(b), "NONE 1 r A");
    assert_string_equal(take(c), "NONE 1 r A");
    assert_string_equal(take(d), "NONE 1 r A");
}

static void without_a_delay(void **state)
{
    (void)state;
    machine->settings.classic_initial_delay_ms = 0;
    assert_string_equal(take(enter("A")), "NONE 1 r A [A]");
    struct ask *b = enter("B");
    assert_string_equal(heartbeat("A", 1), "REBALANCE_IN_PROGRESS");
    struct ask *a = join("A");
    assert_string_equal(take(b), "NONE 2 r A");
    assert_string_equal(take(a), "NONE 2 r A [A B]");
}

static void old_versions_join_at_once(void **state)
{
    (void)state;
    const struct with with = {.version = 3};
    struct ask *a = join_with("", &with);
    assert_string_equal(take(a), "waits");
    pass(3000);
    assert_true(ask_look(a));
    name_id("A", a->join_response.member_id);
    assert_string_equal(take(a), "NONE 1 r A [A]");
    assert_int_equal(strncmp(id_of("A"), "client-", 7), 0);
    assert_int_equal(strlen(id_of("A")), 7 + 36);
}

static void unknown_ids(void **state)
{
    (void)state;
    assert_string_equal(take(join("nobody")), "UNKNOWN_MEMBER_ID nobody");
    assert_int_equal(store.end, 0);
    make_stable_pair();
    assert_string_equal(take(join("nobody")), "UNKNOWN_MEMBER_ID nobody");
    const struct with with = {.version = 9, .instance = "i"};
    assert_string_equal(take(join_with("nobody", &with)), "UNKNOWN_MEMBER_ID nobody");
    assert_string_equal(take(join_with("A", &with)), "UNKNOWN_MEMBER_ID A");
}

static void protocols_must_agree(void **state)
{
    (void)state;
    const struct with none = {.version = 9, .protocols = ""}, no_type = {.version = 9, .type = ""};
    const struct with other_type = {.version = 9, .type = "connect"}, other = {.version = 9, .protocols = "x"};
    const struct with both = {.version = 9, .protocols = "xr"};
    assert_string_equal(take(join_with("", &none)), "INCONSISTENT_GROUP_PROTOCOL ''");
    assert_state("Empty"); /* the group is made nevertheless */
    assert_string_equal(take(join_with("", &no_type)), "INCONSISTENT_GROUP_PROTOCOL ''");
    make_stable_pair();
    assert_string_equal(take(join_with("", &other_type)), "INCONSISTENT_GROUP_PROTOCOL ''");
    assert_string_equal(take(join_with("", &other)), "INCONSISTENT_GROUP_PROTOCOL ''");
    assert_string_equal(take(join_with("B", &other)), "INCONSISTENT_GROUP_PROTOCOL B");
    get_id("C", &both);
}

static void the_protocol_is_voted_for(void **state)
{
    (void)state;
    const struct with rs = {.version = 9, .protocols = "rs"}, sr = {.version = 9, .protocols = "sr"};
    const struct with xsr = {.version = 9, .protocols = "xsr"};
    struct ask *a = enter_with("A", &rs), *b = enter_with("B", &sr), *c = enter_with("C", &xsr);
    pass(6000);
    assert_string_equal(take(a), "NONE 1 s A [A B C]");
    assert_string_equal(take(b), "NONE 1 s A");
    assert_string_equal(take(c), "NONE 1 s A");
    assert_string_equal(leave("C", NULL), "NONE NONE");
    a = join_with("A", &rs);
    b = join_with("B", &sr);
    assert_string_equal(take(a), "NONE 2 r A [A B]"); /* one vote each: the leader's */
    assert_string_equal(take(b), "NONE 2 r A");
}

static void joins_of_members(void **state)
{
    (void)state;
    const struct with changed = {.version = 9, .bytes = "new"};
    make_stable_pair();
    assert_string_equal(take(join("B")), "NONE 1 r A"); /* nothing has changed */
    assert_state("Stable");
    struct ask *b = join_with("B", &changed);
    assert_string_equal(take(b), "waits");
    assert_state("PreparingRebalance");
    struct ask *again = join_with("B", &changed);
    assert_string_equal(take(b), "UNKNOWN_MEMBER_ID ''"); /* it has asked twice */
    struct ask *a = join("A");
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(again), "NONE 2 r A");
    assert_string_equal(take(join("A")), "NONE 2 r A [A B]"); /* the answer was lost */
    assert_string_equal(take(join_with("B", &changed)), "NONE 2 r A");
    a = join_with("A", &changed);
    assert_state("PreparingRebalance");
    b = join_with("B", &changed);
    assert_string_equal(take(a), "NONE 3 r A [A B]");
    assert_string_equal(take(b), "NONE 3 r A");
    a = sync_of("A", 3, "A=1 B=2");
    assert_string_equal(take(a), "NONE '1'");
    a = join_with("A", &changed); /* the leader wants to assign anew */
    assert_state("PreparingRebalance");
    assert_string_equal(take(a), "waits");
    assert_string_equal(take(join_with("B", &changed)), "NONE 4 r A");
    assert_string_equal(take(a), "NONE 4 r A [A B]");
}

static void full_groups(void **state)
{
    (void)state;
    machine->settings.classic_max_size = 2;
    make_stable_pair();
    assert_string_equal(take(enter_static("s", 9)), "GROUP_MAX_SIZE_REACHED ''");
    assert_string_equal(take(join("")), "GROUP_MAX_SIZE_REACHED ''");
    machine->settings.classic_max_size = 3;
    const struct with nothing = {.version = 9};
    get_id("C", &nothing);
    get_id("D", &nothing);
    struct ask *c = join("C"), *a = join("A"), *d = join("D");
    assert_int_equal(the_group()->pending.count, 0);
    machine->settings.classic_max_size = 2;
    assert_string_equal(take(join("B")), "GROUP_MAX_SIZE_REACHED ''"); /* it came too late */
    assert_null(classic_find(the_group(), text_of(id_of("B"))));
    assert_string_equal(take(d), "waits");
    struct ask *again = join("A"); /* waits already */
    assert_string_equal(take(a), "UNKNOWN_MEMBER_ID ''");
    assert_string_equal(take(again), "NONE 2 r A [A C D]");
    assert_string_equal(take(c), "NONE 2 r A");
    assert_string_equal(take(d), "NONE 2 r A");
}

static void ids_that_do_not_come_back(void **state)
{
    (void)state;
    const struct with nothing = {.version = 9};
    make_stable_pair();
    get_id("C", &nothing);
    pass(5000);
    assert_string_equal(heartbeat("A", 1), "NONE");
    assert_string_equal(heartbeat("B", 1), "NONE");
    struct ask *a = join("A"), *b = join("B");
    assert_string_equal(take(a), "waits"); /* for C */
    pass(4999);
    assert_string_equal(take(a), "waits");
    pass(1);
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(b), "NONE 2 r A");
    assert_string_equal(take(join("C")), "UNKNOWN_MEMBER_ID C");
    get_id("C", &nothing);
    a = join_with("A", &(struct with){.version = 9, .bytes = "x"});
    b = join("B");
    assert_string_equal(take(b), "waits");
    assert_string_equal(leave("C", NULL), "NONE NONE");
    assert_string_equal(take(b), "NONE 3 r A");
    assert_string_equal(take(a), "NONE 3 r A [A B]");
    get_id("C", &nothing);
    assert_string_equal(take(join_with("C", &(struct with){.version = 9, .instance = "i"})), "UNKNOWN_SERVER_ERROR ''");
}

/* ---- rebalances ---- */

static void who_does_not_join_is_removed(void **state)
{
    (void)state;
    make_stable_pair();
    struct ask *c = enter("C");
    pass(8000);
    assert_string_equal(heartbeat("A", 1), "REBALANCE_IN_PROGRESS");
    assert_string_equal(heartbeat("B", 1), "REBALANCE_IN_PROGRESS");
    struct ask *b = join("B");
    for (int i = 0; i < 51; i++) {
        assert_string_equal(heartbeat("A", 1), "REBALANCE_IN_PROGRESS");
        pass(1000);
    }
    assert_string_equal(take(b), "waits");
    pass(1000);                                       /* 60 s */
    assert_string_equal(take(b), "NONE 2 r B [B C]"); /* the first one that waits leads */
    assert_string_equal(take(c), "NONE 2 r B");
    assert_string_equal(heartbeat("A", 1), "UNKNOWN_MEMBER_ID");
}

static void who_does_not_sync_is_removed(void **state)
{
    (void)state;
    make_stable_pair();
    struct ask *a = join("A"), *b = join("B");
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(b), "NONE 2 r A");
    a = sync_of("A", 2, "A=1 B=2");
    assert_string_equal(take(a), "NONE '1'");
    assert_state("Stable");
    for (int i = 0; i < 59; i++) {
        pass(1000);
        assert_string_equal(heartbeat("A", 2), "NONE");
        assert_string_equal(heartbeat("B", 2), "NONE");
    }
    pass(1000);
    assert_string_equal(heartbeat("B", 2), "UNKNOWN_MEMBER_ID");
    assert_state("PreparingRebalance");
    assert_string_equal(take(join("A")), "NONE 3 r A [A]");
}

static void nobody_joins(void **state)
{
    (void)state;
    make_stable_pair();
    struct ask *c = enter("C");
    assert_string_equal(leave("C", NULL), "NONE NONE");
    assert_string_equal(take(c), "UNKNOWN_MEMBER_ID ''");
    for (int i = 0; i < 59; i++) {
        assert_string_equal(heartbeat("A", 1), "REBALANCE_IN_PROGRESS");
        pass(1000);
    }
    assert_int_equal(store.end, 2);
    pass(1000);
    assert_state("Empty");
    assert_record("consumer 2  null");
    assert_string_equal(heartbeat("A", 1), "UNKNOWN_MEMBER_ID");
}

static void sessions_end(void **state)
{
    (void)state;
    make_stable_pair();
    pass(9999);
    assert_string_equal(heartbeat("B", 1), "NONE");
    pass(1);
    assert_state("PreparingRebalance");
    assert_string_equal(heartbeat("A", 1), "UNKNOWN_MEMBER_ID");
    assert_string_equal(heartbeat("B", 1), "REBALANCE_IN_PROGRESS");
    pass(10000);
    assert_state("Empty");
    assert_record("consumer 2  null");
}

static void who_waits_is_alive(void **state)
{
    (void)state;
    make_stable_pair();
    struct ask *a = join("A");
    for (int i = 0; i < 5; i++) {
        assert_string_equal(heartbeat("B", 1), "REBALANCE_IN_PROGRESS");
        pass(9000);
    }
    assert_string_equal(take(a), "waits");
    pass(1000); /* B is dead, A is not */
    assert_string_equal(take(a), "NONE 2 r A [A]");
    pass(9999);
    assert_string_equal(heartbeat("A", 2), "NONE");
}

static void new_members_wait_5_minutes(void **state)
{
    (void)state;
    const struct with patient = {.version = 9, .rebalance_ms = 1000000, .session_ms = 900000};
    struct ask *a = enter_with("A", &patient);
    pass(3000);
    assert_string_equal(take(a), "NONE 1 r A [A]");
    assert_string_equal(take(sync_of("A", 1, "")), "NONE ''");
    struct ask *b = enter_with("B", &patient);
    pass(299999);
    assert_string_equal(take(b), "waits");
    pass(1);
    assert_string_equal(take(b), "UNKNOWN_MEMBER_ID ''");
}

/* ---- SyncGroup ---- */

static void sync_refused(void **state)
{
    (void)state;
    assert_string_equal(take(sync_of("A", 1, "")), "UNKNOWN_MEMBER_ID ''");
    make_stable_pair();
    assert_string_equal(take(sync_of("nobody", 1, "")), "UNKNOWN_MEMBER_ID ''");
    assert_string_equal(take(sync_of("A", 2, "")), "ILLEGAL_GENERATION ''");
    assert_string_equal(take(sync_of("A", 1, "")), "NONE 'a'");
    struct ask *ask = ask_create(ASK_SYNC, 5);
    ask->sync.group_id = text_of("group");
    ask->sync.member_id = text_of(id_of("A"));
    ask->sync.generation_id = 1;
    ask->sync.protocol_type = text_of("connect");
    ask_submit(ask);
    assert_string_equal(take(ask), "INCONSISTENT_GROUP_PROTOCOL ''");
    ask = ask_create(ASK_SYNC, 5);
    ask->sync.group_id = text_of("group");
    ask->sync.member_id = text_of(id_of("A"));
    ask->sync.generation_id = 1;
    ask->sync.protocol_name = text_of("s");
    ask_submit(ask);
    assert_string_equal(take(ask), "INCONSISTENT_GROUP_PROTOCOL ''");
    struct ask *c = enter("C");
    assert_string_equal(take(sync_of("A", 1, "")), "REBALANCE_IN_PROGRESS ''");
    assert_string_equal(take(sync_of("C", 1, "")), "REBALANCE_IN_PROGRESS ''");
    assert_string_equal(leave("A", "B"), "NONE NONE NONE");
    assert_string_equal(take(c), "NONE 2 r C [C]");
    assert_string_equal(leave("C", NULL), "NONE NONE");
    assert_string_equal(take(sync_of("A", 1, "")), "UNKNOWN_MEMBER_ID ''"); /* the group is empty */
}

static void syncs_that_wait(void **state)
{
    (void)state;
    make_stable_pair();
    struct ask *c = enter("C"), *a = join("A"), *b = join("B");
    assert_string_equal(take(a), "NONE 2 r A [A B C]");
    assert_string_equal(take(b), "NONE 2 r A");
    assert_string_equal(take(c), "NONE 2 r A");
    b = sync_of("B", 2, "B=wrong"); /* only the leader's count */
    assert_string_equal(take(b), "waits");
    struct ask *again = sync_of("B", 2, "");
    assert_string_equal(take(b), "UNKNOWN_MEMBER_ID ''");
    c = join_with("C", &(struct with){.version = 9, .bytes = "x"});
    assert_string_equal(take(again), "REBALANCE_IN_PROGRESS ''");
    a = join("A");
    b = join("B");
    assert_string_equal(take(a), "NONE 3 r A [A B C]");
    assert_string_equal(take(b), "NONE 3 r A");
    assert_string_equal(take(c), "NONE 3 r A");
    b = sync_of("B", 3, "");
    a = sync_of("A", 3, "B=1 B=2 X=3 C=4");
    assert_string_equal(take(a), "NONE ''");
    assert_string_equal(take(b), "NONE '2'");
    assert_record("consumer 3 r A A='' B='2' C='4'");
    assert_string_equal(take(sync_of("C", 3, "")), "NONE '4'");
}

static void the_first_assignment_counts(void **state)
{
    (void)state;
    make_stable_pair();
    struct ask *a = join("A"), *b = join("B");
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(b), "NONE 2 r A");
    store.is_later = true;
    a = sync_of("A", 2, "A=1 B=1");
    struct ask *again = sync_of("A", 2, "A=2 B=2");
    assert_string_equal(take(a), "UNKNOWN_MEMBER_ID ''");
    assert_string_equal(take(again), "waits");
    toy_log_finish_append(&store);
    sim_run_posted(&sim);
    assert_state("Stable");
    assert_null(store.append);
    assert_string_equal(take(again), "NONE '1'");
    assert_string_equal(take(sync_of("B", 2, "")), "NONE '1'");
}

static void assignments_that_cannot_be_written(void **state)
{
    (void)state;
    make_stable_pair();
    struct ask *a = join("A"), *b = join("B");
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(b), "NONE 2 r A");
    b = sync_of("B", 2, "");
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    a = sync_of("A", 2, "A=1 B=2");
    assert_string_equal(take(a), "NOT_COORDINATOR ''");
    assert_string_equal(take(b), "NOT_COORDINATOR ''");
    assert_state("PreparingRebalance");
    store.error = KW_ERROR_NONE;
    a = join("A");
    b = join("B");
    assert_string_equal(take(a), "NONE 3 r A [A B]");
    assert_string_equal(take(b), "NONE 3 r A");
    store.max_batch = 100;
    a = sync_of("A", 3, "A=1 B=2");
    assert_string_equal(take(a), "UNKNOWN_SERVER_ERROR ''");
    assert_state("PreparingRebalance");
}

static void assignments_that_come_too_late(void **state)
{
    (void)state;
    make_stable_pair();
    struct ask *a = join("A"), *b = join("B");
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(b), "NONE 2 r A");
    store.is_later = true;
    a = sync_of("A", 2, "A=1 B=2");
    struct ask *left = ask_create(ASK_LEAVE, 5);
    left->leave.group_id = text_of("group");
    left->leave.members.items = left->leaving;
    left->leave.members.len = left->leave_response.members.len = 1;
    left->leave_response.members.items = left->left;
    kw_leave_group_request_member_identity_init(&left->leaving[0]);
    left->leaving[0].member_id = text_of(id_of("B"));
    ask_submit(left);
    assert_string_equal(take(a), "REBALANCE_IN_PROGRESS ''");
    toy_log_finish_append(&store);
    assert_string_equal(take(left), "NONE NONE");
    assert_state("PreparingRebalance");
    assert_int_equal(shared_bytes_view(classic_find(the_group(), text_of(id_of("A")))->assignment).len, 0);
    store.is_later = false;
}

static void the_leaders_call_has_gone(void **state)
{
    (void)state;
    make_stable_pair();
    struct ask *a = join("A"), *b = join("B");
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(b), "NONE 2 r A");
    store.is_later = true;
    b = sync_of("B", 2, "");
    a = sync_of("A", 2, "A=1 B=2");
    ask_free(a);
    toy_log_finish_append(&store);
    assert_string_equal(take(b), "NONE '2'");
    assert_state("Stable");
}

static void assignments_that_take_too_long(void **state)
{
    (void)state;
    make_stable_pair();
    struct ask *a = join("A"), *b = join("B");
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(b), "NONE 2 r A");
    store.others_lag = true;
    a = sync_of("A", 2, "A=1 B=2");
    pass(TOY_TIMEOUT);
    assert_string_equal(take(a), "COORDINATOR_NOT_AVAILABLE ''");
    assert_state("PreparingRebalance");
    toy_log_move(&store, store.end);
    store.others_lag = false;
}

/* ---- Heartbeat, LeaveGroup ---- */

static void heartbeats(void **state)
{
    (void)state;
    assert_string_equal(heartbeat("A", 1), "UNKNOWN_MEMBER_ID");
    make_stable_pair();
    assert_string_equal(heartbeat("A", 0), "ILLEGAL_GENERATION");
    assert_string_equal(heartbeat("nobody", 1), "UNKNOWN_MEMBER_ID");
    assert_string_equal(heartbeat_as("A", "i", 1), "UNKNOWN_MEMBER_ID");
    struct ask *a = join("A"), *b = join("B");
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(b), "NONE 2 r A");
    for (int i = 0; i < 6; i++) {
        pass(9000);
        assert_string_equal(heartbeat("A", 2), "NONE"); /* while assignments are awaited */
        assert_string_equal(heartbeat("B", 2), "NONE");
    }
    assert_state("CompletingRebalance");
}

static void leaving(void **state)
{
    (void)state;
    assert_string_equal(leave("A", NULL), "NONE UNKNOWN_MEMBER_ID");
    make_stable_pair();
    assert_string_equal(leave("nobody", NULL), "NONE UNKNOWN_MEMBER_ID");
    assert_string_equal(leave("", "@i"), "NONE UNKNOWN_MEMBER_ID UNKNOWN_MEMBER_ID");
    assert_state("Stable");
    assert_string_equal(leave("A", "A"), "NONE NONE UNKNOWN_MEMBER_ID");
    assert_state("PreparingRebalance");
    assert_string_equal(take(join("B")), "NONE 2 r B [B]");
    assert_string_equal(leave("B", NULL), "NONE NONE");
    assert_state("Empty");
    assert_record("consumer 3  null");
}

static void leaving_while_it_waits(void **state)
{
    (void)state;
    make_stable_pair();
    struct ask *a = join("A"), *b = join("B");
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(b), "NONE 2 r A");
    b = sync_of("B", 2, "");
    assert_string_equal(leave("B", NULL), "NONE NONE");
    assert_string_equal(take(b), "UNKNOWN_MEMBER_ID ''");
    a = join("A");
    assert_string_equal(take(a), "NONE 3 r A [A]");
}

static void all_leave_while_it_starts(void **state)
{
    (void)state;
    struct ask *a = enter("A");
    assert_string_equal(leave("A", NULL), "NONE NONE");
    assert_string_equal(take(a), "UNKNOWN_MEMBER_ID ''");
    assert_state("PreparingRebalance");
    pass(3000);
    assert_state("Empty");
    assert_record("consumer 1  null");
}

/* ---- static members ---- */

/* The static members i (A) and j (B) in generation 1. */
static void make_static_pair(int16_t version)
{
    struct ask *a = enter_static("i", version), *b = enter_static("j", version);
    pass(3000);
    pass(3000);
    assert_true(ask_look(a) && ask_look(b));
    name_id("A", a->join_response.member_id);
    name_id("B", b->join_response.member_id);
    assert_int_equal(strncmp(id_of("A"), "i-", 2), 0);
    assert_string_equal(take(a), "NONE 1 r A [A B]");
    assert_string_equal(take(b), "NONE 1 r A");
    b = sync_of("B", 1, "");
    assert_string_equal(take(sync_of("A", 1, "A=a B=b")), "NONE 'a'");
    assert_string_equal(take(b), "NONE 'b'");
}

static const char *take_as(const char *name, struct ask *ask)
{
    sim_run_posted(&sim);
    assert_true(ask_look(ask));
    name_id(name, ask->join_response.member_id);
    return take(ask);
}

static void a_static_member_returns(void **state)
{
    (void)state;
    make_static_pair(9);
    assert_string_equal(take_as("C", enter_static("j", 9)), "NONE 1 r A");
    assert_state("Stable");
    assert_record("consumer 1 r A A='a' C='b'");
    assert_string_equal(heartbeat_as("B", "j", 1), "FENCED_INSTANCE_ID");
    assert_string_equal(heartbeat("B", 1), "UNKNOWN_MEMBER_ID");
    assert_string_equal(take(join_with("B", &(struct with){.version = 9, .instance = "j"})), "FENCED_INSTANCE_ID B");
    assert_string_equal(heartbeat_as("C", "j", 1), "NONE");
    assert_string_equal(take(sync_of("C", 1, "")), "NONE 'b'");
    assert_string_equal(take_as("D", enter_static("i", 9)), "NONE 1 r D [D C] skip");
    assert_record("consumer 1 r D D='a' C='b'");
    assert_string_equal(take(sync_of("D", 1, "")), "NONE 'a'");
}

static void a_static_leader_of_old_versions(void **state)
{
    (void)state;
    make_static_pair(8);
    assert_string_equal(take_as("C", enter_static("i", 8)), "NONE 1 r A"); /* so that it does not lead */
    assert_string_equal(name_of(classic_leader(the_group())), "C");
    assert_string_equal(take_as("D", enter_static("j", 8)), "NONE 1 r C");
}

static void a_static_member_with_other_protocols(void **state)
{
    (void)state;
    const struct with i = {.version = 9, .instance = "i", .protocols = "rs"};
    const struct with j = {.version = 9, .instance = "j", .protocols = "rs"};
    const struct with j_now = {.version = 9, .instance = "j", .protocols = "s"};
    struct ask *a = join_with("", &i), *b = join_with("", &j);
    pass(3000);
    pass(3000);
    assert_true(ask_look(a));
    name_id("A", a->join_response.member_id);
    assert_string_equal(take_as("B", b), "NONE 1 r A");
    assert_string_equal(take(a), "NONE 1 r A [A B]");
    assert_string_equal(take(sync_of("A", 1, "A=a B=b")), "NONE 'a'");
    b = join_with("", &j_now);
    assert_string_equal(take(b), "waits");
    assert_state("PreparingRebalance");
    a = join_with("A", &i);
    assert_string_equal(take_as("C", b), "NONE 2 s A");
    assert_string_equal(take(a), "NONE 2 s A [A C]");
}

static void a_static_member_while_others_wait(void **state)
{
    (void)state;
    make_static_pair(9);
    struct ask *c = enter("C");
    struct ask *b = enter_static("j", 9);
    assert_string_equal(take(b), "waits");
    struct ask *again = enter_static("j", 9);
    assert_true(ask_look(b));
    assert_int_equal(b->join_response.error_code, KW_ERROR_FENCED_INSTANCE_ID);
    assert_int_equal(b->join_response.protocol_name.len, -1);
    ask_free(b);
    struct ask *a = join_with("A", &(struct with){.version = 9, .instance = "i"});
    assert_string_equal(take_as("B", again), "NONE 2 r A");
    assert_string_equal(take(a), "NONE 2 r A [A B C]");
    assert_string_equal(take(c), "NONE 2 r A");
    b = sync_of("B", 2, "");
    again = enter_static("j", 9); /* an assignment is awaited */
    assert_string_equal(take(b), "FENCED_INSTANCE_ID ''");
    assert_state("PreparingRebalance");
    assert_string_equal(take(again), "waits");
}

static void an_id_that_cannot_be_written(void **state)
{
    (void)state;
    make_static_pair(9);
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    assert_string_equal(take(enter_static("j", 9)), "NOT_COORDINATOR ''");
    assert_string_equal(heartbeat_as("B", "j", 1), "NONE");
    store.is_later = true;
    struct ask *first = enter_static("j", 9), *second = enter_static("j", 9);
    toy_log_finish_append(&store);
    assert_string_equal(take(first), "NOT_COORDINATOR ''");
    assert_string_equal(take(second), "NOT_COORDINATOR");
    store.is_later = false;
    assert_string_equal(heartbeat_as("B", "j", 1), "NONE");
    store.error = KW_ERROR_NONE;
    store.is_later = true;
    first = enter_static("j", 9);
    second = enter_static("j", 9);
    toy_log_finish_append(&store);
    assert_string_equal(take_as("C", first), "NONE 1 r A");
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    toy_log_finish_append(&store);
    assert_string_equal(take(second), "NOT_COORDINATOR ''");
    store.is_later = false;
    assert_string_equal(heartbeat_as("C", "j", 1), "NONE");
    store.error = KW_ERROR_NONE;
}

static void a_static_member_leaves_while_its_id_is_written(void **state)
{
    (void)state;
    make_static_pair(9);
    store.is_later = true;
    struct ask *b = enter_static("j", 9);
    struct ask *left = ask_create(ASK_LEAVE, 5);
    left->leave.group_id = text_of("group");
    left->leave.members.items = left->leaving;
    left->leave.members.len = left->leave_response.members.len = 1;
    left->leave_response.members.items = left->left;
    kw_leave_group_request_member_identity_init(&left->leaving[0]);
    left->leaving[0].group_instance_id = text_of("j");
    ask_submit(left);
    toy_log_finish_append(&store);
    assert_string_equal(take(b), "UNKNOWN_MEMBER_ID ''");
    assert_string_equal(take(left), "NONE NONE");
    store.is_later = false;
}

static void static_members_stay(void **state)
{
    (void)state;
    make_static_pair(9);
    struct ask *c = enter("C");
    for (int i = 0; i < 59; i++) {
        (void)heartbeat_as("A", "i", 1);
        (void)heartbeat_as("B", "j", 1);
        pass(1000);
    }
    assert_string_equal(take(c), "waits");
    pass(1000);
    assert_string_equal(take(c), "NONE 2 r C [A B C]"); /* though they have not joined */
    assert_string_equal(heartbeat_as("B", "j", 2), "NONE");
    c = sync_of("C", 2, "C=c");
    assert_string_equal(take(c), "NONE 'c'");
    for (int i = 0; i < 60; i++) {
        (void)heartbeat_as("A", "i", 2);
        (void)heartbeat_as("B", "j", 2);
        (void)heartbeat("C", 2);
        pass(1000);
    }
    assert_int_equal(classic_member_count(the_group()), 1); /* they did not ask for an assignment */
}

static void only_static_members_that_do_not_join(void **state)
{
    (void)state;
    make_static_pair(9);
    struct ask *c = enter("C");
    assert_string_equal(leave("C", NULL), "NONE NONE");
    assert_string_equal(take(c), "UNKNOWN_MEMBER_ID ''");
    for (int i = 0; i < 130; i++) {
        (void)heartbeat_as("A", "i", 1);
        (void)heartbeat_as("B", "j", 1);
        pass(1000);
    }
    assert_state("PreparingRebalance");
    assert_int_equal(the_group()->generation, 1);
    assert_string_equal(leave("@i", "@j"), "NONE NONE NONE");
    assert_state("Empty");
}

/* ---- loading ---- */

static void a_loaded_group_continues(void **state)
{
    (void)state;
    make_stable_pair();
    load_again();
    assert_state("Stable");
    assert_string_equal(heartbeat("A", 1), "NONE");
    assert_string_equal(take(sync_of("B", 1, "")), "NONE 'b'");
    assert_string_equal(take(join("B")), "NONE 1 r A");
    pass(9000);
    assert_string_equal(heartbeat("A", 1), "NONE");
    pass(1000); /* B has sent no heartbeat since */
    assert_string_equal(heartbeat("B", 1), "UNKNOWN_MEMBER_ID");
    assert_string_equal(take(join("A")), "NONE 2 r A [A]");
}

static void an_empty_group_is_loaded(void **state)
{
    (void)state;
    make_stable_pair();
    assert_string_equal(leave("A", "B"), "NONE NONE NONE");
    int64_t since = the_group()->state_since;
    load_again();
    assert_state("Empty");
    assert_int_equal(the_group()->generation, 2);
    assert_int_equal(the_group()->state_since, since);
    assert_string_equal(take(join("A")), "UNKNOWN_MEMBER_ID A");
}

static void a_group_that_is_too_large_now(void **state)
{
    (void)state;
    make_stable_pair();
    assert_true(static_config_fill(&file_settings, "group.max.size", "1"));
    load_again();
    assert_state("PreparingRebalance");
    struct ask *b = join("B");
    assert_string_equal(take(join("A")), "GROUP_MAX_SIZE_REACHED ''");
    assert_string_equal(leave("B", NULL), "NONE NONE");
    assert_string_equal(take(b), "UNKNOWN_MEMBER_ID ''");
}

static void everybody_is_answered_at_the_end(void **state)
{
    (void)state;
    make_stable_pair();
    struct ask *a = join("A"), *b = join("B");
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(b), "NONE 2 r A");
    b = sync_of("B", 2, "");
    load_again();
    assert_string_equal(take(b), "NOT_COORDINATOR ''");
    struct ask *c = enter("C");
    b = join("B");
    load_again();
    assert_string_equal(take(b), "NOT_COORDINATOR B");
    assert_string_equal(take(c), "NOT_COORDINATOR C");
}

static void a_group_that_cannot_be_written(void **state)
{
    (void)state;
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    assert_string_equal(take(join("")), "NOT_COORDINATOR");
    assert_null(group_find_any(machine, text_of("group")));
    store.is_later = true;
    struct ask *first = enter_static("i", 9);
    toy_log_finish_append(&store);
    assert_string_equal(take(first), "NOT_COORDINATOR");
    assert_null(group_find_any(machine, text_of("group")));
    store.is_later = false;
    store.error = KW_ERROR_NONE;
}

/* ---- offsets ---- */

static void commits(void **state)
{
    (void)state;
    const struct with nothing = {.version = 9};
    get_id("A", &nothing);
    assert_string_equal(commit("", -1), "NONE");
    assert_string_equal(commit("A", 0), "UNKNOWN_MEMBER_ID");
    make_stable_pair();
    assert_string_equal(commit("", -1), "UNKNOWN_MEMBER_ID");
    assert_string_equal(commit("A", -1), "ILLEGAL_GENERATION");
    assert_string_equal(commit("nobody", 1), "UNKNOWN_MEMBER_ID");
    assert_string_equal(commit("A", 1), "NONE");
    pass(6000);
    assert_string_equal(commit("A", 1), "NONE");
    assert_string_equal(heartbeat("B", 1), "NONE");
    pass(9000);
    assert_state("Stable"); /* a commit is as good as a heartbeat */
    struct ask *a = join("A");
    assert_string_equal(commit("B", 1), "NONE");
    struct ask *b = join("B");
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(b), "NONE 2 r A");
    assert_string_equal(commit("A", 2), "REBALANCE_IN_PROGRESS");
}

static void too_much_memory(void **state)
{
    (void)state;
    make_stable_pair();
    budget.limit = 0;
    assert_string_equal(take(join("")), "COORDINATOR_NOT_AVAILABLE ''");
    assert_string_equal(take(enter_static("i", 9)), "COORDINATOR_NOT_AVAILABLE ''");
    struct ask *a = join("A"), *b = join("B"); /* who is there may continue */
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(b), "NONE 2 r A");
    assert_string_equal(leave("A", "B"), "NONE NONE NONE");
    budget.limit = SIZE_MAX;
}

/* ---- many ---- */

enum { MANY = 5000 };

/* What each takes beside its own bytes; and its share of the record, which has to fit into a batch. */
static void many_members(void **state)
{
    (void)state;
    static struct ask *waiting[MANY];
    static char ids_of_all[MANY][ASK_ID];
    const struct with with = {.version = 3};
    machine->settings.classic_initial_delay_ms = 1000;
    store.max_batch = TOY_LOG;
    for (size_t i = 0; i < MANY; i++)
        waiting[i] = join_with("", &with);
    size_t used = atomic_load(&budget.used);
    assert_in_range(used, MANY * sizeof(struct classic_member), MANY * 1024);
    pass(1000);
    pass(1000); /* the others have come meanwhile */
    for (size_t i = 0; i < MANY; i++) {
        assert_true(ask_look(waiting[i]));
        assert_int_equal(waiting[i]->join_response.members.len, i == 0 ? MANY : 0);
        (void)snprintf(ids_of_all[i], ASK_ID, "%.*s", KW_FMT(waiting[i]->join_response.member_id));
        ask_free(waiting[i]);
    }
    for (size_t i = 0; i < MANY; i++)
        waiting[i] = sync_of(ids_of_all[MANY - 1 - i], 1, "");
    assert_state("Stable");
    for (size_t i = 0; i < MANY; i++)
        assert_string_equal(take(waiting[i]), "NONE ''");
    assert_in_range(store.size, MANY * 50, MANY * 200);
    load_again();
    assert_int_equal(classic_member_count(the_group()), MANY);
}

#define GROUP_TEST(function) cmocka_unit_test_setup_teardown(function, set_up_names, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROUP_TEST(a_group_starts),
        GROUP_TEST(the_initial_delay_grows),
        GROUP_TEST(without_a_delay),
        GROUP_TEST(old_versions_join_at_once),
        GROUP_TEST(unknown_ids),
        GROUP_TEST(protocols_must_agree),
        GROUP_TEST(the_protocol_is_voted_for),
        GROUP_TEST(joins_of_members),
        GROUP_TEST(full_groups),
        GROUP_TEST(ids_that_do_not_come_back),
        GROUP_TEST(who_does_not_join_is_removed),
        GROUP_TEST(who_does_not_sync_is_removed),
        GROUP_TEST(nobody_joins),
        GROUP_TEST(sessions_end),
        GROUP_TEST(who_waits_is_alive),
        GROUP_TEST(new_members_wait_5_minutes),
        GROUP_TEST(sync_refused),
        GROUP_TEST(syncs_that_wait),
        GROUP_TEST(the_first_assignment_counts),
        GROUP_TEST(assignments_that_cannot_be_written),
        GROUP_TEST(assignments_that_come_too_late),
        GROUP_TEST(the_leaders_call_has_gone),
        GROUP_TEST(assignments_that_take_too_long),
        GROUP_TEST(heartbeats),
        GROUP_TEST(leaving),
        GROUP_TEST(leaving_while_it_waits),
        GROUP_TEST(all_leave_while_it_starts),
        GROUP_TEST(a_static_member_returns),
        GROUP_TEST(a_static_leader_of_old_versions),
        GROUP_TEST(a_static_member_with_other_protocols),
        GROUP_TEST(a_static_member_while_others_wait),
        GROUP_TEST(an_id_that_cannot_be_written),
        GROUP_TEST(a_static_member_leaves_while_its_id_is_written),
        GROUP_TEST(static_members_stay),
        GROUP_TEST(only_static_members_that_do_not_join),
        GROUP_TEST(a_loaded_group_continues),
        GROUP_TEST(an_empty_group_is_loaded),
        GROUP_TEST(a_group_that_is_too_large_now),
        GROUP_TEST(everybody_is_answered_at_the_end),
        GROUP_TEST(a_group_that_cannot_be_written),
        GROUP_TEST(commits),
        GROUP_TEST(too_much_memory),
        GROUP_TEST(many_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
