/* SPDX-License-Identifier: Apache-2.0 */
/* print_data_dir DIR TIME   prints a data directory as JSON: its topics with every record, the image of the cluster,
 * and the problems. TIME, in ms, is looked up in each partition. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <kwire/records.h>
#include <kwire/storage/meta_properties.h>

#include "base/file.h"
#include "log/log_time.h"
#include "metadata/load.h"

enum { MOST_MEMORY = 256 * 1024 * 1024 };

static const char *separator = "";

static void key(const char *name)
{
    printf("%s\"%s\":", separator, name);
    separator = "";
}

static void open_as(char bracket)
{
    printf("%s%c", separator, bracket);
    separator = "";
}

static void close_as(char bracket)
{
    putchar(bracket);
    separator = ",";
}

static void number(int64_t value)
{
    printf("%s%" PRId64, separator, value);
    separator = ",";
}

static void boolean(bool value)
{
    printf("%s%s", separator, value ? "true" : "false");
    separator = ",";
}

/* All text that is printed here is plain ASCII, except quotes and backslashes. */
static void text(kw_string s)
{
    if (s.len < 0) {
        printf("%snull", separator);
    } else {
        printf("%s\"", separator);
        for (int32_t i = 0; i < s.len; i++)
            printf(s.data[i] == '"' || s.data[i] == '\\' ? "\\%c" : "%c", s.data[i]);
        putchar('"');
    }
    separator = ",";
}

static void base64(kw_bytes b)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (b.len < 0) {
        printf("%snull", separator);
        separator = ",";
        return;
    }
    printf("%s\"", separator);
    for (int32_t i = 0; i < b.len; i += 3) {
        uint32_t left = (uint32_t)(b.len - i);
        uint32_t v = (uint32_t)b.data[i] << 16;
        v |= left > 1 ? (uint32_t)b.data[i + 1] << 8 : 0;
        v |= left > 2 ? b.data[i + 2] : 0;
        putchar(digits[v >> 18]);
        putchar(digits[v >> 12 & 63]);
        putchar(left > 1 ? digits[v >> 6 & 63] : '=');
        putchar(left > 2 ? digits[v & 63] : '=');
    }
    putchar('"');
    separator = ",";
}

static void uuid(kw_uuid id)
{
    char formatted[23];
    kw_uuid_format(id, formatted);
    text(kw_string_of(formatted));
}

static void member(const char *name, int64_t value)
{
    key(name);
    number(value);
}

/* ---- problems ---- */

typedef struct problem_list {
    char *lines[256];
    size_t count;
} problem_list;

static void remember(void *context, const struct file_problem *problem)
{
    problem_list *list = context;
    size_t size = file_problem_text(problem, NULL, 0) + 1;
    char *line = malloc(size);
    if (line == NULL)
        abort();
    (void)file_problem_text(problem, line, size);
    if (list->count < sizeof list->lines / sizeof list->lines[0])
        list->lines[list->count++] = line;
    else
        free(line);
}

/* ---- records ---- */

typedef struct printer {
    struct log_manager *logs;
    const struct metadata_image *image; /* whose topics have records */
    const struct problem_listener *listener;
    kw_decompressor *decompressor;
    kw_writer scratch;
    int64_t time;
} printer;

static void die(kw_status status, const char *what)
{
    fprintf(stderr, "print_data_dir: %s: %s\n", what, kw_status_text(status));
    exit(1);
}

static void print_record(const kw_record *r, const kw_batch *batch)
{
    open_as('{');
    member("offset", r->offset);
    member("timestamp", r->timestamp);
    key("timestampType");
    text(kw_string_of(kw_batch_has_append_time(batch) ? "LogAppendTime" : "CreateTime"));
    member("leaderEpoch", batch->leader_epoch);
    key("key");
    base64(r->key);
    key("value");
    base64(r->value);
    key("headers");
    open_as('[');
    kw_record_headers hs;
    kw_record_header h;
    for (kw_record_headers_init(&hs, r); kw_record_headers_next(&hs, &h);) {
        open_as('[');
        text(h.key);
        base64(h.value);
        close_as(']');
    }
    close_as(']');
    close_as('}');
}

static bool is_aborted(const struct log_snapshot *log, const kw_batch *batch)
{
    size_t i = 0;
    kw_aborted_txn txn;
    while (kw_batch_is_transactional(batch) &&
           log_next_aborted(log, &i, batch->base_offset, kw_batch_next_offset(batch), &txn))
        if (txn.producer_id == batch->producer_id)
            return true;
    return false;
}

