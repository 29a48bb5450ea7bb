/* SPDX-License-Identifier: Apache-2.0 */
#include "completion.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../../observe/console.h"
#include "txn_requests.h"

#define OF(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

enum step {
    COMMITTING, /* the prepared state has been written, and is not committed yet */
    MARKING,    /* markers have been asked for */
    MARKED      /* they have been answered */
};

/* It is counted: by the machine while it waits for its timer, by its event while that is with the shard, and by who
 * writes its markers. So it may outlive the machine, and has what it needs of that. The event may be completed on a
 * thread without the turn, on which the next one may look at the timer meanwhile. */
struct completion {
    struct coordinator_event event; /* the first member */
    struct coordinator_timer timer;
    struct task task;
    struct txn_markers markers;
    struct txn_environment environment;
    struct shard *shard; /* held */
    enum step step;
    atomic_uint references;
    atomic_bool is_submitted;
    bool is_waiting;       /* in the machine's list */
    bool is_given_up;      /* another coordinator has the transaction */
    atomic_uint arrivals;  /* markers are answered, and write_markers() has returned: the second one continues */
    struct txn_value *txn; /* the prepared state; the partitions without a marker are the first ones */
    size_t left;           /* of them */
    int64_t pause_ms;
    struct completion *next; /* in the machine's list */
    struct completion **link;
    kw_string id;
    char text[];
};

static void submit(struct completion *c);

/* ---- life ---- */

static void share(struct completion *c)
{
    atomic_fetch_add(&c->references, 1);
}

static void release(struct completion *c)
{
    if (atomic_fetch_sub(&c->references, 1) != 1)
        return;
    c->environment.release(c->environment.context, c->shard);
    txn_value_free(c->txn);
    free(c->markers.errors);
    free(c);
}

static void leave_list(struct completion *c)
{
    *c->link = c->next;
    if (c->next != NULL)
        c->next->link = c->link;
    c->is_waiting = false;
}

static void put_aside(struct txn_machine *m, struct completion *c, int64_t now, int64_t pause_ms)
{
    if (!c->is_waiting) {
        share(c);
        c->is_waiting = true;
        c->next = m->waiting;
        c->link = &m->waiting;
        if (c->next != NULL)
            c->next->link = &c->next;
        m->waiting = c;
    }
    coordinator_timer_start(c->shard, &c->timer, now + pause_ms);
}

static struct txn_producer producer_of(const struct completion *c)
{
    return (struct txn_producer){c->txn->is.producer_id, c->txn->is.epoch};
}

/* ---- markers ---- */

static void run_answered(struct task *task)
{
    struct completion *c = OF(task, struct completion, task);
    submit(c);
    release(c);
}

static void marked(struct txn_markers *markers)
{
    struct completion *c = OF(markers, struct completion, markers);
    if (atomic_fetch_add(&c->arrivals, 1) == 0)
        return;
    c->task.run = run_answered;
    executor_post(markers->executor, &c->task);
}

/* What is answered at once continues with this turn. */
static void mark(struct completion *c)
{
    c->step = MARKING;
    c->markers.count = c->left;
    if (c->left == 0) {
        submit(c);
        return;
    }
    share(c);
    atomic_store(&c->arrivals, 0);
    c->environment.write_markers(c->environment.context, &c->markers);
    if (atomic_fetch_add(&c->arrivals, 1) == 0)
        return;
    submit(c);
    release(c);
}

enum fate { FINISHED, AGAIN, STOP };

static bool exists(const struct metadata_image *image, const struct txn_partition *partition)
{
    const struct metadata_topic *topic = metadata_topic_by_name(image, partition->topic);
    return topic != NULL && metadata_topic_partition(topic, partition->partition) != NULL;
}

