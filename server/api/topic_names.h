/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_TOPIC_NAMES_H
#define SERVER_API_TOPIC_NAMES_H

/* Lists of topic names, as requests have them: in any order, with repetitions. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/view.h>

struct name_list {
    kw_string *items;
    size_t count;
};

/* Room for `count` names in the arena. False if there is none. */
bool name_list_init(struct name_list *list, size_t count, kw_arena *arena);

/* Drops repetitions. What is left is sorted, or in the order of the first occurrences. False if the arena is full. */
bool name_list_make_distinct(struct name_list *list, bool sorted, kw_arena *arena);

/* Why the name is not valid, in Kafka's words; null: it is valid. */
kw_string topic_name_problem(kw_string name, kw_arena *arena);

#endif
