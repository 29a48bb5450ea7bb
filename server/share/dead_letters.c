/* SPDX-License-Identifier: Apache-2.0 */
#include "dead_letters.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../log/log_append.h"
#include "../log/log_read.h"
#include "../metadata/decide_topics.h"
#include "../observe/console.h"
#include "dead_letter_batch.h"
#include "dead_letter_topic.h"

enum {
    MOST_ATTEMPTS = 5,
    BACKOFF_MS = 1000,
    LONGEST_BACKOFF_MS = 30000,
    READ_BYTES = 1024 * 1024,
    CREATION_MEMORY = 64 * 1024 * 1024,
    UUID_SIZE = 22 /* as text */
};

/* On the home executor of its share partition, but for what is offloaded, appended or decided. */
struct dead_letter_job {
    struct task task; /* the first member */
    struct timer timer;
    struct controller_event event;
    struct log_append append;
    struct append_batch batch;
    struct dead_letters *owner;
    struct shared_partition *e; /* counted */
    struct dead_letter_source source;
    kw_string topic; /* of the records; allocated */
    int attempts;    /* that have failed, in a row */
    int16_t error;   /* of the last one */
    kw_writer bytes; /* of the batch that is appended */
    struct partition_log *target;
    kw_arena arena; /* while the topic is created */
    kw_create_topics_request request;
    kw_create_topics_response response;
};

static struct dead_letter_job *of_task(struct task *task)
{
    return (struct dead_letter_job *)(void *)task;
}

static void look(struct task *task);

/* ---- who is busy ---- */

static bool enter(struct dead_letters *letters)
{
    (void)pthread_mutex_lock(&letters->lock);
    bool enters = !letters->has_ended;
    letters->busy += enters;
    (void)pthread_mutex_unlock(&letters->lock);
    return enters;
}

static void leave(struct dead_letters *letters)
{
    (void)pthread_mutex_lock(&letters->lock);
    if (--letters->busy == 0)
        (void)pthread_cond_broadcast(&letters->idle);
    (void)pthread_mutex_unlock(&letters->lock);
}

static bool has_ended(struct dead_letters *letters)
{
    (void)pthread_mutex_lock(&letters->lock);
    bool ended = letters->has_ended;
    (void)pthread_mutex_unlock(&letters->lock);
    return ended;
}

bool dead_letters_init(struct dead_letters *letters, const struct dead_letters_options *options)
{
    *letters = (struct dead_letters){.options = *options};
    if (pthread_mutex_init(&letters->lock, NULL) != 0)
        return false;
    if (pthread_cond_init(&letters->idle, NULL) == 0)
        return true;
    (void)pthread_mutex_destroy(&letters->lock);
    return false;
}

void dead_letters_finish(struct dead_letters *letters)
{
    (void)pthread_cond_destroy(&letters->idle);
    (void)pthread_mutex_destroy(&letters->lock);
}

void dead_letters_stop(struct dead_letters *letters)
{
    (void)pthread_mutex_lock(&letters->lock);
    letters->has_ended = true;
    (void)pthread_mutex_unlock(&letters->lock);
}

void dead_letters_await(struct dead_letters *letters)
{
    (void)pthread_mutex_lock(&letters->lock);
    while (letters->busy != 0)
        (void)pthread_cond_wait(&letters->idle, &letters->lock);
    (void)pthread_mutex_unlock(&letters->lock);
}

/* ---- the end of a job ---- */

static void release_round(struct dead_letter_job *job)
{
    kw_writer_finish(&job->bytes);
    if (job->target != NULL)
        log_release(job->target);
    job->target = NULL;
}

void dead_letters_forget(struct dead_letter_job *job)
{
    if (job == NULL)
        return;
    release_round(job);
    kw_arena_finish(&job->arena);
    free((void *)job->topic.data);
    free(job);
}

/* The records are archived, and that is written. */
static void bury(struct shared_partition *e)
{
    struct shared_job *write = shared_job_create(e);
    struct share_change change;
    shared_partition_lock(e);
    e->letters = NULL;
    share_partition_bury(&e->p, &change);
    shared_partition_wake(e);
    if (write != NULL) {
        write->change = change;
        (void)shared_job_queue(write);
    } else { /* it is written with what comes later, or produced again after a restart */
        share_change_finish(&change, e->p.budget);
    }
    shared_partition_unlock(e);
    shared_partition_write(e);
}

static void end(struct dead_letter_job *job)
{
    struct dead_letters *letters = job->owner;
    struct shared_partition *e = job->e;
    bury(e);
    dead_letters_forget(job);
    dead_letters_start(letters, e); /* the next ones */
    shared_partition_release(e);
    leave(letters);
}

