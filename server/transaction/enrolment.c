/* SPDX-License-Identifier: Apache-2.0 */
#include "enrolment.h"

#include <kwire/error.h>

void enrolment_decide(struct enrolment *e, struct coordinator_decision *d)
{
    for (size_t i = 0; i < e->partitions.count; i++)
        e->errors[i] = KW_ERROR_NONE;
    if (e->kind == ENROLMENT_ADDS)
        e->error = txn_request_add(d, e->id, e->producer, &e->partitions, TXN_VERSION_WITH_EPOCHS);
    else
        e->error = txn_request_verify(d, e->id, e->producer, &e->partitions, e->errors);
}

/* The transaction's record could not be written, or its shard was not there. */
static int16_t error_of_event(int16_t error)
{
    switch (error) {
    case KW_ERROR_REQUEST_TIMED_OUT:
    case COORDINATOR_NO_MEMORY:
        return KW_ERROR_COORDINATOR_NOT_AVAILABLE;
    case KW_ERROR_KAFKA_STORAGE_ERROR:
        return KW_ERROR_NOT_COORDINATOR;
    case KW_ERROR_MESSAGE_TOO_LARGE:
        return KW_ERROR_UNKNOWN_SERVER_ERROR;
    default:
        return error;
    }
}

int16_t enrolment_error(const struct enrolment *e, int16_t event_error, size_t partition)
{
    int16_t error = event_error != KW_ERROR_NONE ? error_of_event(event_error)
                    : e->error != KW_ERROR_NONE  ? e->error
                                                 : e->errors[partition];
    if (error == KW_ERROR_PRODUCER_FENCED)
        return KW_ERROR_INVALID_PRODUCER_EPOCH;
    if (error == KW_ERROR_TRANSACTION_ABORTABLE && e->kind == ENROLMENT_ASKS_FOR_OLD)
        return KW_ERROR_INVALID_TXN_STATE;
    return error;
}