/* All records, or with `committed` the offsets that a reader of committed records gets. */
static void print_batch(printer *p, const struct log_snapshot *log, const kw_batch *batch, bool committed)
{
    kw_records rs;
    kw_record record;
    if (kw_batch_is_control(batch) || (committed && is_aborted(log, batch)))
        return;
    (void)kw_records_init(&rs, batch, p->decompressor, &p->scratch);
    while (kw_records_next(&rs, &record)) {
        if (record.offset < log->log_start_offset || (committed && record.offset >= log->last_stable_offset))
            continue;
        if (committed)
            number(record.offset);
        else
            print_record(&record, batch);
    }
    if (rs.status != KW_OK)
        die(rs.status, "records");
}

static void print_batches(printer *p, const struct log_snapshot *log, bool committed)
{
    open_as('[');
    for (size_t i = 0; i < log->contents->segment_count; i++) {
        struct segment segment;
        kw_batch batch;
        kw_batches bs;
        kw_status status =
            segment_open(&segment, log->contents->folder, log->contents->segments[i]->base_offset, p->listener);
        if (status != KW_OK)
            die(status, log->contents->folder);
        for (segment_batches(&segment, 0, &bs); kw_batches_next(&bs, &batch);)
            print_batch(p, log, &batch, committed);
        segment_close(&segment);
    }
    close_as(']');
}

static int64_t time_at(struct partition_log *partition, const struct log_snapshot *log, int64_t timestamp, int64_t *at)
{
    const struct log_time_search search = {.timestamp = timestamp};
    struct time_offset found;
    if (log_find_time(partition, log, &search, &found) != 0)
        die(KW_ERR_FILE, "record by time");
    *at = found.timestamp;
    return found.offset;
}

static void print_log(printer *p, struct partition_log *partition)
{
    struct log_snapshot log;
    bool valid;
    int64_t timestamp;
    kw_status status = log_load(&log, partition->folder, partition->start_offset, CHECK_CRC, MOST_MEMORY, p->listener);
    if (status == KW_OK)
        status = log_check(&log, CHECK_CRC | CHECK_INDEXES, p->listener, &valid);
    if (status != KW_OK)
        die(status, partition->folder);
    open_as('{');
    member("partition", partition->partition);
    member("earliest", log.log_start_offset);
    member("latest", log.log_end_offset);
    member("lastStable", log.last_stable_offset);
    int64_t newest = time_at(partition, &log, LOG_NEWEST, &timestamp);
    member("maxTimestamp", timestamp);
    member("maxTimestampOffset", newest);
    member("atTime", p->time);
    member("atTimeOffset", time_at(partition, &log, p->time, &timestamp));
    key("committed");
    print_batches(p, &log, true);
    key("records");
    print_batches(p, &log, false);
    close_as('}');
    log_snapshot_release(&log);
}

static void print_topics(printer *p)
{
    key("topics");
    open_as('[');
    for (size_t i = 0; i < metadata_topic_count(p->image); i++) {
        const struct metadata_topic *topic = metadata_topic_at(p->image, i);
        open_as('{');
        key("name");
        text(topic->name);
        key("id");
        uuid(topic->id);
        key("partitions");
        open_as('[');
        for (int32_t n = 0; n < topic->partition_count; n++) {
            struct partition_log *log = log_manager_find(p->logs, topic->name, topic->id, topic->partitions[n].index);
            if (log->folder != NULL)
                print_log(p, log);
            log_release(log);
        }
        close_as(']');
        close_as('}');
    }
    close_as(']');
}

/* ---- the image ---- */

static void print_ints(const char *name, kw_int32_array values)
{
    key(name);
    open_as('[');
    for (int32_t i = 0; i < values.len; i++)
        number(values.items[i]);
    close_as(']');
}

static void print_uuids(const char *name, kw_uuid_array values)
{
    key(name);
    open_as('[');
    for (int32_t i = 0; i < values.len; i++)
        uuid(values.items[i]);
    close_as(']');
}

static void print_broker(const struct metadata_broker *b)
{
    open_as('{');
    member("id", b->id);
    member("epoch", b->epoch);
    key("fenced");
    boolean(b->fenced);
    key("inControlledShutdown");
    boolean(b->in_controlled_shutdown);
    key("rack");
    text(b->rack);
    print_uuids("directories", b->directories);
    key("endpoints");
    open_as('[');
    for (int32_t i = 0; i < b->endpoint_count; i++) {
        open_as('{');
        key("name");
        text(b->endpoints[i].name);
        key("host");
        text(b->endpoints[i].host);
        member("port", b->endpoints[i].port);
        member("securityProtocol", b->endpoints[i].security_protocol);
        close_as('}');
    }
    close_as(']');
    close_as('}');
}

