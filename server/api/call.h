/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_CALL_H
#define SERVER_API_CALL_H

/* One request from its decoding to its response; docs/broker.md has its states.
 *
 * A handler fills in the response, which comes with Kafka's defaults, and returns CALL_ANSWERED. What it allocates goes
 * to the call's arena; what it takes from the image is valid until the response is encoded. It never waits: it parks
 * the call and says who continues it. All of a call runs on the thread of its connection; other threads only call
 * call_resume(). */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/message.h>
#include <kwire/view.h>

#include "../base/executor.h"
#include "../coordinator/shards.h"
#include "../network/exchange.h"
#include "broker.h"

struct api;

enum call_outcome {
    CALL_ANSWERED,
    CALL_SILENT, /* it has ended, and no response is due: Produce with acks 0 */
    CALL_PARKED, /* call_resume() continues it */
    CALL_FAILED, /* memory is short: the connection ends, so that the client retries */
    CALL_REFUSED /* the connection ends: call_refuse() */
};

struct call;

typedef enum call_outcome call_function(struct call *call);
typedef void call_decision(struct call *call, struct decision *decision);
typedef void call_coordination(struct call *call, struct coordinator_decision *decision);

struct call {
    struct broker *broker;
    const struct metadata_image *image;
    const struct endpoint *endpoint; /* where this client reaches the broker */
    kw_arena *arena;
    struct responses *responses; /* of the connection; for handlers whose records are not copied */
    const void *request;
    void *response;
    int16_t version;
    int32_t correlation_id;
    kw_string client_id; /* may be null */
    bool cut_short;      /* ApiVersions: the body ended too early; the request has what was read before */
    bool is_hurried;     /* its wait has ended, or the peer sends nothing more: answer now */
    int16_t decided;     /* after call_decide() and call_coordinate() */
    void *state;         /* the handler's own */
    void (*abandon)(struct call *call); /* set by a handler that holds something: the parked call ends without it */

    /* Private fields. */
    const struct api *api;
    struct exchange *exchange;
    call_function *resume;
    void (*forget)(struct call *call);
    void (*work)(struct call *call);
    call_decision *decide;
    int64_t decide_before; /* clock_ms(); INT64_MAX: whenever */
    bool is_late;
    struct controller_event event;
    call_coordination *coordinate;
    void (*uncoordinated)(struct call *call, void *state, int16_t error);
    struct coordinator_event coordination;
    call_function *coordinated;
    struct shards *shards;
    kw_string shard_key;     /* null: the partition is given */
    int32_t shard_partition; /* -1: not known before the shards have started */
    int64_t load_deadline;
    struct shards_waiter load_waiter;
    struct shard *shard; /* that decides, counted */
    struct task task;
    struct timer timer;
    size_t held_before;
    atomic_bool posted;    /* the task is on its way */
    atomic_bool cancelled; /* the connection has gone */
    bool is_bare;          /* it is not in its arena, and has nothing of its request */
};

/* Parks the call: `resume` continues it after call_resume() or when its wait ends. `forget` must end everything that
 * could call call_resume(); it is called before the call continues, and when it is cancelled. It may be NULL. */
enum call_outcome call_park(struct call *call, call_function *resume, void (*forget)(struct call *call));

/* The same, with a time after which the call continues, hurried. */
enum call_outcome call_park_for(struct call *call, int64_t ms, call_function *resume,
                                void (*forget)(struct call *call));

/* Parks the call for what may take minutes, and gives back the memory of its request: what is copied are broker,
 * version, correlation id, state and abandon. start() gets the copy, and hands it to whoever calls call_resume();
 * false: there is nothing to wait for any more, and the call continues at once, with all that it has. When the copy
 * continues, it has an empty response, an empty arena and the newest image; no request, and no client id. Without a
 * word it is abandoned if it is hurried, or memory is short then. If memory is short now, the call is abandoned and
 * fails. */
enum call_outcome call_park_bare(struct call *call, bool (*start)(struct call *call), call_function *resume,
                                 void (*forget)(struct call *call));

/* Continues a parked call. From any thread, and as often as you like: it continues once. */
void call_resume(struct call *call);

