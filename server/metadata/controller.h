/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_CONTROLLER_H
#define SERVER_METADATA_CONTROLLER_H

/* Who changes the metadata. Events are taken in order; each decides on an image that has all earlier decisions, and
 * yields records, which are replayed on that image and appended to the log. Then, for all events that were queued: the
 * log is synced once, the image is published, and the events are completed; also before a decision that gives a topic
 * the name of one that was deleted among them. See docs/controller.md. */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "../base/executor.h"
#include "../base/random.h"
#include "image.h"
#include "record_list.h"

/* What a decision gets and yields. It does no I/O, and what it takes from the image is valid as long as the caller
 * holds a reference to it. */
struct decision {
    const struct metadata_image
        *image;      /* with all earlier decisions; image->parts.offset is that of the first record */
    int32_t node_id; /* this node, which is the controller and the only broker */
    int64_t now;     /* ms since 1970 */
    struct random_source *random;
    struct record_list records; /* none: nothing changes */
    int16_t kraft_version;      /* that the log gets, before the records, of which there must be some; 0: it stays */
};

/* Control records that bring a kraft.version: itself and the voters. */
enum { QUORUM_RECORDS = 2 };

/* Zero bytes but for the two functions. It is the controller's from controller_submit() until complete() is called. */
struct controller_event {
    void (*decide)(struct controller_event *event, struct decision *decision);

    /* KW_ERROR_NONE: the records are safe and the image with them, or a later one, is published. Else nothing of the
     * decision holds: KW_ERROR_KAFKA_STORAGE_ERROR if it could not be written or memory was short, also if an earlier
     * one could not; KW_ERROR_UNKNOWN_SERVER_ERROR if the records are not what they should be. */
    void (*complete)(struct controller_event *event, int16_t error);

    struct controller_event *next; /* private */
    int16_t error;
};

enum append_outcome {
    APPENDED,
    NOT_APPENDED, /* nothing has changed: the disk is full */
    APPEND_FAILED /* what is on the disk is not known */
};

/* Where decisions go. All on the controller's thread. */
struct controller_sink {
    void *context;

    /* Writes the records as one batch that starts at this offset. */
    enum append_outcome (*append)(void *context, const kw_bytes *values, size_t count, int64_t offset, int64_t now);

    /* False: what was appended since the last sync may not be on the disk. */
    bool (*sync)(void *context);

    /* Makes `after` the current image, with its logs. The caller keeps its reference. */
    void (*publish)(void *context, const struct metadata_image *before, const struct metadata_image *after);

    /* Writes the control records that bring a kraft.version as one batch that starts at this offset. */
    enum append_outcome (*append_quorum)(void *context, int16_t kraft_version, int64_t offset, int64_t now);
};

/* Of a batch: Kafka's controller writes no more records at once, and cannot read a batch of more than 8 MiB, to which
 * these bytes of values come with what is around them. */
enum { BATCH_MAX_RECORDS = 10000, BATCH_MAX_BYTES = 7 * 1024 * 1024 };

struct controller_options {
    const struct metadata_image *image; /* published already; shared */
    int32_t node_id;
    int32_t epoch; /* of the leader, in which records are written */
    struct random_source *random;
    int64_t (*now)(void); /* ms since 1970 */
    struct controller_sink sink;
};

/* Private fields. */
struct controller {
    struct controller_options options;
    struct executor *executor;
    struct task task;
    pthread_mutex_t lock; /* of the queue: the next four */
    struct controller_event *first;
    struct controller_event **last;
    bool is_posted;
    struct controller_event *decided; /* since the log was synced */
    struct controller_event **last_decided;
    const struct metadata_image *published;
    const struct metadata_image *working;
    bool has_failed;
    kw_arena arena; /* the records of one decision */
};

/* False: there is no memory. */
bool controller_init(struct controller *controller, const struct controller_options *options);

/* Nothing may be queued any more. */
void controller_finish(struct controller *controller);

/* From now on events are decided on the executor's thread; until then, and after controller_detach(), by
 * controller_run(). Detaching is for when the executor has ended. */
void controller_attach(struct controller *controller, struct executor *executor);
void controller_detach(struct controller *controller);

/* Queues an event. From any thread. */
void controller_submit(struct controller *controller, struct controller_event *event);

/* Decides what is queued, here and now. */
void controller_run(struct controller *controller);

/* Whether a write has failed, so that nothing is decided any more. On the controller's thread. */
bool controller_has_failed(const struct controller *controller);

/* The image that is published. On the controller's thread. */
const struct metadata_image *controller_image(const struct controller *controller);

#endif
