/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle.h"

#include <errno.h>
#include <string.h>

#include <kwire/error.h>

#include "../base/file.h"
#include "../observe/console.h"
#include "bootstrap.h"
#include "delta.h"
#include "versions.h"

enum { MEMORY_LIMIT = 1024 * 1024 * 1024, CONTROLLER_PORT = 9093, REPAIR_MS = 5000 };

static bool out_of_memory(void)
{
    complain("out of memory");
    return false;
}

/* ---- where decisions go ---- */

static enum append_outcome append(void *context, const kw_bytes *values, size_t count, int64_t offset, int64_t now)
{
    struct lifecycle *l = context;
    return metadata_writer_append(&l->writer, values, count, offset, now);
}

/* Of voters only those that a kraft.version 0 has not named are written: this node alone. */
static enum append_outcome append_quorum(void *context, int16_t kraft_version, int64_t offset, int64_t now)
{
    struct lifecycle *l = context;
    enum append_outcome outcome = metadata_writer_append_quorum(&l->writer, kraft_version, &l->voters, offset, now);
    if (outcome != APPENDED)
        return outcome;
    l->kraft_version = kraft_version;
    snapshotter_set_quorum(&l->snapshotter, kraft_version, &l->voters);
    if (l->options.quorum_changed != NULL)
        l->options.quorum_changed(l->options.context, kraft_version);
    return outcome;
}

static bool sync_log(void *context)
{
    struct lifecycle *l = context;
    return metadata_writer_sync(&l->writer);
}

static void submit_assignments(struct lifecycle *l);

/* On the controller's thread, if it has one yet. */
static void repair_later(struct lifecycle *l)
{
    if (l->is_incomplete && l->controller.executor != NULL && !timer_is_running(&l->repair))
        executor_start_timer(l->controller.executor, &l->repair, REPAIR_MS);
}

static void repair(struct timer *timer)
{
    struct lifecycle *l = (struct lifecycle *)(void *)((char *)timer - offsetof(struct lifecycle, repair));
    l->is_incomplete = !l->options.prepare(l->options.context, NULL, controller_image(&l->controller));
    repair_later(l);
    submit_assignments(l);
}

static void publish(void *context, const struct metadata_image *before, const struct metadata_image *after)
{
    struct lifecycle *l = context;
    if (l->options.prepare != NULL && !l->options.prepare(l->options.context, l->has_published ? before : NULL, after))
        l->is_incomplete = true;
    repair_later(l);
    l->has_published = true;
    metadata_image_publish(l->options.metadata, metadata_image_share(after));
    snapshotter_published(&l->snapshotter, after);
    submit_assignments(l);
}

/* ---- log directories ---- */

static void decide_assigning(struct controller_event *event, struct decision *decision)
{
    struct lifecycle *l = (struct lifecycle *)(void *)((char *)event - offsetof(struct lifecycle, assigning));
    l->assigned = l->options.assignments->count;
    decide_directory_assignments(decision, l->options.file, l->options.assignments->items, l->assigned);
}

/* What could not be written is said again at the next start. */
static void complete_assigning(struct controller_event *event, int16_t error)
{
    struct lifecycle *l = (struct lifecycle *)(void *)((char *)event - offsetof(struct lifecycle, assigning));
    (void)error;
    assignment_list_drop(l->options.assignments, l->assigned);
    l->is_assigning = false;
    submit_assignments(l);
}

static void submit_assignments(struct lifecycle *l)
{
    if (l->options.assignments == NULL || l->options.assignments->count == 0 || l->is_assigning)
        return;
    l->is_assigning = true;
    l->assigned = 0;
    l->assigning = (struct controller_event){.decide = decide_assigning, .complete = complete_assigning};
    controller_submit(&l->controller, &l->assigning);
}

static void decide_failing(struct controller_event *event, struct decision *decision)
{
    const struct failing_directory *failing = (const void *)event; /* its first member */
    decide_directory_failure(decision, failing->lifecycle->options.file, failing->id);
}

