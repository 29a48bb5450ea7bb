/* SPDX-License-Identifier: Apache-2.0 */
#include "call.h"

#include <kwire/error.h>

#include "../coordinator/group/group_errors.h"

static void resume(void *context)
{
    call_resume(context);
}

static void forget(struct call *call)
{
    shards_forget(call->shards, &call->load_waiter);
}

static bool is_not_loaded_yet(int16_t error)
{
    return error == KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS || error == KW_ERROR_COORDINATOR_NOT_AVAILABLE;
}

static int16_t look(struct call *call)
{
    if (call->shard_partition < 0)
        call->shard_partition = shards_partition_of(call->shards, call->shard_key);
    return shards_find(call->shards, call->shard_partition, &call->shard);
}

static enum call_outcome find(struct call *call)
{
    int16_t error = look(call);
    int64_t patience = call->is_hurried ? 0 : call->load_deadline - call_now(call);
    if (is_not_loaded_yet(error) && patience > 0) {
        call->load_waiter = (struct shards_waiter){.resume = resume, .context = call};
        if (shards_wait(call->shards, call->shard_partition, &call->load_waiter))
            return call_park_for(call, patience, find, forget);
        error = look(call);
    }
    if (call->shard != NULL)
        return call_coordinate(call, call->shard, call->coordinate, call->uncoordinated, call->coordinated);
    call->decided = error;
    return call->coordinated(call);
}

static enum call_outcome find_first(struct call *call, struct shards *shards, call_coordination *decide,
                                    void (*failed)(struct call *call, void *state, int16_t error),
                                    call_function *coordinated)
{
    call->shards = shards;
    call->coordinate = decide;
    call->uncoordinated = failed;
    call->coordinated = coordinated;
    call->load_deadline = call_now(call) + SHARD_PATIENCE_MS;
    return find(call);
}

enum call_outcome call_coordinate_key(struct call *call, struct shards *shards, kw_string key,
                                      call_coordination *decide,
                                      void (*failed)(struct call *call, void *state, int16_t error),
                                      call_function *coordinated)
{
    call->shard_key = key;
    call->shard_partition = -1;
    return find_first(call, shards, decide, failed, coordinated);
}

enum call_outcome call_coordinate_partition(struct call *call, struct shards *shards, int32_t partition,
                                            call_coordination *decide,
                                            void (*failed)(struct call *call, void *state, int16_t error),
                                            call_function *coordinated)
{
    call->shard_partition = partition;
    return find_first(call, shards, decide, failed, coordinated);
}

int16_t call_coordinator_error(const struct call *call)
{
    return group_error_of(call->decided);
}
