/* SPDX-License-Identifier: Apache-2.0 */
#include "node.h"

#include "../simulation/requests.h"
#include "../simulation/world.h"
#include "tape.h"

enum { SESSIONS = 16, LONGEST_MS = 60000 };

const char *const node_dirs[MOST_DIRS] = {"/data", "/data-b", "/data-c"};
void (*node_has_stepped)(void);

static struct process_setup setup = {.dirs = node_dirs, .reactors = REACTORS, .fetch_sessions = SESSIONS};

void node_set_up(const struct process_setting *with, size_t dirs)
{
    setup.settings = with;
    setup.setting_count = 0;
    while (with[setup.setting_count].name != NULL)
        setup.setting_count++;
    setup.dir_count = dirs;
}

bool node_open(void)
{
    requests_await = node_await;
    return process_open(&setup) && process_decides();
}

void node_serve(void)
{
    process_serve();
    world_settle();
}

void node_stop(void)
{
    process_end(NULL);
}

void node_kill(void)
{
    tape_kill();
    process_end(NULL);
}

void node_tell(void)
{
    if (node_has_stepped != NULL)
        node_has_stepped();
}

void node_step(void)
{
    world_step();
    node_tell();
}

size_t node_await(size_t call)
{
    node_tell();
    for (int64_t end = world.now + LONGEST_MS; !process_is_answered(call); node_step())
        if (world.now >= end)
            broken("a request is not answered within a minute");
    world_settle();
    node_tell();
    return call;
}
