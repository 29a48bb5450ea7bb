/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_TRANSACTION_TXN_RECORDS_H
#define SERVER_COORDINATOR_TRANSACTION_TXN_RECORDS_H

/* The records of __transaction_state: what is known of a transactional id, and that it is forgotten. */

#include "../machine.h"
#include "txn_value.h"

/* ---- writing: errors are kept by `out` ---- */

/* `version` is that of the feature transaction.version: with 0 the record has less. */
void txn_records_add(struct record_out *out, kw_string id, const struct txn_fields *value, int16_t version);
void txn_records_add_tombstone(struct record_out *out, kw_string id);

/* ---- reading ---- */

enum txn_record_kind {
    TXN_RECORD_VALUE,
    TXN_RECORD_TOMBSTONE,
    TXN_RECORD_UNKNOWN /* another type of key, or version of a value: a later release may have written it */
};

struct txn_record {
    enum txn_record_kind kind;
    int16_t type;    /* of the key, in the log */
    int16_t version; /* of the value; -1: none */
    kw_string id;
    struct txn_fields value;
};

/* The id refers to the record; partitions are in the arena. */
kw_status txn_record_read(struct txn_record *out, const struct coordinator_record *record, kw_arena *arena);

#endif