static enum fate fate_of(const struct metadata_image *image, const struct txn_partition *partition, int16_t error)
{
    switch (error) {
    case KW_ERROR_NONE:
    case KW_ERROR_UNSUPPORTED_FOR_MESSAGE_FORMAT:
    case KW_ERROR_UNSUPPORTED_VERSION:
        return FINISHED;
    case KW_ERROR_INVALID_PRODUCER_EPOCH:
    case KW_ERROR_TRANSACTION_COORDINATOR_FENCED:
        return STOP;
    case KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION:
        return exists(image, partition) ? AGAIN : FINISHED;
    default:
        return AGAIN;
    }
}

static void give_up(struct completion *c, const struct txn_partition *partition, int16_t error)
{
    c->is_given_up = true;
    console_line("%s: a transaction stays prepared, as another coordinator has ended it in %.*s-%d: %s",
                 c->shard->options.name, KW_FMT(partition->topic), partition->partition, kw_error_name(error));
}

static void take_answers(struct completion *c, const struct metadata_image *image)
{
    size_t left = 0;
    for (size_t i = 0; i < c->left; i++) {
        struct txn_partition *partition = &c->txn->partitions[i];
        enum fate fate = fate_of(image, partition, c->markers.errors[i]);
        if (fate == STOP && !c->is_given_up)
            give_up(c, partition, c->markers.errors[i]);
        if (fate != FINISHED)
            c->txn->partitions[left++] = *partition;
    }
    c->left = left;
}

/* ---- events ---- */

/* The entry, if this is its completion. */
static struct txn_entry *own_entry(const struct completion *c, struct txn_machine *m)
{
    struct txn_entry *entry = txn_machine_entry(m, c->id);
    return entry != NULL && entry->completion == c ? entry : NULL;
}

/* From then on the entry may have another completion, of its next transaction. */
static void decide_complete(struct completion *c, struct coordinator_decision *d)
{
    struct txn_entry *entry = own_entry(c, d->state);
    if (entry == NULL)
        return;
    entry->completion = NULL;
    (void)txn_request_complete(d, c->id, producer_of(c));
}

static void stop(const struct completion *c, struct txn_machine *m)
{
    struct txn_entry *entry = own_entry(c, m);
    if (entry == NULL)
        return;
    entry->completion = NULL;
    entry->is_stopped = true;
}

static void decide(struct coordinator_event *event, struct coordinator_decision *d)
{
    struct completion *c = (struct completion *)(void *)event;
    if (c->step == COMMITTING)
        return;
    if (c->step == MARKING) {
        c->step = MARKED;
        take_answers(c, d->image);
    }
    if (c->is_given_up) {
        stop(c, d->state);
        return;
    }
    if (c->left == 0) {
        decide_complete(c, d);
        return;
    }
    put_aside(d->state, c, d->clock, c->pause_ms);
    if (c->pause_ms < COMPLETION_LONGEST_PAUSE_MS)
        c->pause_ms = 2 * c->pause_ms < COMPLETION_LONGEST_PAUSE_MS ? 2 * c->pause_ms : COMPLETION_LONGEST_PAUSE_MS;
}

/* Whether the prepared state is there, and nobody completes it. If what followed was not committed in time, but may
 * still be, it is not there. */
static bool is_left(const struct completion *c, const struct txn_entry *entry)
{
    return entry != NULL && entry->completion == NULL && entry->value != NULL && txn_is_prepared(&entry->value->is) &&
           entry->value->is.producer_id == c->txn->is.producer_id && entry->value->is.epoch == c->txn->is.epoch;
}

static void failed(struct coordinator_event *event, void *state, int16_t error)
{
    struct completion *c = (struct completion *)(void *)event;
    struct txn_entry *entry = txn_machine_entry(state, c->id);
    (void)error;
    if (c->is_waiting || c->is_given_up)
        return;
    if (c->step == MARKED && is_left(c, entry))
        entry->completion = c;
    if (entry != NULL && entry->completion == c)
        put_aside(state, c, c->shard->options.clock(), COMPLETION_RECORD_PAUSE_MS);
}

/* Until then the timer does nothing. The machine may not be there any more. */
static void completed(struct completion *c, int16_t error)
{
    bool is_committed = error == KW_ERROR_NONE && c->step == COMMITTING;
    atomic_store(&c->is_submitted, false);
    if (is_committed)
        mark(c);
    release(c);
}

