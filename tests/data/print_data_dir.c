/* SPDX-License-Identifier: Apache-2.0 */
/* print_data_dir DIR TIME   prints a data directory as JSON: its topics with every record, the image of the cluster,
 * and the problems. TIME, in ms, is looked up in each partition. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <kwire/records.h>
#include <kwire/storage/data_dir.h>

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

/* Everything that is printed as text here is plain ASCII but for quotes and backslashes. */
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

static void remember(void *context, const kw_disk_problem *problem)
{
    problem_list *list = context;
    size_t size = kw_disk_problem_text(problem, NULL, 0) + 1;
    char *line = malloc(size);
    if (line == NULL)
        abort();
    (void)kw_disk_problem_text(problem, line, size);
    if (list->count < sizeof list->lines / sizeof list->lines[0])
        list->lines[list->count++] = line;
    else
        free(line);
}

/* ---- records ---- */

typedef struct printer {
    const kw_data_dir *dir;
    const kw_disk_listener *listener;
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

static bool is_aborted(const kw_partition_log *log, const kw_batch *batch)
{
    size_t i = 0;
    kw_aborted_txn txn;
    while (kw_batch_is_transactional(batch) &&
           kw_partition_log_aborted(log, &i, batch->base_offset, kw_batch_next_offset(batch), &txn))
        if (txn.producer_id == batch->producer_id)
            return true;
    return false;
}

/* All records, or with `committed` the offsets of those that a reader of committed ones gets. */
static void print_batch(printer *p, const kw_partition_log *log, const kw_batch *batch, bool committed)
{
    kw_records rs;
    kw_record record;
    if (kw_batch_is_control(batch) || (committed && is_aborted(log, batch)))
        return;
    (void)kw_records_init(&rs, batch, p->decompressor, &p->scratch);
    while (kw_records_next(&rs, &record)) {
        if (record.offset < log->start_offset || (committed && record.offset >= log->last_stable_offset))
            continue;
        if (committed)
            number(record.offset);
        else
            print_record(&record, batch);
    }
    if (rs.status != KW_OK)
        die(rs.status, "records");
}

static void print_batches(printer *p, const kw_partition_log *log, bool committed)
{
    open_as('[');
    for (size_t i = 0; i < log->segment_count; i++) {
        kw_segment segment;
        kw_batch batch;
        kw_batches bs;
        kw_status status = kw_segment_open(&segment, log->folder, log->segments[i].base_offset, p->listener);
        if (status != KW_OK)
            die(status, log->folder);
        for (kw_segment_batches(&segment, 0, &bs); kw_batches_next(&bs, &batch);)
            print_batch(p, log, &batch, committed);
        kw_segment_close(&segment);
    }
    close_as(']');
}

static void print_log(printer *p, const kw_data_partition *partition, kw_arena *arena)
{
    kw_partition_log log;
    kw_time_offset found;
    bool sound;
    kw_status status = kw_data_dir_open_log(p->dir, partition, KW_CHECK_CRC, &log, arena, p->listener);
    if (status == KW_OK)
        status = kw_partition_log_check(&log, KW_CHECK_CRC | KW_CHECK_INDEXES, p->listener, &sound);
    if (status != KW_OK)
        die(status, partition->folder);
    open_as('{');
    member("partition", partition->partition);
    member("earliest", log.start_offset);
    member("latest", log.end_offset);
    member("lastStable", log.last_stable_offset);
    status = kw_partition_log_find_newest(&log, p->decompressor, &p->scratch, &found);
    if (status != KW_OK)
        die(status, "newest record");
    member("maxTimestamp", found.timestamp);
    member("maxTimestampOffset", found.offset);
    status = kw_partition_log_find_time(&log, p->time, p->decompressor, &p->scratch, &found);
    if (status != KW_OK)
        die(status, "record by time");
    member("atTime", p->time);
    member("atTimeOffset", found.offset);
    key("committed");
    print_batches(p, &log, true);
    key("records");
    print_batches(p, &log, false);
    close_as('}');
}

static void print_topics(printer *p, const kw_allocator *allocator)
{
    const kw_data_dir *dir = p->dir;
    key("topics");
    open_as('[');
    for (size_t i = 0; i < dir->topic_count; i++) {
        const kw_data_topic *topic = &dir->topics[i];
        open_as('{');
        key("name");
        text(topic->name);
        key("id");
        uuid(topic->id);
        key("partitions");
        open_as('[');
        for (size_t f = 0; f < topic->folder_count; f++) {
            kw_arena arena;
            kw_arena_init_growing(&arena, NULL, 0, allocator, MOST_MEMORY);
            print_log(p, &topic->folders[f], &arena);
            kw_arena_finish(&arena);
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

static void print_broker(const kw_metadata_broker *b)
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

static void print_partition(const kw_metadata_partition *p)
{
    open_as('{');
    member("partition", p->id);
    member("leader", p->leader);
    member("leaderEpoch", p->leader_epoch);
    member("partitionEpoch", p->partition_epoch);
    print_ints("replicas", p->replicas);
    print_ints("isr", p->isr);
    print_ints("elr", p->elr);
    print_ints("lastKnownElr", p->last_known_elr);
    print_uuids("directories", p->directories);
    close_as('}');
}

static void print_configs(const kw_metadata_image *image)
{
    key("configs");
    open_as('[');
    for (size_t i = 0; i < image->config_count; i++) {
        const kw_metadata_config *c = &image->configs[i];
        bool begins = i == 0 || c->type != c[-1].type || !kw_string_equal(c->resource, c[-1].resource);
        bool ends =
            i + 1 == image->config_count || c->type != c[1].type || !kw_string_equal(c->resource, c[1].resource);
        if (begins) {
            open_as('{');
            member("type", c->type);
            key("name");
            text(c->resource);
            key("values");
            open_as('{');
        }
        printf("%s", separator);
        separator = "";
        text(c->name);
        putchar(':');
        separator = "";
        text(c->value);
        if (ends) {
            close_as('}');
            close_as('}');
        }
    }
    close_as(']');
}

static void print_image(const kw_cluster_metadata *metadata)
{
    const kw_metadata_image *image = &metadata->image;
    key("image");
    open_as('{');
    member("offset", metadata->end_offset - 1);
    key("features");
    open_as('{');
    for (size_t i = 0; i < image->feature_count; i++) {
        text(image->features[i].name);
        putchar(':');
        separator = "";
        number(image->features[i].level);
    }
    close_as('}');
    member("nextProducerId", image->next_producer_id);
    key("brokers");
    open_as('[');
    for (size_t i = 0; i < image->broker_count; i++)
        print_broker(&image->brokers[i]);
    close_as(']');
    key("topics");
    open_as('[');
    for (size_t i = 0; i < image->topic_count; i++) {
        const kw_metadata_topic *topic = &image->topics[i];
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
    print_configs(image);
    close_as('}');
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: print_data_dir DIR TIME\n");
        return 2;
    }
    problem_list problems = {.count = 0};
    const kw_disk_listener listener = {remember, &problems};
    const kw_allocator *allocator = kw_allocator_libc();
    kw_arena arena;
    kw_data_dir dir;
    kw_arena_init_growing(&arena, NULL, 0, allocator, MOST_MEMORY);
    kw_status status = kw_data_dir_open(&dir, argv[1], &arena, &listener);
    if (status != KW_OK)
        die(status, argv[1]);

    printer p = {.dir = &dir, .listener = &listener, .time = strtoll(argv[2], NULL, 10)};
    p.decompressor = kw_decompressor_create(allocator);
    kw_writer_init_growing(&p.scratch, allocator, MOST_MEMORY);
    open_as('{');
    key("clusterId");
    text(dir.meta.cluster_id);
    member("nodeId", dir.meta.node_id);
    print_topics(&p, allocator);
    print_image(&dir.metadata);
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
    kw_arena_finish(&arena);
    return 0;
}