static void complete_failing(struct controller_event *event, int16_t error)
{
    (void)event;
    (void)error;
}

static bool prepare_to_fail(struct lifecycle *l)
{
    size_t count = (size_t)l->options.directories.len;
    l->failing = kw_arena_array(&l->arena, count, sizeof *l->failing);
    for (size_t i = 0; l->failing != NULL && i < count; i++) {
        l->failing[i] = (struct failing_directory){.lifecycle = l, .id = l->options.directories.items[i]};
        atomic_flag_clear(&l->failing[i].has_failed);
    }
    return l->failing != NULL || out_of_memory();
}

void lifecycle_fail_directory(struct lifecycle *l, kw_uuid id)
{
    for (int32_t i = 0; i < l->options.directories.len; i++) {
        struct failing_directory *failing = &l->failing[i];
        if (!kw_uuid_equal(failing->id, id) || atomic_flag_test_and_set(&failing->has_failed))
            continue;
        failing->event = (struct controller_event){.decide = decide_failing, .complete = complete_failing};
        controller_submit(&l->controller, &failing->event);
    }
}

/* ---- decisions of the start and the stop ---- */

struct step;

typedef void decide_function(const struct step *step, struct decision *decision);

struct step {
    struct controller_event event;
    const struct step *before; /* without which this one makes no sense; NULL: it is the first */
    decide_function *decide;
    struct lifecycle *lifecycle;
    int16_t error;
};

static struct step *step_of(struct controller_event *event)
{
    return (struct step *)(void *)event; /* its first member */
}

static void decide_activate(const struct step *step, struct decision *decision)
{
    decide_activation(decision, &step->lifecycle->activation);
}

static void decide_register_controller(const struct step *step, struct decision *decision)
{
    decide_controller_registration(decision, &step->lifecycle->own);
}

static void decide_register_broker(const struct step *step, struct decision *decision)
{
    decide_broker_registration(decision, &step->lifecycle->own);
}

static void decide_heartbeat(const struct step *step, struct decision *decision)
{
    (void)step;
    decide_first_heartbeat(decision);
}

static void decide_unfence(const struct step *step, struct decision *decision)
{
    decide_unfencing(decision, &step->lifecycle->own);
}

static void decide_shutdown(const struct step *step, struct decision *decision)
{
    decide_controlled_shutdown(decision, &step->lifecycle->own);
}

static void decide_fence(const struct step *step, struct decision *decision)
{
    (void)step;
    decide_fencing(decision);
}

static void decide(struct controller_event *event, struct decision *decision)
{
    const struct step *step = step_of(event);
    if (step->before != NULL && step->before->event.error != KW_ERROR_NONE)
        record_list_fail(&decision->records, KW_ERR_NO_MEMORY);
    else
        step->decide(step, decision);
}

static void complete(struct controller_event *event, int16_t error)
{
    step_of(event)->error = error;
}

/* Runs them one after the other until one fails, and waits for the disk once. */
static bool run_steps(struct lifecycle *l, decide_function *const *functions, size_t count)
{
    struct step steps[8];
    bool done = true;
    for (size_t i = 0; i < count; i++) {
        steps[i] = (struct step){.event = {.decide = decide, .complete = complete},
                                 .before = i > 0 ? &steps[i - 1] : NULL,
                                 .decide = functions[i],
                                 .lifecycle = l};
        controller_submit(&l->controller, &steps[i].event);
    }
    controller_run(&l->controller);
    for (size_t i = 0; i < count; i++)
        done = done && steps[i].error == KW_ERROR_NONE;
    return done;
}

/* ---- start ---- */

static bool copy_text(struct lifecycle *l, const char *from, kw_string *to)
{
    *to = kw_string_of(from);
    size_t size = strlen(from) + 1;
    char *copy = kw_arena_alloc(&l->arena, size);
    if (copy == NULL)
        return false;
    memcpy(copy, from, size);
    to->data = copy;
    return true;
}

