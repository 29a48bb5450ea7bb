/* SPDX-License-Identifier: Apache-2.0 */
#include "decide_producer_id.h"

#include <kwire/error.h>
#include <kwire/messages/producer_ids_record.h>

/* A block whose record could not be written is not in the image. */
static bool is_reserved(const struct decision *decision, const struct producer_id_block *block)
{
    return block->next < block->end && block->end == decision->image->parts.next_producer_id;
}

int16_t decide_producer_id(struct decision *decision, struct producer_id_block *block, int64_t *id)
{
    const struct metadata_broker *self = metadata_find_broker(decision->image, decision->node_id);
    int64_t next = decision->image->parts.next_producer_id;
    if (is_reserved(decision, block)) {
        *id = block->next++;
        return KW_ERROR_NONE;
    }
    if (self == NULL)
        return KW_ERROR_BROKER_ID_NOT_REGISTERED;
    if (next > INT64_MAX - PRODUCER_ID_BLOCK)
        return KW_ERROR_UNKNOWN_SERVER_ERROR;
    kw_producer_ids_record record;
    kw_producer_ids_record_init(&record);
    record.broker_id = decision->node_id;
    record.broker_epoch = self->epoch;
    record.next_producer_id = next + PRODUCER_ID_BLOCK;
    record_list_add(&decision->records, &kw_producer_ids_record_message, 0, &record);
    *id = next;
    block->next = next + 1;
    block->end = record.next_producer_id;
    return KW_ERROR_NONE;
}