static void give_up(struct dead_letter_job *job, const char *why)
{
    console_peer("dead letters of share group %.*s, %.*s-%" PRId32 ", offsets %" PRId64 " to %" PRId64
                 " are not produced: %s",
                 KW_FMT(job->source.group), KW_FMT(job->source.topic), job->source.partition, job->source.next,
                 job->source.last, why);
    end(job);
}

/* ---- another attempt ---- */

static void fire(struct timer *timer)
{
    struct dead_letter_job *job =
        (struct dead_letter_job *)(void *)((char *)timer - offsetof(struct dead_letter_job, timer));
    if (enter(job->owner))
        look(&job->task);
}

static void try_again(struct dead_letter_job *job, int16_t error)
{
    int64_t delay = BACKOFF_MS;
    if (++job->attempts >= MOST_ATTEMPTS) {
        give_up(job, kw_error_name(error));
        return;
    }
    for (int i = 0; i < job->attempts && delay < LONGEST_BACKOFF_MS; i++)
        delay *= 2;
    job->timer.fire = fire;
    executor_start_timer(job->e->home, &job->timer, delay < LONGEST_BACKOFF_MS ? delay : LONGEST_BACKOFF_MS);
    leave(job->owner);
}

/* ---- a batch ---- */

static void take_result(struct task *task)
{
    struct dead_letter_job *job = of_task(task);
    release_round(job);
    if (job->error == KW_ERROR_NONE) {
        job->attempts = 0;
        if (job->source.next > job->source.last)
            end(job);
        else
            look(task);
    } else if (job->error == KW_ERROR_NOT_LEADER_OR_FOLLOWER) {
        try_again(job, job->error);
    } else {
        give_up(job, kw_error_name(job->error));
    }
}

static void go_home(struct dead_letter_job *job, int16_t error)
{
    job->error = error;
    job->task.run = take_result;
    executor_post(job->e->home, &job->task);
}

static void appended(struct log_append *append)
{
    struct dead_letter_job *job = append->context;
    go_home(job, append->error);
}

static void append(struct dead_letter_job *job, int32_t leader_epoch)
{
    kw_span all = kw_writer_data(&job->bytes);
    memcpy(job->batch.header, all.data, sizeof job->batch.header);
    job->batch.records =
        kw_bytes_of((const uint8_t *)all.data + sizeof job->batch.header, all.size - sizeof job->batch.header);
    job->append = (struct log_append){.batches = &job->batch,
                                      .count = 1,
                                      .leader_epoch = leader_epoch,
                                      .origin = APPEND_CLIENT,
                                      .want = APPEND_WRITTEN,
                                      .done = appended,
                                      .context = job};
    if (log_append(job->target, &job->append))
        appended(&job->append);
}

/* Records from the next one on; none where they cannot be read. */
static void read_records(const struct dead_letter_job *job, struct partition_log *log,
                         const struct log_snapshot *snapshot, struct log_slice *out)
{
    const struct log_read_request wanted = {
        .offset = job->source.next, .end = snapshot->high_watermark, .max_bytes = READ_BYTES, .at_least_one = true};
    if (wanted.offset >= snapshot->log_start_offset && wanted.offset < wanted.end &&
        log_read(log, snapshot, &wanted, out) != KW_ERROR_NONE)
        out->segment = NULL;
}

static kw_status write_letters(struct dead_letter_job *job, kw_bytes records, const struct log_config *config,
                               const struct dead_letter_tools *tools)
{
    return dead_letter_batch(&job->source, records, config, tools, job->owner->options.now(), &job->bytes);
}

/* With keys and values as far as they can be read. */
static kw_status write_from(struct dead_letter_job *job, struct partition_log *log, const struct log_snapshot *snapshot,
                            const struct log_config *config, const struct dead_letter_tools *tools)
{
    const kw_bytes nothing = {NULL, 0};
    struct log_slice slice = {.segment = NULL};
    struct file_reading reading;
    int64_t first = job->source.next;
    read_records(job, log, snapshot, &slice);
    if (slice.segment == NULL)
        return write_letters(job, nothing, config, tools);
    log_slice_reading_start(&slice, &reading);
    kw_status status = write_letters(job, slice.records, config, tools);
    int16_t error = log_slice_reading_end(&slice, snapshot, &reading);
    segment_release(slice.segment);
    if (error == KW_ERROR_NONE)
        return status;
    job->source.next = first;
    kw_writer_reset(&job->bytes);
    return write_letters(job, nothing, config, tools);
}

