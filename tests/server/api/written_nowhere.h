/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_API_WRITTEN_NOWHERE_H
#define TESTS_SERVER_API_WRITTEN_NOWHERE_H

/* A controller of node 1 on an executor of the tests, whose records go nowhere: what it decides is only published. */

#include "../../unit/support.h"

#include "api/broker.h"

static struct {
    struct controller controller;
    struct broker *broker;
    enum append_outcome outcome; /* of what is appended next */
    int appends;
    size_t records; /* of the last one */
} metadata;

static inline enum append_outcome write_nowhere(void *context, const kw_bytes *values, size_t count, int64_t offset,
                                                int64_t now)
{
    (void)context;
    (void)values;
    (void)offset;
    (void)now;
    metadata.records = count;
    metadata.appends++;
    return metadata.outcome;
}

static inline bool sync_nothing(void *context)
{
    (void)context;
    return true;
}

static inline void publish_image(void *context, const struct metadata_image *before, const struct metadata_image *after)
{
    (void)context;
    (void)before;
    metadata_image_publish(&metadata.broker->metadata, metadata_image_share(after));
}

static inline int64_t no_time(void)
{
    return 0;
}

static inline void start_controller(struct broker *of, struct executor *executor, const struct metadata_image *image)
{
    const struct controller_options options = {.image = image,
                                               .node_id = 1,
                                               .random = &random_system,
                                               .now = no_time,
                                               .sink = {NULL, write_nowhere, sync_nothing, publish_image, NULL}};
    memset(&metadata, 0, sizeof metadata);
    metadata.broker = of;
    metadata.outcome = APPENDED;
    assert_true(controller_init(&metadata.controller, &options));
    controller_attach(&metadata.controller, executor);
    of->controller = &metadata.controller;
}

static inline void stop_controller(void)
{
    metadata.broker->controller = NULL;
    controller_finish(&metadata.controller);
}

#endif
