/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_STATUS_H
#define KWIRE_STATUS_H

/* The errors of this library. Kafka's own error codes, which are sent in messages, are kw_error in <kwire/error.h>. */

#include <kwire/export.h>

/* One list for the enum below, kw_status_name() and kw_status_text(). Values never change; new ones are added at the
 * end.
 *
 *   TRUNCATED        the input ends inside a fixed-size field, e.g. an INT32 with 3 bytes left
 *   VARINT           a varint longer or larger than its type, e.g. ff ff ff ff ff 01 for 32 bits
 *   NULL             null where the schema allows none, e.g. STRING ff ff; also on encode
 *   NEGATIVE         a negative length or count that is not null, e.g. BYTES ff ff ff fe
 *   LENGTH           a string or byte field longer than the bytes left, e.g. COMPACT_STRING 05 61
 *   COUNT            more array elements or tagged fields than the bytes left can hold
 *   STRING_SIZE      a string of more than 32767 bytes; also on encode
 *   TAG_ORDER        tags that descend; on encode, and on decode in strict mode
 *   TAG_DUPLICATE    the same tag twice; on encode, and on decode in strict mode
 *   TAG_SIZE         a known tagged field whose content does not have exactly the stated size
 *   TAG_VERSION      a known tag in a version of the message that does not have it
 *   TRAILING         bytes left over after the message
 *   VERSION          a version of the message that no Kafka release had
 *   FIELD_VERSION    on encode: a field holds a value that this version cannot carry and that may not be dropped
 *   UNKNOWN_MESSAGE  no message of that name or API key
 *   NO_MEMORY        the allocator returned NULL, or an arena without allocator is full
 *   MEMORY_LIMIT     the arena's or the writer's limit is reached
 *   SPACE            the caller's output buffer is too small; kw_writer_needed() returns the size needed
 *   FRAME_SIZE       a frame size that is negative, too small for a header, or above the caller's limit
 *   FRAME_TLS        not a Kafka frame: a TLS record, the peer speaks TLS to a plaintext port
 *   FRAME_HTTP       not a Kafka frame: an HTTP request or response
 *   ARGUMENT         an invalid argument, e.g. a length of -2 in a struct to encode
 *   NO_RESPONSE      the request that a response would belong to has none, or is not known
 *   TABLE_FULL       no slot for another request in flight
 *   BATCH_SIZE       a record batch whose length is negative, too small for its magic, or above INT32_MAX in total
 *   MAGIC            a record batch whose magic byte is not 0, 1 or 2
 *   CRC              a record batch whose checksum is not that of its bytes
 *   RECORD_SIZE      a record whose content does not have exactly the stated length
 *   NESTED           magic 0 and 1: a compressed message inside a compressed message
 *   WRAPPER_OFFSET   magic 1: a compressed message whose offset is below the last one inside
 *   NO_RECORDS       magic 0 and 1: a compressed message with none inside
 *   CODEC            records compressed in a codec that the library was built without; they can be forwarded unchanged
 *   CODEC_UNKNOWN    records in a codec that Kafka does not have: 5 to 7, and in magic 0 and 1 also 4, zstd
 *   COMPRESSED_DATA  compressed bytes that are damaged or end early
 *   FILE             the operating system failed to open or read a file; errno has the reason
 *   NO_FILE          no such file or directory
 *   FILE_FORMAT      a file without the format of its name, e.g. a checkpoint with a word in place of a number
 *   TORN             a log segment that ends inside a batch, as a crash leaves it
 *   INDEX            an index entry that contradicts the log
 *   OFFSET_ORDER     a batch whose offsets are not above those before it, or are below its segment's
 *   BATCH_FULL       building a batch of more than 2^31 - 1 bytes, records or offsets
 *   COUNT_LIMIT      an array of more than KW_MAX_ARRAY elements or a TAG_BUFFER of more than KW_MAX_TAGS fields
 */
