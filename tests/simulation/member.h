/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_MEMBER_H
#define TESTS_SIMULATION_MEMBER_H

/* A consumer that is a member of a group: what both protocols have in common. It has a connection to the coordinator,
 * on which it joins, sends heartbeats, reads and commits offsets, and one on which it fetches. */

#include "asker.h"
#include "judge.h"
#include "world.h"

enum { MEMBER_ID = 64, GROUP_NAME = 32, MOST_RESULTS = 64 };

struct member;

struct protocol {
    /* Asks the coordinator for what is due. False: nothing is; *at is when something may be. */
    bool (*ask)(struct member *member, int64_t *at);

    /* An answer to that, or none. */
    void (*answered)(struct member *member, const void *response);
    void (*failed)(struct member *member);

    /* An offset request was refused with that error, which is one of a member's. */
    void (*refused)(struct member *member, int16_t error);
    bool (*may_read)(const struct member *member); /* offsets, with the ids that it has */
};

extern const struct protocol classic_members;
extern const struct protocol consumer_members;
extern const struct protocol simple_members;
extern const struct protocol share_members;

enum assignor { RANGE, ROUNDROBIN, COOPERATIVE };

struct group {
    char name[GROUP_NAME];
    size_t number;
    const struct protocol *protocol;
    enum assignor assignor; /* of classic groups */
    const char *server_assignor;
    unsigned topics;  /* that all members are subscribed to, as bits */
    bool has_pattern; /* in the place of their names: it means all topics */
    int32_t session_ms, rebalance_ms;
    uint64_t planned_for; /* partitions that the last leader of a classic group has assigned */
};

/* What a leader has decided for a member. */
struct planned {
    char id[MEMBER_ID];
    uint64_t partitions;
};

/* What a member of a share group has made of records: the type of an acknowledgement. */
struct result {
    int partition;
    int64_t first, last;
    int8_t type;
};

struct member {
    struct asker coordinator; /* the first member */
    struct asker fetcher;
    struct happening act;
    struct happening fetch;
    struct group *group;
    size_t number;             /* in the group */
    char instance[GROUP_NAME]; /* "": it is not static */
    bool is_present;
    bool is_leaving;
    bool leaves_for_good; /* a static one */

    char id[MEMBER_ID];
    int32_t epoch; /* or generation; of the last answer */
    uint64_t owned;
    uint64_t known;   /* of these: the position is */
    uint64_t dropped; /* owned ones that are to be given up, once their offsets are committed */
    int64_t positions[ALL_PARTITIONS];
    int64_t committed[ALL_PARTITIONS];
    int64_t fetching[ALL_PARTITIONS]; /* positions of the fetch that is on its way */
    int64_t sent[ALL_PARTITIONS];     /* offsets that are being committed */
    int64_t least[ALL_PARTITIONS];    /* what was committed when the coordinator was asked */
    uint64_t committing;
    bool is_outdated;  /* what is asked: the group may have been deleted meanwhile */
    bool uses_session; /* of Fetch */
    int16_t session_version;
    int32_t session_id, session_epoch; /* 0: there is none */
    uint64_t in_session;               /* with the offset that is in `fetching` */
    int64_t not_before;                /* when the coordinator is asked again */
    int64_t asleep_until;              /* nothing is done before */
    int64_t next_heartbeat, next_commit;

    /* of the classic protocol */
    enum { OUT, JOINED, STABLE } state;
    bool is_leader, must_rejoin;
    int32_t owned_generation; /* in which the owned partitions were assigned */
    struct planned *plan;
    size_t plan_size;

    /* of share groups */
    struct result results[MOST_RESULTS];
    size_t result_count, sent_count; /* the first ones are on their way */

    /* of the consumer protocol */
    bool says_all, says_owned; /* with the next heartbeat */
    int32_t interval_ms;
};

/* Of a group; is_present is false. */
void member_init(struct member *member, struct group *group, size_t number, const char *instance);

void member_join(struct member *member);
void member_leave(struct member *member);

/* Without a word. */
void member_die(struct member *member);

/* Does nothing for so long, and then continues as if nothing had happened. */
void member_sleep(struct member *member, int64_t ms);

/* ---- for protocols ---- */

/* Other partitions than before: those that it had keep their positions, if they are still right. */
void member_own(struct member *member, uint64_t partitions, bool keeps_positions);

/* Those whose position is not committed. */
uint64_t member_dirty(const struct member *member);

/* Asks for it. */
void member_commit(struct member *member, uint64_t partitions);

/* The coordinator is not asked for so long. */
void member_wait(struct member *member, int64_t ms);
void member_has_left(struct member *member);

/* One that says that the coordinator cannot answer now; it is asked again later. */
bool is_about_coordinator(int16_t error);

kw_string member_instance(const struct member *member);

#endif
