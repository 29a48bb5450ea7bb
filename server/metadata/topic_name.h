/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_TOPIC_NAME_H
#define SERVER_METADATA_TOPIC_NAME_H

#include <stdbool.h>

#include <kwire/view.h>

enum { TOPIC_NAME_MAX = 249 };

/* Whether Kafka allows a topic of this name. */
bool topic_name_is_valid(kw_string name);

/* Whether the name is one of those that Kafka keeps for itself. */
bool topic_name_is_internal(kw_string name);

#endif
