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

/* True if a topic may have this name: 1 to 249 letters, digits, '.', '_' and '-', not "." or "..". */
KW_API KW_NODISCARD bool kw_topic_name_is_valid(kw_string name);

/* True for the topics that Kafka marks as internal: __consumer_offsets, __transaction_state and __share_group_state.
 * The metadata logs are not topics for clients. */
KW_API KW_NODISCARD bool kw_topic_name_is_internal(kw_string name);

/* The order of partitions: by topic as in kw_string_compare(), then by number. Below, at or above zero. */
KW_API int kw_partition_compare(kw_string topic_a, int32_t a, kw_string topic_b, int32_t b);

KW_END_DECLS
#endif
