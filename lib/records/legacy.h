/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIB_RECORDS_LEGACY_H
#define LIB_RECORDS_LEGACY_H

/* Messages of magic 0 and 1, alone and in the sets inside compressed ones. */

#include <kwire/records.h>

/* An error, and its byte in the bytes that were read. */
typedef struct kwi_fault {
    kw_status status;
    size_t at;
} kwi_fault;

typedef struct kwi_message {
    size_t size; /* with offset and length */
    int64_t offset;
    int64_t timestamp; /* KW_NO_TIMESTAMP in magic 0 */
    kw_bytes key;
    kw_bytes value;
    size_t value_at;
    uint32_t crc;
    uint8_t attributes;
    uint8_t magic;
} kwi_message;

/* A message set as a whole. */
typedef struct kwi_message_set {
    int32_t count;
    int64_t last_offset; /* as it is written */
} kwi_message_set;

/* Reads the message at the start of `size` bytes. */
kwi_fault kwi_message_read(kwi_message *out, const uint8_t *data, size_t size);

/* Reads the frames of all messages in `size` bytes, which must end with the last message. */
kwi_fault kwi_message_set_walk(kwi_message_set *out, const uint8_t *data, size_t size);

#endif
