/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_PRODUCE_H
#define SERVER_API_PRODUCE_H

/* What the parts of Produce share: produce.c runs the request and waits for the logs, produce_request.c says what is
 * asked for, produce_records.c checks the records of a partition and prepares them for its log, produce_txn.c asks the
 * coordinator of a transaction, produce_refusal.c describes records that a topic does not accept. */

#include <stdatomic.h>

#include <kwire/append.h>

#include "../config/log_config.h"
#include "../log/log_append.h"
#include "../transaction/enrolment.h"
#include "append_tools.h"
#include "handlers.h"

/* Versions of the request in which something is new. */
enum {
    PRODUCE_FIRST_FOR_MAGIC_2 = 3,
    PRODUCE_FIRST_WITH_STORAGE_ERROR = 4,
    PRODUCE_FIRST_FOR_ZSTD = 7,
    PRODUCE_FIRST_WITH_RECORD_ERRORS = 8,
    PRODUCE_FIRST_WITH_LEADER = 10,
    PRODUCE_FIRST_WITH_ABORTABLE = 11,
    PRODUCE_FIRST_WITH_EPOCHS =
        12, /* each transaction has one, and its partitions are added when they are written to */
    PRODUCE_FIRST_BY_ID = 13
};

/* One partition of the request. */
struct produce_part {
    const kw_produce_request_topic_produce_data *asked_topic;
    const kw_produce_request_partition_produce_data *asked;
    kw_produce_response_partition_produce_response *out;
    const struct metadata_topic *topic; /* NULL: it does not exist */
    const struct metadata_partition *partition;
    struct partition_log *log;
    bool is_prepared; /* its records go to the log */
    bool is_transactional;
    struct txn_producer producer; /* of a transactional batch, as the next two */
    int32_t base_sequence;
    uint64_t verification;
    int64_t append_time; /* LogAppendTime; -1: each record has its own */
    struct log_append append;
    struct append_batch batch;
    bool is_rewritten;
    kw_writer rewritten; /* what the batch is in, where it could not stay as it was */
};

/* What the coordinator of the transaction is asked. */
struct produce_enrolment {
    struct enrolment asked;
    struct txn_partition *names; /* sorted */
    struct produce_part **parts; /* in the same order */
    size_t count;
    int64_t start; /* of the first attempt */
    int64_t pause; /* before the next attempt */
    int64_t paused;
};

struct producing {
    struct call *call;
    const kw_produce_request *request;
    kw_produce_response *response;
    const struct metadata_image *image; /* that the parts refer to, once the call may get another one; or NULL */
    struct produce_part *parts;         /* distinct */
    size_t count;
    struct append_tools *tools;          /* while the records are prepared */
    struct produce_enrolment *enrolment; /* NULL: there is no transaction */
    call_function *enrolled;
    int64_t now_ms;        /* since 1970 */
    atomic_size_t pending; /* appends that are not done, and one while they are submitted */
};

/* Lists what is asked for, and allocates the response. False if memory is short. */
bool produce_list(struct producing *p);

/* Why the request is refused as a whole, as Kafka does for some damage: the error for all partitions, and its message,
 * which may be null. */
int16_t produce_refuse_all(struct producing *p, kw_string *message);

/* Checks the records of a partition that exists, and makes a batch of them, or sets the error of the partition. False
 * if memory is short. */
bool produce_prepare(struct producing *p, struct produce_part *part);

/* Asks the coordinator about the partitions with transactional batches that need it, then continues with `enrolled`.
 * Those that must not be written are no longer prepared, and have their errors. */
enum call_outcome produce_enrol(struct producing *p, call_function *enrolled);

/* Sets the error of a partition that the coordinator does not allow to be written. */
void produce_refuse_enrolled(struct producing *p, struct produce_part *part, int16_t error);

/* Sets the error of a partition, with the log start offset where Kafka has it. */
void produce_set_error(struct producing *p, struct produce_part *part, int16_t error);

/* Describes the records that were refused. False if memory is short. */
bool produce_describe_refused(struct producing *p, struct produce_part *part, const kw_append *checked,
                              const kw_append_rules *rules, const kw_refused_records *refused);

#endif
