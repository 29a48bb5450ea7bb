/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_ONE_TOPIC_H
#define FUZZ_ONE_TOPIC_H

/* A broker with a topic "t" of one partition, which records can be appended to. Its metadata cannot be changed. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/broker.h"
#include "config/log_config.h"

extern const kw_uuid one_topic_id;

/* Opens what is in the folder of folder.h, after one_topic_prepare(). The settings must stay. */
void one_topic_open(const struct log_config *config);

/* Closes the broker, in order or as if it had ended; the files stay. */
void one_topic_close(void);

/* Makes the files of a new topic, with this content of its only segment. */
void one_topic_prepare(const void *log, size_t size);

struct broker *one_topic_broker(void);

/* Start and end of the log; false: it cannot be opened. */
bool one_topic_extent(int64_t *start, int64_t *end);

/* One request, without its size, on a connection of its own. Nothing waits. The answer is copied to a buffer of that
 * capacity; *size is its size, 0 without one. False: the connection would be closed, which has a reason. */
bool one_topic_ask(kw_bytes request, uint8_t *answer, size_t capacity, size_t *size);

#endif