/* The voters say where Kafka's controller would be reached: one that opens the directory later writes its own. */
static bool describe_node(struct lifecycle *l)
{
    const struct static_value *rack =
        l->options.file != NULL ? static_config_get(l->options.file, "broker.rack") : NULL;
    l->endpoint.name = kw_string_of("PLAINTEXT");
    l->endpoint.port = l->options.endpoint.port;
    l->controller_endpoint.name = kw_string_of("CONTROLLER");
    l->controller_endpoint.port = CONTROLLER_PORT;
    l->own.endpoint = &l->endpoint;
    l->own.controller_endpoint = &l->controller_endpoint;
    l->own.directories = l->options.directories;
    l->own.clean_epoch = l->options.clean_epoch;
    l->own.file = l->options.file;
    l->own.rack = kw_string_of(NULL);
    if (!random_uuid(l->options.random, &l->own.incarnation_id)) {
        complain("no random numbers: %s", strerror(errno));
        return false;
    }
    bool copied = copy_text(l, l->options.endpoint.host, &l->endpoint.host) &&
                  (rack == NULL || copy_text(l, rack->text, &l->own.rack));
    l->controller_endpoint.host = l->endpoint.host;
    return copied || out_of_memory();
}

/* Nothing is decided before the node leads the log, in an epoch that nobody has had. */
static bool lead(struct lifecycle *l, const struct metadata_log *log)
{
    int32_t last = log->epoch > log->quorum.leader_epoch ? log->epoch : log->quorum.leader_epoch;
    bool has_voters = l->kraft_version > 0 && log->end_offset <= 0;
    const struct metadata_leader leader = {.node_id = l->options.node_id,
                                           .epoch = last > 0 ? last + 1 : 1,
                                           .kraft_version = l->kraft_version,
                                           .voters = has_voters ? &l->voters : NULL,
                                           .now = l->options.now()};
    return metadata_writer_lead(&l->writer, &leader);
}

/* What was read, at the end of the log as it is now. The snapshot at offset 0 is no part of the log: its records are
 * written to it, also where a crash has left control records only. */
static struct metadata_image *advance(const struct lifecycle *l, const struct metadata_log *log,
                                      const struct metadata_image *read)
{
    const struct metadata_parts nothing = {.epoch = -1};
    struct metadata_delta delta;
    struct metadata_image *next = NULL;
    const struct metadata_image *base = log->has_records ? metadata_image_share(read) : metadata_image_create(&nothing);
    if (base == NULL)
        return NULL;
    if (metadata_delta_init(&delta, base, kw_allocator_libc(), MEMORY_LIMIT) == KW_OK)
        next = metadata_delta_apply(&delta, l->writer.end_offset, l->writer.epoch);
    metadata_delta_finish(&delta);
    metadata_image_release(base);
    return next;
}

static bool start_controller(struct lifecycle *l, const struct metadata_log *log, const struct metadata_image *read)
{
    struct metadata_image *image = advance(l, log, read);
    if (image == NULL)
        return out_of_memory();
    const struct controller_options options = {.image = image,
                                               .node_id = l->options.node_id,
                                               .epoch = l->writer.epoch,
                                               .random = l->options.random,
                                               .now = l->options.now,
                                               .sink = {l, append, sync_log, publish, append_quorum}};
    l->is_open = controller_init(&l->controller, &options);
    metadata_image_release(image);
    return l->is_open || out_of_memory();
}

static bool open_log(struct lifecycle *l, const struct metadata_log *log)
{
    char folder[KW_PATH_SIZE];
    if (path_join(folder, l->options.log_dir, kw_string_of("__cluster_metadata-0")) != KW_OK) {
        complain("%s: %s", l->options.log_dir, strerror(errno));
        return false;
    }
    int64_t segment_bytes = setting_number(l->options.file, "metadata.log.segment.bytes");
    if (!metadata_writer_open(&l->writer, folder, log, (size_t)segment_bytes))
        return false;
    if (folder_sync(l->options.log_dir) == KW_OK) /* the folder's name, which may be as new as the folder */
        return true;
    complain("%s: %s", l->options.log_dir, strerror(errno));
    return false;
}