static void print_partition(const struct metadata_partition *p)
{
    open_as('{');
    member("partition", p->index);
    member("leader", p->leader_id);
    member("leaderEpoch", p->leader_epoch);
    member("partitionEpoch", p->partition_epoch);
    print_ints("replicas", p->replicas);
    print_ints("isr", p->isr);
    print_ints("elr", p->elr);
    print_ints("lastKnownElr", p->last_known_elr);
    print_uuids("directories", p->directories);
    close_as('}');
}

static void print_configs(const struct metadata_parts *parts)
{
    key("configs");
    open_as('[');
    for (size_t i = 0; i < parts->resource_count; i++) {
        const struct metadata_resource *resource = parts->resources[i];
        open_as('{');
        member("type", resource->type);
        key("name");
        text(resource->name);
        key("values");
        open_as('{');
        for (size_t c = 0; c < resource->config_count; c++) {
            text(resource->configs[c].name);
            putchar(':');
            separator = "";
            text(resource->configs[c].value);
        }
        close_as('}');
        close_as('}');
    }
    close_as(']');
}

static void print_image(const struct metadata_parts *parts)
{
    key("image");
    open_as('{');
    member("offset", parts->offset - 1);
    key("features");
    open_as('{');
    for (size_t i = 0; i < parts->feature_count; i++) {
        text(parts->features[i].name);
        putchar(':');
        separator = "";
        number(parts->features[i].level);
    }
    close_as('}');
    member("nextProducerId", parts->next_producer_id);
    key("brokers");
    open_as('[');
    for (size_t i = 0; i < parts->broker_count; i++)
        print_broker(&parts->brokers[i]);
    close_as(']');
    key("topics");
    open_as('[');
    for (size_t i = 0; i < parts->topic_count; i++) {
        const struct metadata_topic *topic = parts->topics[i];
        open_as('{');
        key("name");
        text(topic->name);
        key("id");
        uuid(topic->id);
        key("partitions");
        open_as('[');
        for (int32_t p = 0; p < topic->partition_count; p++)
            print_partition(&topic->partitions[p]);
        close_as(']');
        close_as('}');
    }
    close_as(']');
    print_configs(parts);
    close_as('}');
}

/* The content of meta.properties; nothing if the file cannot be read. */
static void print_identity(const char *folder, kw_arena *arena)
{
    char path[KW_PATH_SIZE];
    kw_bytes bytes = {NULL, 0};
    kw_meta_properties meta;
    kw_property_error error;
    if (path_join(path, folder, kw_string_of("meta.properties")) != KW_OK ||
        file_load(path, MOST_MEMORY, arena, &bytes) != KW_OK)
        bytes.len = 0;
    (void)!kw_meta_properties_parse(&meta, (kw_string){(const char *)bytes.data, bytes.len}, arena, &error);
    key("clusterId");
    text(meta.cluster_id);
    member("nodeId", meta.node_id);
}

/* Without a metadata log the topics are those with folders. */
static struct metadata_image *read_image(const char *folder, struct log_manager *logs,
                                         const struct problem_listener *listener, const struct metadata_image **topics)
{
    struct metadata_log log;
    struct metadata_image *image;
    kw_status status = metadata_read(folder, listener, &log, &image);
    if (status != KW_OK)
        die(status, folder);
    *topics = log.end_offset >= 0 ? metadata_image_share(image) : metadata_of_folders(image, logs, 1);
    if (*topics == NULL)
        die(KW_ERR_NO_MEMORY, folder);
    return image;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: print_data_dir DIR TIME\n");
        return 2;
    }
    problem_list problems = {.count = 0};
    const struct problem_listener listener = {remember, &problems};
    const kw_allocator *allocator = kw_allocator_libc();
    kw_arena arena;
    struct log_manager logs;
    kw_arena_init_growing(&arena, NULL, 0, allocator, MOST_MEMORY);
    kw_status status = log_manager_open(&logs, argv[1], &listener);
    if (status != KW_OK)
        die(status, argv[1]);
    const struct metadata_image *topics;
    struct metadata_image *image = read_image(argv[1], &logs, &listener, &topics);

    printer p = {.logs = &logs, .image = topics, .listener = &listener, .time = strtoll(argv[2], NULL, 10)};
    p.decompressor = kw_decompressor_create(allocator);
    kw_writer_init_growing(&p.scratch, allocator, MOST_MEMORY);
    open_as('{');
    print_identity(argv[1], &arena);
    print_topics(&p);
    print_image(&image->parts);
    key("problems");
    open_as('[');
    for (size_t i = 0; i < problems.count; i++) {
        text(kw_string_of(problems.lines[i]));
        free(problems.lines[i]);
    }
    close_as(']');
    close_as('}');
    putchar('\n');
    kw_decompressor_destroy(p.decompressor);
    kw_writer_finish(&p.scratch);
    metadata_image_release(topics);
    metadata_image_release(image);
    log_manager_close(&logs);
    kw_arena_finish(&arena);
    return 0;
}