static kw_status build(struct dead_letter_job *job, const struct log_config *config, bool has_records)
{
    const struct share_key *key = &job->e->key;
    struct partition_log *log =
        has_records ? log_manager_find(job->owner->options.logs, job->source.topic, key->topic_id, key->partition)
                    : NULL;
    struct log_snapshot snapshot;
    const struct dead_letter_tools tools = {
        has_records ? kw_decompressor_create(kw_allocator_libc()) : NULL,
        !config->keep_codec && config->codec != KW_CODEC_NONE ? kw_compressor_create(kw_allocator_libc()) : NULL};
    const kw_bytes nothing = {NULL, 0};
    kw_status status;
    kw_writer_init_growing(&job->bytes, kw_allocator_libc(), (size_t)config->max_message_bytes);
    if (log != NULL && partition_log_acquire(log, false, &snapshot) == KW_ERROR_NONE) {
        status = write_from(job, log, &snapshot, config, &tools);
        log_snapshot_release(&snapshot);
    } else {
        status = write_letters(job, nothing, config, &tools);
    }
    kw_decompressor_destroy(tools.decompressor);
    kw_compressor_destroy(tools.compressor);
    if (log != NULL)
        log_release(log);
    return status;
}

static bool has_too_few_replicas(const struct dead_letter_topic *t, const struct log_config *config)
{
    int32_t replicas = t->to->replicas.len;
    return t->to->isr.len < (config->min_insync_replicas < replicas ? config->min_insync_replicas : replicas);
}

/* KW_ERROR_NONE: it is being appended. */
static int16_t produce(struct dead_letter_job *job, const struct dead_letter_topic *t)
{
    struct log_snapshot snapshot;
    struct log_config config;
    if (t->to == NULL || t->to->leader_id != job->owner->options.node_id)
        return KW_ERROR_NOT_LEADER_OR_FOLLOWER;
    job->target = log_manager_find(job->owner->options.logs, t->name, t->topic->id, t->to->index);
    if (job->target == NULL || !partition_log_config(job->target, &config))
        return KW_ERROR_NOT_LEADER_OR_FOLLOWER;
    int16_t error = partition_log_acquire(job->target, false, &snapshot); /* opens it */
    if (error != KW_ERROR_NONE)
        return error;
    log_snapshot_release(&snapshot);
    if (has_too_few_replicas(t, &config))
        return KW_ERROR_NOT_ENOUGH_REPLICAS;
    int64_t before = job->source.next;
    kw_status status = build(job, &config, t->has_records);
    if (status != KW_OK) {
        job->source.next = before;
        return status == KW_ERR_BATCH_FULL ? KW_ERROR_MESSAGE_TOO_LARGE
               : status == KW_ERR_NULL     ? KW_ERROR_INVALID_RECORD
                                           : KW_ERROR_UNKNOWN_SERVER_ERROR;
    }
    append(job, t->to->leader_epoch);
    return KW_ERROR_NONE;
}

static void produce_on_worker(struct task *task)
{
    struct dead_letter_job *job = of_task(task);
    const struct dead_letters_options *o = &job->owner->options;
    const struct metadata_image *image = metadata_image_acquire(o->metadata);
    const struct config_place place = {image, o->file, o->node_id};
    struct dead_letter_topic topic;
    enum dead_letter_place found = dead_letter_topic_find(&place, job->source.group, job->source.partition, &topic);
    int16_t error = found == DEAD_LETTER_READY ? produce(job, &topic) : KW_ERROR_NOT_LEADER_OR_FOLLOWER;
    metadata_image_release(image);
    if (error != KW_ERROR_NONE)
        go_home(job, error);
}

/* ---- the topic ---- */

static struct dead_letter_job *of_event(struct controller_event *event)
{
    return (struct dead_letter_job *)(void *)((char *)event - offsetof(struct dead_letter_job, event));
}

static bool describe(struct dead_letter_job *job, const struct decision *decision)
{
    const struct dead_letters_options *o = &job->owner->options;
    const struct config_place place = {decision->image, o->file, o->node_id};
    struct dead_letter_topic topic;
    kw_create_topics_request_init(&job->request);
    kw_create_topics_response_init(&job->response);
    if (dead_letter_topic_find(&place, job->source.group, job->source.partition, &topic) != DEAD_LETTER_MISSING)
        return true;
    job->request.topics.items = kw_arena_alloc(&job->arena, sizeof *job->request.topics.items);
    job->request.topics.len = 1;
    return job->request.topics.items != NULL &&
           dead_letter_topic_describe(topic.name, &job->arena, job->request.topics.items);
}

static void decide(struct controller_event *event, struct decision *decision)
{
    struct dead_letter_job *job = of_event(event);
    kw_arena_reset(&job->arena);
    if (!describe(job, decision) ||
        (job->request.topics.len > 0 &&
         !decide_create_topics(decision, job->owner->options.file, &job->request, &job->arena, &job->response)))
        record_list_fail(&decision->records, KW_ERR_NO_MEMORY);
}

