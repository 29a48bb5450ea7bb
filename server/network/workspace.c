/* SPDX-License-Identifier: Apache-2.0 */
#include "workspace.h"

#include <stdlib.h>

enum {
    ARENA_LIMIT = 64 * 1024 * 1024, /* memory that one request may take */
    ARENA_KEPT = 256 * 1024,
    RESPONSES_KEPT = 512 * 1024,
    MOST_SPARE = 16
};

static void free_workspace(struct workspace *workspace)
{
    receive_buffer_finish(&workspace->input);
    kw_arena_finish(&workspace->arena);
    responses_finish(&workspace->responses);
    free(workspace);
}

struct workspace *workspace_lend(struct workspaces *spare)
{
    struct workspace *workspace = spare->first;
    if (workspace != NULL) {
        spare->first = workspace->next;
        spare->count--;
        return workspace;
    }
    workspace = calloc(1, sizeof *workspace);
    if (workspace == NULL)
        return NULL;
    kw_arena_init_growing(&workspace->arena, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    responses_init(&workspace->responses);
    return workspace;
}

void workspace_return(struct workspaces *spare, struct workspace *workspace)
{
    if (spare->count == MOST_SPARE) {
        free_workspace(workspace);
        return;
    }
    workspace->input.size = 0;
    workspace->input.was_filled = false;
    workspace->done = 0;
    if (workspace->input.capacity > spare->usual_input)
        receive_buffer_finish(&workspace->input);
    if (kw_arena_held(&workspace->arena) > ARENA_KEPT) {
        kw_arena_finish(&workspace->arena);
        kw_arena_init_growing(&workspace->arena, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    }
    if (responses_size(&workspace->responses) != 0 || responses_memory(&workspace->responses) > RESPONSES_KEPT) {
        responses_finish(&workspace->responses);
        responses_init(&workspace->responses);
    }
    workspace->next = spare->first;
    spare->first = workspace;
    spare->count++;
}

void workspaces_finish(struct workspaces *spare)
{
    while (spare->first != NULL) {
        struct workspace *workspace = spare->first;
        spare->first = workspace->next;
        free_workspace(workspace);
    }
    spare->count = 0;
}
