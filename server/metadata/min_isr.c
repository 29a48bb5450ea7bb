/* SPDX-License-Identifier: Apache-2.0 */
#include "min_isr.h"

#include <kwire/messages/clear_elr_record.h>

#include "versions.h"

bool is_min_isr(kw_string config)
{
    return kw_string_equal(config, kw_string_of("min.insync.replicas"));
}

void min_isr_changed(struct decision *decision, kw_string topic)
{
    kw_clear_elr_record record;
    if (!metadata_has_elr(decision->image))
        return;
    kw_clear_elr_record_init(&record);
    record.topic_name = topic;
    record_list_add(&decision->records, &kw_clear_elr_record_message, 0, &record);
}
