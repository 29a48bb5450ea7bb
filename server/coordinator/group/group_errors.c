/* SPDX-License-Identifier: Apache-2.0 */
#include "group_errors.h"

#include <kwire/error.h>

#include "../machine.h"

int16_t group_error_of(int16_t error)
{
    switch (error) {
    case COORDINATOR_NO_MEMORY:
    case KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION:
    case KW_ERROR_NOT_ENOUGH_REPLICAS:
    case KW_ERROR_REQUEST_TIMED_OUT:
        return KW_ERROR_COORDINATOR_NOT_AVAILABLE;
    case KW_ERROR_NOT_LEADER_OR_FOLLOWER:
    case KW_ERROR_KAFKA_STORAGE_ERROR:
        return KW_ERROR_NOT_COORDINATOR;
    case KW_ERROR_MESSAGE_TOO_LARGE:
    case KW_ERROR_RECORD_LIST_TOO_LARGE:
        return KW_ERROR_UNKNOWN_SERVER_ERROR;
    default:
        return error;
    }
}
