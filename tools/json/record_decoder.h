/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RECORD_DECODER_H
#define TOOLS_RECORD_DECODER_H

/* Decodes Kafka's own records to JSON: control records, and the records of internal topics. */

#include <stdbool.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/batches.h>
#include <kwire/message.h>
#include <kwire/persisted.h>
#include <kwire/records.h>
#include <kwire/writer.h>

#include "../command/report.h"

/* The topic of records, if it is one of Kafka's own. */
typedef struct decoded_topic {
    bool known;
    kw_internal_topic topic;
} decoded_topic;

/* Key or value. */
typedef struct decoded_part {
    const kw_message *message; /* NULL: not decoded, or null; see the record's bytes */
    int16_t version;
    kw_span json; /* as kwire decode prints it */
} decoded_part;

typedef enum decode_outcome {
    DECODED_NOTHING, /* application data */
    DECODED_RECORD,
    DECODED_CONTROL,
    DECODED_UNKNOWN, /* a type or version that this kwire does not know */
    DECODED_DAMAGED  /* see the report, whose offset is a byte of key or value */
} decode_outcome;

/* Views that are valid until the next record. */
typedef struct decoded_record {
    decode_outcome outcome;
    decoded_part key;
    decoded_part value;
    kw_span members;     /* JSON array of what the members of a classic consumer group have subscribed to and were
                            assigned; of size 0 where there is none */
    const char *control; /* DECODED_CONTROL: its type, e.g. "COMMIT" */
    int16_t control_type;
    report report;
} decoded_record;

typedef struct record_decoder {
    kw_arena arena;
    kw_writer json;
    decoded_record decoded;
} record_decoder;

/* `max_memory` for the values of a record, and again for its JSON. */
void record_decoder_init(record_decoder *d, size_t max_memory);
void record_decoder_finish(record_decoder *d);

/* Decodes a record of this batch and topic, if it is one of Kafka's own. */
const decoded_record *record_decode(record_decoder *d, decoded_topic topic, const kw_batch *batch,
                                    const kw_record *record);

#endif