#define KW_STATUS_MAP(X)                                                              \
    X(OK, 0, "ok")                                                                    \
    X(ERR_TRUNCATED, 1, "input ends inside a field")                                  \
    X(ERR_VARINT, 2, "varint is longer or larger than its type allows")               \
    X(ERR_NULL, 3, "null where the field is not nullable")                            \
    X(ERR_NEGATIVE, 4, "negative length or count")                                    \
    X(ERR_LENGTH, 5, "length exceeds the bytes left")                                 \
    X(ERR_COUNT, 6, "count exceeds what the bytes left can hold")                     \
    X(ERR_STRING_SIZE, 7, "string is longer than 32767 bytes")                        \
    X(ERR_TAG_ORDER, 8, "tags are not in ascending order")                            \
    X(ERR_TAG_DUPLICATE, 9, "the same tag occurs twice")                              \
    X(ERR_TAG_SIZE, 10, "tagged field does not fill its size exactly")                \
    X(ERR_TAG_VERSION, 11, "known tag does not exist in this version")                \
    X(ERR_TRAILING, 12, "bytes left over after the message")                          \
    X(ERR_VERSION, 13, "version is not known for this message")                       \
    X(ERR_FIELD_VERSION, 14, "field is set but does not exist in this version")       \
    X(ERR_UNKNOWN_MESSAGE, 15, "no such message")                                     \
    X(ERR_NO_MEMORY, 16, "out of memory")                                             \
    X(ERR_MEMORY_LIMIT, 17, "memory limit reached")                                   \
    X(ERR_SPACE, 18, "output buffer is too small")                                    \
    X(ERR_FRAME_SIZE, 19, "frame size is out of bounds")                              \
    X(ERR_FRAME_TLS, 20, "not a Kafka frame: looks like TLS")                         \
    X(ERR_FRAME_HTTP, 21, "not a Kafka frame: looks like HTTP")                       \
    X(ERR_ARGUMENT, 22, "invalid argument")                                           \
    X(ERR_NO_RESPONSE, 23, "no request in flight has this response")                  \
    X(ERR_TABLE_FULL, 24, "too many requests in flight")                              \
    X(ERR_BATCH_SIZE, 25, "batch length is out of bounds")                            \
    X(ERR_MAGIC, 26, "magic byte is not known")                                       \
    X(ERR_CRC, 27, "checksum does not match")                                         \
    X(ERR_RECORD_SIZE, 28, "record does not fill its length exactly")                 \
    X(ERR_NESTED, 29, "compressed message inside a compressed message")               \
    X(ERR_WRAPPER_OFFSET, 30, "offset of a compressed message is below those inside") \
    X(ERR_NO_RECORDS, 31, "compressed message has no messages inside")                \
    X(ERR_CODEC, 32, "codec is not built in")                                         \
    X(ERR_CODEC_UNKNOWN, 33, "codec is not known")                                    \
    X(ERR_COMPRESSED_DATA, 34, "compressed data is damaged")                          \
    X(ERR_FILE, 35, "file cannot be read")                                            \
    X(ERR_NO_FILE, 36, "no such file or directory")                                   \
    X(ERR_FILE_FORMAT, 37, "file is not in the format that it should have")           \
    X(ERR_TORN, 38, "file ends inside a batch")                                       \
    X(ERR_INDEX, 39, "index does not agree with its log")                             \
    X(ERR_OFFSET_ORDER, 40, "offsets do not ascend")                                  \
    X(ERR_BATCH_FULL, 41, "record does not fit in any batch of this format")          \
    X(ERR_COUNT_LIMIT, 42, "count is above what Kafka accepts")

/* KW_OK is 0, all errors are above. */
typedef enum kw_status {
#define KW_STATUS_ENUM(name, value, text) KW_##name = value,
    KW_STATUS_MAP(KW_STATUS_ENUM)
#undef KW_STATUS_ENUM
} kw_status;

KW_BEGIN_DECLS

/* The name without its prefix, e.g. "ERR_TRUNCATED"; "ERR_?" for a value that is not a status. Static storage. */
KW_API const char *kw_status_name(kw_status status);

/* A description for people, e.g. "input ends inside a field". Static storage. */
KW_API const char *kw_status_text(kw_status status);

KW_END_DECLS
#endif
