/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_SHARE_DEAD_LETTER_TOPIC_H
#define SERVER_SHARE_DEAD_LETTER_TOPIC_H

/* Where the dead letters of a share group go, by the settings of the group, of the broker and of that topic. */

#include <kwire/arena.h>
#include <kwire/messages/create_topics_request.h>

#include "../metadata/effective_config.h"

enum dead_letter_place {
    DEAD_LETTER_READY,
    DEAD_LETTER_MISSING, /* the topic does not exist, and may be created */
    DEAD_LETTER_REFUSED  /* there may be no letters */
};

struct dead_letter_topic {
    kw_string name;                      /* in the image */
    const struct metadata_topic *topic;  /* DEAD_LETTER_READY; in the image */
    const struct metadata_partition *to; /* the same; NULL: it is not known */
    const char *why;                     /* DEAD_LETTER_REFUSED: static */
    bool has_records;                    /* letters have the keys and values of the records */
};

/* Whether the group has such a topic, and the cluster the feature. */
bool dead_letters_are_wanted(const struct metadata_image *image, kw_string group);

/* For the records of a partition with this index. */
enum dead_letter_place dead_letter_topic_find(const struct config_place *place, kw_string group, int32_t partition,
                                              struct dead_letter_topic *out);

/* How it is created. False: the arena is full. */
bool dead_letter_topic_describe(kw_string name, kw_arena *arena, kw_create_topics_request_creatable_topic *out);

#endif
