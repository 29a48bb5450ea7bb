/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RECORDS_H
#define TOOLS_RECORDS_H

/* The TLS records of one direction of a connection. A record in one piece is delivered without a copy. Of a record with
 * a gap the bytes before the gap are delivered. If the gap ends in the same record the position of the next one is
 * known; otherwise the user says which of the places that look like one it is. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../capture/budget.h"
#include "cipher.h"

typedef enum record_type {
    RECORD_CHANGE_CIPHER_SPEC = 20,
    RECORD_ALERT,
    RECORD_HANDSHAKE,
    RECORD_APPLICATION_DATA
} record_type;

typedef struct record {
    const uint8_t *header;
    const uint8_t *body;
    size_t captured; /* bytes at `body`; fewer than `size` where the rest was not seen */
    size_t size;
    int64_t time; /* arrival of its last byte; ns since 1970 */
} record;

typedef struct records {
    uint8_t *kept; /* start of the current record; searching: bytes that may be one */
    size_t kept_size;
    size_t kept_cap;
    size_t passed; /* bytes of the record so far, its header and gaps included */
    bool holed;    /* `kept` ends before them */
    bool searching;
} records;

/* The callbacks of the records. All may stop the work on the current bytes by letting `stop` return true. */
typedef struct records_sink {
    void (*record)(void *context, int side, const record *r);
    /* Searching: takes the record if it is one. */
    bool (*found)(void *context, int side, const record *r);
    bool (*stop)(void *context);
} records_sink;

/* Whether bytes may be the start of a record. `encrypted`: of application data. */
bool records_begin(const uint8_t *data, size_t size, bool encrypted);

void records_bytes(records *s, budget *memory, const records_sink *sink, void *context, int side, const uint8_t *data,
                   size_t size, int64_t time);

/* Bytes that are missing. */
void records_gap(records *s, budget *memory, const records_sink *sink, void *context, int side, size_t size,
                 int64_t time);

void records_finish(records *s, budget *memory);

#endif