static void complete(struct coordinator_event *event, int16_t error)
{
    completed((struct completion *)(void *)event, error);
}

static void submit(struct completion *c)
{
    share(c);
    atomic_store(&c->is_submitted, true);
    if (coordinator_submit(c->shard, &c->event))
        completed(c, c->event.error);
}

static void tick(struct coordinator_timer *timer, struct coordinator_decision *d)
{
    struct completion *c = OF(timer, struct completion, timer);
    if (atomic_load(&c->is_submitted)) {
        coordinator_timer_start(d->shard, timer, d->clock + COMPLETION_PAUSE_MS);
        return;
    }
    coordinator_timer_stop(timer); /* it must not start again, whatever becomes of this decision */
    leave_list(c);
    if (c->step == MARKED && c->left != 0)
        mark(c);
    else
        submit(c);
    release(c);
}

/* ---- start ---- */

/* NULL: there is no memory. */
static struct completion *create(const struct txn_machine *m, const struct txn_entry *entry)
{
    size_t len = (size_t)entry->id.len, count = entry->value->is.partitions.count;
    struct completion *c = calloc(1, sizeof *c + len);
    if (c == NULL)
        return NULL;
    c->txn = txn_value_create(&entry->value->is);
    c->markers.errors = calloc(count + 1, sizeof *c->markers.errors);
    if (c->txn == NULL || c->markers.errors == NULL) {
        txn_value_free(c->txn);
        free(c->markers.errors);
        free(c);
        return NULL;
    }
    memcpy(c->text, entry->id.data, len);
    c->id = (kw_string){c->text, entry->id.len};
    c->environment = m->options.environment;
    c->shard = m->shard;
    c->environment.hold(c->environment.context, c->shard);
    c->left = count;
    atomic_init(&c->references, 1);
    return c;
}

static void init(struct completion *c)
{
    struct executor *home = c->shard->options.home;
    const struct txn_fields *txn = &c->txn->is;
    c->event.decide = decide;
    c->event.failed = failed;
    c->event.complete = complete;
    c->event.executor = home;
    c->timer.tick = tick;
    c->pause_ms = COMPLETION_PAUSE_MS;
    c->markers.producer_id = txn->producer_id;
    c->markers.producer_epoch = txn->epoch;
    c->markers.is_commit = txn->state == TXN_PREPARE_COMMIT;
    c->markers.coordinator_epoch = c->shard->options.leader_epoch;
    c->markers.version = txn->client_version;
    c->markers.partitions = c->txn->partitions;
    c->markers.executor = home;
    c->markers.done = marked;
}

void completion_start(struct txn_machine *m, struct txn_entry *entry)
{
    if (entry->completion != NULL || entry->is_stopped || m->shard == NULL ||
        m->options.environment.write_markers == NULL)
        return;
    struct completion *c = create(m, entry);
    if (c == NULL) {
        completion_look_later(m);
        return;
    }
    init(c);
    entry->completion = c;
    submit(c);
    release(c);
}

static void look(struct coordinator_timer *timer, struct coordinator_decision *d)
{
    struct txn_machine *m = d->state;
    (void)timer;
    completions_start(m);
}

void completion_look_later(struct txn_machine *m)
{
    m->look.tick = look;
    if (m->shard != NULL && !coordinator_timer_is_running(&m->look))
        coordinator_timer_start(m->shard, &m->look, m->shard->options.clock() + 2 * COMPLETION_RECORD_PAUSE_MS);
}

void completions_start(struct txn_machine *m)
{
    for (struct txn_entry *entry = m->open; entry != NULL; entry = entry->next_open)
        if (entry->references == 0 && txn_is_prepared(&entry->value->is))
            completion_start(m, entry);
}

void completions_stop(struct txn_machine *m)
{
    for (struct completion *c = m->waiting, *next; c != NULL; c = next) {
        next = c->next;
        c->is_waiting = false;
        release(c);
    }
    m->waiting = NULL;
}