static void take_creation(struct task *task)
{
    struct dead_letter_job *job = of_task(task);
    bool is_created = job->error == KW_ERROR_NONE || job->error == KW_ERROR_TOPIC_ALREADY_EXISTS;
    kw_arena_reset(&job->arena);
    if (is_created)
        look(task);
    else
        give_up(job, kw_error_name(job->error));
}

static void created(struct controller_event *event, int16_t error)
{
    struct dead_letter_job *job = of_event(event);
    if (error == KW_ERROR_NONE && job->response.topics.len > 0)
        error = job->response.topics.items[0].error_code;
    job->error = error;
    job->task.run = take_creation;
    executor_post(job->e->home, &job->task);
}

/* ---- a job ---- */

static enum dead_letter_place find_topic(const struct dead_letter_job *job, const char **why)
{
    const struct dead_letters_options *o = &job->owner->options;
    const struct metadata_image *image = metadata_image_acquire(o->metadata);
    const struct config_place place = {image, o->file, o->node_id};
    struct dead_letter_topic topic;
    enum dead_letter_place found = dead_letter_topic_find(&place, job->source.group, job->source.partition, &topic);
    metadata_image_release(image);
    *why = found == DEAD_LETTER_REFUSED ? topic.why : "their topic cannot be created";
    return found;
}

static void look(struct task *task)
{
    struct dead_letter_job *job = of_task(task);
    struct controller *controller = *job->owner->options.controller;
    const char *why;
    if (has_ended(job->owner)) {
        leave(job->owner); /* it stays with its share partition, which goes */
        return;
    }
    switch (find_topic(job, &why)) {
    case DEAD_LETTER_READY:
        job->task.run = produce_on_worker;
        executor_offload(job->e->home, &job->task);
        break;
    case DEAD_LETTER_MISSING:
        if (controller != NULL) {
            job->event = (struct controller_event){.decide = decide, .complete = created};
            controller_submit(controller, &job->event);
            break;
        }
        /* fall through */
    default:
        give_up(job, why);
    }
}

/* The name of the topic whose records are given up, or its id where it has been deleted. */
static bool name_topic(struct dead_letter_job *job)
{
    const struct metadata_image *image = metadata_image_acquire(job->owner->options.metadata);
    const struct metadata_topic *topic = metadata_topic_by_id(image, job->e->key.topic_id);
    size_t size = topic != NULL ? (size_t)topic->name.len : UUID_SIZE;
    char *text = malloc(size + 1);
    if (text != NULL && topic != NULL)
        memcpy(text, topic->name.data, size);
    else if (text != NULL)
        kw_uuid_format(job->e->key.topic_id, text);
    job->topic = (kw_string){text, (int32_t)size};
    metadata_image_release(image);
    return text != NULL;
}

/* NULL: there is no memory; the next time that something is written tries again. */
static struct dead_letter_job *create(struct dead_letters *letters, struct shared_partition *e)
{
    struct dead_letter_job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return NULL;
    job->owner = letters;
    job->e = e;
    kw_arena_init_growing(&job->arena, NULL, 0, kw_allocator_libc(), CREATION_MEMORY);
    kw_writer_init_growing(&job->bytes, kw_allocator_libc(), 1);
    if (name_topic(job))
        return job;
    dead_letters_forget(job);
    return NULL;
}

/* Whether the share partition has something for this job. */
static bool take(struct dead_letter_job *job)
{
    struct shared_partition *e = job->e;
    struct share_dead dead;
    shared_partition_lock(e);
    bool takes = e->letters == NULL && share_partition_take_dead(&e->p, &e->limits, &dead);
    if (takes)
        e->letters = job;
    shared_partition_unlock(e);
    if (takes)
        job->source = (struct dead_letter_source){.group = e->key.group,
                                                  .topic = job->topic,
                                                  .partition = e->key.partition,
                                                  .count = dead.count,
                                                  .was_rejected = dead.was_rejected,
                                                  .next = dead.first,
                                                  .last = dead.last};
    return takes;
}

void dead_letters_start(struct dead_letters *letters, struct shared_partition *e)
{
    shared_partition_lock(e);
    bool is_needed = e->p.may_have_letters && e->letters == NULL;
    shared_partition_unlock(e);
    if (!is_needed || !enter(letters))
        return;
    struct dead_letter_job *job = create(letters, e);
    if (job == NULL || !take(job)) {
        dead_letters_forget(job);
        leave(letters);
        return;
    }
    shared_partition_refer(e);
    job->task.run = look;
    executor_post(e->home, &job->task);
}
