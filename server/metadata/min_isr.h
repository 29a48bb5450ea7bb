/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_MIN_ISR_H
#define SERVER_METADATA_MIN_ISR_H

/* min.insync.replicas, by which the eligible leader replicas are counted. */

#include "controller.h"

bool is_min_isr(kw_string config);

/* After a record that changes it: with ELR, those that were counted with the old value are cleared. `topic` is "" for
 * all topics. */
void min_isr_changed(struct decision *decision, kw_string topic);

#endif