bool lifecycle_start(struct lifecycle *l, const struct lifecycle_options *options, const struct metadata_log *log,
                     const struct metadata_image *image)
{
    static decide_function *const steps[] = {decide_activate, decide_register_controller, decide_register_broker,
                                             decide_heartbeat, decide_unfence};
    memset(l, 0, sizeof *l);
    l->options = *options;
    l->activation = (struct activation){log->in_transaction, &l->bootstrap,
                                        image->parts.feature_count == 0 || metadata_has_elr(image)};
    l->bytes = log->bytes;
    l->snapshot_offset = log->snapshot_offset > 0 ? log->snapshot_offset : 0;
    kw_arena_init_growing(&l->arena, NULL, 0, kw_allocator_libc(), MEMORY_LIMIT);
    record_list_init(&l->bootstrap, &l->arena);
    l->repair.fire = repair;
    const struct bootstrap bootstrap = {.log_dir = options->log_dir,
                                        .node_id = options->node_id,
                                        .directory_id = options->directories.items[0],
                                        .controller_endpoint = &l->controller_endpoint,
                                        .release = options->release,
                                        .now = options->now()};
    if (!describe_node(l) || !prepare_to_fail(l) ||
        !bootstrap_prepare(&bootstrap, log, image, &l->arena, &l->bootstrap, &l->kraft_version, &l->voters) ||
        !open_log(l, log) || !lead(l, log) || !start_controller(l, log, image))
        return false;
    if (run_steps(l, steps, sizeof steps / sizeof steps[0]))
        return true;
    complain("%s: the node cannot be registered in the metadata log", l->options.log_dir);
    return false;
}

/* ---- the thread ---- */

static void begin(struct task *task)
{
    struct lifecycle *l = (struct lifecycle *)(void *)((char *)task - offsetof(struct lifecycle, begin));
    const struct snapshotter_options options = {
        .writer = &l->writer,
        .executor = l->running,
        .bytes = setting_number(l->options.file, "metadata.log.max.record.bytes.between.snapshots"),
        .interval_ms = setting_number(l->options.file, "metadata.log.max.snapshot.interval.ms"),
        .kraft_version = l->kraft_version,
        .voters = l->kraft_version > 0 ? &l->voters : NULL,
        .now = l->options.now,
    };
    snapshotter_start(&l->snapshotter, &options, controller_image(&l->controller), l->snapshot_offset,
                      l->bytes + l->writer.written);
    repair_later(l);
}

bool lifecycle_run(struct lifecycle *l)
{
    if (!thread_executor_start(&l->executor)) {
        complain("no thread: %s", strerror(errno));
        return false;
    }
    l->running = &l->executor.executor;
    l->begin.run = begin;
    executor_post(l->running, &l->begin);
    controller_attach(&l->controller, l->running);
    return true;
}

/* ---- stop ---- */

static void stop_thread(struct lifecycle *l)
{
    if (l->running == NULL)
        return;
    thread_executor_stop(&l->executor);
    controller_detach(&l->controller);
    snapshotter_finish(&l->snapshotter);
    l->running = NULL;
}

bool lifecycle_stop(struct lifecycle *l, int64_t *epoch)
{
    static decide_function *const steps[] = {decide_shutdown, decide_fence};
    stop_thread(l);
    const struct metadata_broker *self = metadata_find_broker(controller_image(&l->controller), l->options.node_id);
    *epoch = self != NULL ? self->epoch : -1;
    return self != NULL && run_steps(l, steps, sizeof steps / sizeof steps[0]);
}

void lifecycle_finish(struct lifecycle *l)
{
    stop_thread(l);
    if (l->is_open)
        controller_finish(&l->controller);
    metadata_writer_close(&l->writer);
    kw_arena_finish(&l->arena);
    memset(l, 0, sizeof *l);
}
