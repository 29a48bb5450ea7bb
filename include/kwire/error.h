/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_ERROR_H
#define KWIRE_ERROR_H

/* Kafka's error codes, the INT16 `error_code` of messages. Errors of this library itself are kw_status. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/error_codes.h> /* enum kw_error, generated from schema/errors.txt */
#include <kwire/export.h>

/* One error code. All of it is in static storage. */
typedef struct kw_error_info {
    const char *name; /* Kafka's name, e.g. "UNKNOWN_TOPIC_OR_PARTITION" */
    int16_t code;
    bool retriable; /* the same request may succeed later */
} kw_error_info;

KW_BEGIN_DECLS

/* NULL if the code is not known. Static storage. */
KW_API const kw_error_info *kw_error_find(int16_t code);

/* The name of a code; "UNKNOWN_ERROR_CODE" if it is not known. Static storage. */
KW_API const char *kw_error_name(int16_t code);

/* All codes, ascending. */
KW_API size_t kw_error_count(void);
KW_API const kw_error_info *kw_error_at(size_t index);

KW_END_DECLS
#endif
