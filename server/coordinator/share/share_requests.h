/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_SHARE_SHARE_REQUESTS_H
#define SERVER_COORDINATOR_SHARE_SHARE_REQUESTS_H

/* What is asked of the state of a share partition. Each function is to be called in a decision; it checks in Kafka's
 * order, adds a record or none to the decision, and yields the answer. COORDINATOR_NOT_AVAILABLE: the coordinators have
 * no memory left for something new. */

#include "share_state.h"

struct share_answer {
    int16_t error;
    const char *message; /* static; NULL: none */
};

/* Kafka's text for an error of this coordinator. Static. */
const char *share_error_text(int16_t error);

/* What is in a request, whatever it is. */
struct share_asked {
    struct share_key key;
    int32_t leader_epoch; /* not of initialize, summary, remove */
    int32_t state_epoch;  /* of initialize and write */
};

/* Starts anew with this offset, or with none. */
struct share_answer share_initialize(struct coordinator_decision *d, const struct share_asked *asked,
                                     int64_t start_offset);

/* The start offset never goes back, and finished records are counted from the greater one on. */
struct share_answer share_write(struct coordinator_decision *d, const struct share_asked *asked, int64_t start_offset,
                                int32_t complete_count, const struct share_batches *batches);

/* Copies the state; batches are in `arena`. A leader epoch that is new fences the older ones from then on. */
struct share_answer share_read(struct coordinator_decision *d, const struct share_asked *asked, kw_arena *arena,
                               struct share_snapshot *out);

/* The same without batches, also where nothing is known. */
struct share_answer share_summarize(const struct coordinator_decision *d, const struct share_key *key,
                                    struct share_snapshot *out);

struct share_answer share_remove(struct coordinator_decision *d, const struct share_key *key);

#endif