/* Parks the call while `work` runs on a worker thread, where it may wait for the disk; then `resume` continues it. */
enum call_outcome call_offload(struct call *call, void (*work)(struct call *call), call_function *resume);

/* Parks the call while others use its memory, as the log does that appends its records: it is neither continued nor
 * cancelled before they have said so by call_continue(), which continues it with `resume`. */
enum call_outcome call_hold(struct call *call, call_function *resume);

/* They are done: once, from any thread. */
void call_continue(struct call *call);

/* They were done at once: call_continue() will not be called, and the handler may answer. On the call's thread. */
void call_let_go(struct call *call);

/* Ends the connection, after the responses before this one; `why` is for the console. */
enum call_outcome call_refuse(struct call *call, const char *why);

/* Parks the call while the controller decides: `decision` runs on the controller's thread, fills in the response and
 * adds records. The image that it decides on becomes the call's, so that the response may refer to it.
 * Then `resume` continues the call with call->decided:
 *
 *     KW_ERROR_NONE              the records are safe, and the image with them is published
 *     KW_ERROR_POLICY_VIOLATION  the metadata cannot be changed; `decision` has not run
 *     other errors               of controller.h; `decision` may not have run, and nothing of its response holds */
enum call_outcome call_decide(struct call *call, call_decision *decision, call_function *resume);

/* The same, with KW_ERROR_REQUEST_TIMED_OUT if the controller does not come to it in less than so many ms; as in Kafka
 * that is always so with 0. */
enum call_outcome call_decide_within(struct call *call, int32_t timeout_ms, call_decision *decision,
                                     call_function *resume);

/* Has a shard decide: `decision` runs with its turn, mostly at once, or on another thread while the call is held. It
 * fills in the response and adds records to the decision; the image that it decides on becomes the call's. Then
 * `resume` continues the call with call->decided: KW_ERROR_NONE, when all that it has seen and changed is committed, or
 * the errors of coordinator_submit(); NOT_COORDINATOR without a shard. Before that, if it was decided and has failed,
 * `failed` may put right what no record describes, with the turn; it may be NULL. If memory was short, the call is
 * abandoned and fails. */
enum call_outcome call_coordinate(struct call *call, struct shard *shard, call_coordination *decision,
                                  void (*failed)(struct call *call, void *state, int16_t error), call_function *resume);

/* The same with the shard that has the key, which must stay until then. While it is loading the call waits for it, up
 * to SHARD_PATIENCE_MS. Beside the errors above there is that of shards_find(); call_coordinator_error() translates
 * them.
 */
enum call_outcome call_coordinate_key(struct call *call, struct shards *shards, kw_string key,
                                      call_coordination *decide,
                                      void (*failed)(struct call *call, void *state, int16_t error),
                                      call_function *coordinated);

/* The same with the shard of a partition. */
enum call_outcome call_coordinate_partition(struct call *call, struct shards *shards, int32_t partition,
                                            call_coordination *decide,
                                            void (*failed)(struct call *call, void *state, int16_t error),
                                            call_function *coordinated);

enum { SHARD_PATIENCE_MS = 250 };

/* call->decided as most APIs of groups answer it; docs/groups.md has the table. */
int16_t call_coordinator_error(const struct call *call);

/* Why there is no decision, for an error message; null as in Kafka if it was too late. */
kw_string call_undecided_reason(const struct call *call);

/* Milliseconds since some moment, never going back. */
static inline int64_t call_now(const struct call *call)
{
    return executor_now(call->exchange->executor);
}

/* Whether the connection has gone, so that the response is not needed. From any thread; for long work to check. */
static inline bool call_is_cancelled(const struct call *call)
{
    return atomic_load_explicit(&call->cancelled, memory_order_relaxed);
}

/* ---- for dispatch ---- */

/* Runs the handler of a call that is filled in down to `state`, and the rest zero but for api and exchange. */
enum exchange_outcome call_start(struct call *call);

/* The peer sends nothing more: a parked call continues soon, hurried. */
void call_hurry(struct call *call);

/* The connection has gone. True: the parked call has ended; false: exchange->ended() will be called. */
bool call_cancel(struct call *call);

#endif
