/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_TOPIC_NAME_H
#define KWIRE_TOPIC_NAME_H

/* Kafka's rules for the names of topics. */

#include <stdbool.h>
#include <stdint.h>

#include <kwire/export.h>
#include <kwire/view.h>

/* The longest name, in bytes. */
enum { KW_TOPIC_NAME_MAX = 249 };

KW_BEGIN_DECLS

/* Whether a topic may have this name: 1 to 249 letters, digits, '.', '_' and '-', not "." or "..". */
KW_API KW_NODISCARD bool kw_topic_name_is_valid(kw_string name);

/* Whether it is one of the topics that Kafka marks as internal: __consumer_offsets, __transaction_state and
 * __share_group_state. The logs of the metadata are no topics for clients. */
KW_API KW_NODISCARD bool kw_topic_name_is_internal(kw_string name);

/* The order of two names by their bytes: below 0, 0 or above 0. A null name counts as empty. */
KW_API int kw_topic_name_compare(kw_string a, kw_string b);

/* The same, with partitions of one topic by their numbers. */
KW_API int kw_partition_compare(kw_string topic_a, int32_t a, kw_string topic_b, int32_t b);

KW_END_DECLS
#endif
