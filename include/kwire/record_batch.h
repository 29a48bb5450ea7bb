/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_RECORD_BATCH_H
#define KWIRE_RECORD_BATCH_H

/* The format of record batches in Produce, Fetch and log segments: byte offsets and bits. The magic byte is at the
 * same place in all three formats and identifies the format. Source: KIP-32, KIP-98, KIP-534. */

#include <stdint.h>

#include <kwire/export.h>

/* The magic byte. */
enum {
    KW_MAGIC_V0 = 0, /* message set: no timestamps */
    KW_MAGIC_V1 = 1, /* message set: timestamps; inner offsets of a compressed wrapper are relative */
    KW_MAGIC_V2 = 2  /* record batch */
};

/* Byte offsets in a batch; all formats start with INT64 offset and INT32 length of the bytes after the length. */
enum {
    KW_BATCH_OFFSET = 0,
    KW_BATCH_LENGTH = 8,
    KW_BATCH_OVERHEAD = 12, /* bytes that are not part of the length */
    KW_BATCH_MAGIC = 16
};

/* Byte offsets in a batch of magic 2. */
enum {
    KW_BATCH_V2_LEADER_EPOCH = 12,      /* UINT32, CRC-32C of the bytes after it */
    KW_BATCH_V2_CRC = 17,               /* INT16, KW_ATTRIBUTE_... below */
    KW_BATCH_V2_ATTRIBUTES = 21,        /* INT16, KW_BATCH_... below */
    KW_BATCH_V2_LAST_OFFSET_DELTA = 23, /* INT32 */
    KW_BATCH_V2_BASE_TIMESTAMP = 27,    /* INT64, ms; with KW_ATTRIBUTE_DELETE_HORIZON the horizon */
    KW_BATCH_V2_MAX_TIMESTAMP = 35,     /* INT64, ms */
    KW_BATCH_V2_PRODUCER_ID = 43,       /* INT64, -1: none */
    KW_BATCH_V2_PRODUCER_EPOCH = 51,    /* INT16, -1: none */
    KW_BATCH_V2_BASE_SEQUENCE = 53,     /* INT32, -1: none */
    KW_BATCH_V2_COUNT = 57,             /* INT32 */
    KW_BATCH_V2_RECORDS = 61            /* the records, compressed or not */
};

/* Byte offsets in a message of magic 0 and 1. */
enum {
    KW_LEGACY_CRC = 12,          /* UINT32, CRC-32 of what follows it */
    KW_LEGACY_ATTRIBUTES = 17,   /* INT8: codec and, in magic 1, timestamp type */
    KW_LEGACY_V0_KEY = 18,       /* BYTES, then the value as BYTES */
    KW_LEGACY_V1_TIMESTAMP = 18, /* INT64, ms */
    KW_LEGACY_V1_KEY = 26
};

/* Attributes. */
enum {
    KW_ATTRIBUTE_CODEC = 0x07,           /* kw_codec */
    KW_ATTRIBUTE_LOG_APPEND_TIME = 0x08, /* else create time; not in magic 0 */
    KW_ATTRIBUTE_TRANSACTIONAL = 0x10,   /* magic 2 from here on */
    KW_ATTRIBUTE_CONTROL = 0x20,
    KW_ATTRIBUTE_DELETE_HORIZON = 0x40
};

/* The compression of records. */
typedef enum kw_codec {
    KW_CODEC_NONE = 0,
    KW_CODEC_GZIP = 1,
    KW_CODEC_SNAPPY = 2,
    KW_CODEC_LZ4 = 3,
    KW_CODEC_ZSTD = 4 /* magic 2 only */
} kw_codec;

/* No timestamp, no producer id, no epoch, no sequence. */
#define KW_NO_TIMESTAMP INT64_C(-1)
#define KW_NO_PRODUCER_ID INT64_C(-1)
#define KW_NO_PRODUCER_EPOCH (-1)
#define KW_NO_SEQUENCE (-1)

#endif
