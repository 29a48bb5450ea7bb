/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_LIFECYCLE_H
#define SERVER_METADATA_LIFECYCLE_H

/* The metadata from the start of the broker to its end: takes over the log of a directory or starts a new one,
 * registers this node, runs the controller, and hands the partitions over in a clean stop. docs/controller.md has the
 * records. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "../base/thread_executor.h"
#include "../config/endpoint.h"
#include "../config/static_config.h"
#include "cell.h"
#include "controller.h"
#include "decide_brokers.h"
#include "metadata_writer.h"
#include "publisher.h"
#include "snapshotter.h"
#include "versions.h"

/* What it works with. All of it must stay. */
struct lifecycle_options {
    const char *log_dir; /* with __cluster_metadata-0 */
    int32_t node_id;
    kw_uuid_array directories;        /* directory.id of all log directories, that of log_dir first */
    int64_t clean_epoch;              /* of the last clean stop of all of them; -1: there was none */
    struct endpoint endpoint;         /* where clients reach the broker */
    const struct static_config *file; /* NULL: there is none */
    enum feature_release release;     /* of a new log */
    struct random_source *random;
    int64_t (*now)(void); /* ms since 1970 */

    /* Called with each new image before anybody sees it, to create, delete and configure logs; `before` is NULL the
     * first time. False: not all could be done. Then it is called again with NULL for `before` and the same image, or
     * a later one, until it could be done. NULL: nothing is done. */
    bool (*prepare)(void *context, const struct metadata_image *before, const struct metadata_image *after);
    void *context;

    /* Called when the log has got another kraft.version; on the controller's thread. NULL: nobody is told. */
    void (*quorum_changed)(void *context, int16_t kraft_version);
    struct assignment_list *assignments; /* that `prepare` has filled: they are decided next. NULL: there are none */
    struct metadata_cell *metadata;
};

/* A log directory that may fail. */
struct failing_directory {
    struct controller_event event;
    struct lifecycle *lifecycle;
    kw_uuid id;
    atomic_flag has_failed;
};

/* Zero bytes, or as lifecycle_start() leaves it. Private fields but for the first. */
struct lifecycle {
    struct controller controller;
    struct lifecycle_options options;
    struct metadata_writer writer;
    struct snapshotter snapshotter;
    struct thread_executor executor;
    struct executor *running; /* NULL: events are decided by whoever submits them */
    kw_arena arena;           /* what the registration refers to */
    struct own_registration own;
    struct metadata_endpoint endpoint, controller_endpoint;
    kw_voters_record voters;
    int16_t kraft_version;
    struct record_list bootstrap;
    struct activation activation;
    struct failing_directory *failing; /* one for each of the directories */
    struct controller_event assigning;
    size_t assigned; /* as many of the assignments as are being decided */
    bool is_assigning;
    bool has_published;
    bool is_incomplete; /* what prepare() has returned */
    struct timer repair;
    bool is_open;
    uint64_t bytes; /* of the log after its snapshot */
    int64_t snapshot_offset;
    struct task begin;
};

/* `log` and `image` are what was read from the directory, to which takeover_is_possible(). Leads the log in a new
 * epoch, registers the node and publishes the image. False after a complaint; lifecycle_finish() must follow in any
 * case. */
bool lifecycle_start(struct lifecycle *lifecycle, const struct lifecycle_options *options,
                     const struct metadata_log *log, const struct metadata_image *image);

/* From now on decisions are taken on a thread of their own, and snapshots are written. False after a complaint. */
bool lifecycle_run(struct lifecycle *lifecycle);

/* A log directory cannot be used any more: what it has is led by nobody. From any thread, after lifecycle_start(); the
 * same one may be named again. */
void lifecycle_fail_directory(struct lifecycle *lifecycle, kw_uuid id);

/* Ends the thread; writes that this node leads nothing any more. Nobody may submit anything now. False if that is not
 * on the disk, which costs an election at the next start and no records. *epoch is that of the broker, for
 * .kafka_cleanshutdown; -1: the log has taken its registration away. To be called after lifecycle_start() only if that
 * succeeded. */
bool lifecycle_stop(struct lifecycle *lifecycle, int64_t *epoch);

void lifecycle_finish(struct lifecycle *lifecycle);

#endif
