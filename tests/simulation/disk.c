/* SPDX-License-Identifier: Apache-2.0 */
#include "disk.h"

#include <errno.h>

#include "base/file_memory.h"
#include "power.h"
#include "world.h"

enum { CAPACITY = 1 << 30 };

static size_t left; /* changes until it dies */
static bool is_dead;
static bool has_no_space;
static size_t good_calls; /* before one that fails */
static bool has_failed;

/* A call that fails, which says nothing about others. errno is set. */
static bool fails(void)
{
    if (good_calls == DISK_FOREVER || good_calls-- != 0)
        return false;
    good_calls = DISK_FOREVER;
    has_failed = true;
    world.counts.faults++;
    note("a call of the disk fails");
    errno = EIO;
    return true;
}

/* What can only grow the disk. */
static bool needs_space(const struct file_call *call)
{
    size_t size = 0;
    if (call->kind != CALL_WRITE)
        return call->makes || call->kind == CALL_MAKE_FOLDER;
    return file_layer_memory.size(call->file, &size) != KW_OK || call->position + call->size > size;
}

/* The change with which it dies is done in part, as a whole, or not at all. */
static bool die(struct file_call *call)
{
    is_dead = true;
    note("the disk dies");
    if (call->kind != CALL_WRITE)
        return one_in(2);
    call->some = pick(call->size + 1);
    return false;
}

static bool may(struct file_call *call)
{
    if ((call->kind & CALL_CHANGES) == 0 || call->kind == CALL_TOUCH)
        return true;
    if (has_no_space && needs_space(call)) {
        world.counts.faults++;
        errno = ENOSPC;
        return false;
    }
    errno = EIO;
    if (is_dead || fails())
        return false;
    bool dies = call->kind != CALL_SYNC && left != DISK_FOREVER && left-- == 0;
    return !dies || die(call);
}

void disk_start(void)
{
    static const struct file_hooks hooks = {.before = may, .after = power_note};
    hooked_files_start(CAPACITY, &hooks);
    power_start();
    good_calls = DISK_FOREVER;
    has_failed = false;
    disk_revive();
}

void disk_stop(void)
{
    hooked_files_stop();
    power_stop();
}

void disk_die_after(size_t count)
{
    left = count;
}

void disk_die(void)
{
    is_dead = true;
}

bool disk_is_dead(void)
{
    return is_dead;
}

void disk_fail_after(size_t calls)
{
    good_calls = calls;
}

bool disk_has_failed(void)
{
    return has_failed;
}

void disk_heal(void)
{
    has_failed = false;
}

void disk_revive(void)
{
    is_dead = has_no_space = false;
    left = DISK_FOREVER;
}

void disk_lose_power(void)
{
    note("the power goes");
    world.counts.faults++;
    world.counts.power++;
    power_lose();
}

void disk_fill(bool full)
{
    has_no_space = full;
}

bool disk_is_full(void)
{
    return has_no_space;
}
