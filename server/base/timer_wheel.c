/* SPDX-License-Identifier: Apache-2.0 */
#include "timer_wheel.h"

#include <string.h>

enum { SLOT_BITS = TIMER_WHEEL_SLOT_BITS, SLOT_MASK = TIMER_WHEEL_SLOTS - 1, NO_LEVEL = TIMER_WHEEL_LEVELS };

void timer_wheel_init(struct timer_wheel *wheel, int64_t now)
{
    memset(wheel, 0, sizeof *wheel);
    wheel->now = now;
}

static void link_timer(struct timer **head, struct timer *timer)
{
    timer->next = *head;
    timer->link = head;
    if (timer->next != NULL)
        timer->next->link = &timer->next;
    *head = timer;
}

static void unlink_timer(struct timer *timer)
{
    *timer->link = timer->next;
    if (timer->next != NULL)
        timer->next->link = timer->link;
    timer->link = NULL;
}

/* The wheel whose slots are just short enough for the time that is left. What is beyond all wheels waits in a slot of
 * the slowest that starts earlier, and is placed again from there. */
static void place(struct timer_wheel *wheel, struct timer *timer)
{
    int64_t at = timer->deadline > wheel->now ? timer->deadline : wheel->now + 1;
    int64_t left = at - wheel->now;
    uint8_t level = 0;
    while (level < TIMER_WHEEL_LEVELS - 1 && left >> (SLOT_BITS * (level + 1)) != 0)
        level++;
    timer->level = level;
    timer->slot = (uint8_t)(at >> (SLOT_BITS * level) & SLOT_MASK);
    link_timer(&wheel->slots[level][timer->slot], timer);
    wheel->occupied[level] |= UINT64_C(1) << timer->slot;
}

void timer_wheel_start(struct timer_wheel *wheel, struct timer *timer, int64_t deadline)
{
    timer_wheel_stop(wheel, timer);
    timer->deadline = deadline;
    place(wheel, timer);
}

void timer_wheel_stop(struct timer_wheel *wheel, struct timer *timer)
{
    if (timer->link == NULL)
        return;
    unlink_timer(timer);
    if (timer->level != NO_LEVEL && wheel->slots[timer->level][timer->slot] == NULL)
        wheel->occupied[timer->level] &= ~(UINT64_C(1) << timer->slot);
}

/* How many slots after `slot` the next one with timers is: 1 to 64. `occupied` is not 0. */
static int64_t distance(uint64_t occupied, unsigned slot)
{
    unsigned turn = (slot + 1) & SLOT_MASK;
    uint64_t turned = turn == 0 ? occupied : occupied >> turn | occupied << (TIMER_WHEEL_SLOTS - turn);
    int64_t n = 1;
    for (; (turned & 1) == 0; turned >>= 1)
        n++;
    return n;
}

/* The start of the next slot with timers. */
int64_t timer_wheel_next(const struct timer_wheel *wheel)
{
    int64_t next = INT64_MAX;
    for (unsigned level = 0; level < TIMER_WHEEL_LEVELS; level++) {
        if (wheel->occupied[level] == 0)
            continue;
        int64_t turn = wheel->now >> (SLOT_BITS * level);
        int64_t at = (turn + distance(wheel->occupied[level], (unsigned)(turn & SLOT_MASK))) << (SLOT_BITS * level);
        next = at < next ? at : next;
    }
    return next;
}

/* Takes all timers out of a slot. */
static void take_slot(struct timer_wheel *wheel, unsigned level, struct timer **list)
{
    unsigned slot = (unsigned)(wheel->now >> (SLOT_BITS * level) & SLOT_MASK);
    *list = wheel->slots[level][slot];
    wheel->slots[level][slot] = NULL;
    wheel->occupied[level] &= ~(UINT64_C(1) << slot);
    if (*list != NULL)
        (*list)->link = list;
    for (struct timer *timer = *list; timer != NULL; timer = timer->next)
        timer->level = NO_LEVEL;
}

static void fire_all(struct timer *list)
{
    if (list != NULL)
        list->link = &list;
    while (list != NULL) {
        struct timer *timer = list;
        unlink_timer(timer);
        timer->fire(timer);
    }
}

/* Slots of slower wheels that start now: their timers move down, or are due. */
static void move_down(struct timer_wheel *wheel, struct timer **due)
{
    for (unsigned level = TIMER_WHEEL_LEVELS - 1; level > 0; level--) {
        struct timer *list;
        if ((wheel->now & (((int64_t)1 << (SLOT_BITS * level)) - 1)) != 0)
            continue;
        take_slot(wheel, level, &list);
        while (list != NULL) {
            struct timer *timer = list;
            unlink_timer(timer);
            if (timer->deadline > wheel->now) {
                place(wheel, timer);
            } else {
                timer->level = NO_LEVEL;
                link_timer(due, timer);
            }
        }
    }
}

void timer_wheel_advance(struct timer_wheel *wheel, int64_t now)
{
    for (int64_t next; (next = timer_wheel_next(wheel)) <= now;) {
        struct timer *moved = NULL, *due;
        wheel->now = next;
        move_down(wheel, &moved);
        take_slot(wheel, 0, &due);
        fire_all(due);
        fire_all(moved);
    }
    if (now > wheel->now)
        wheel->now = now;
}
