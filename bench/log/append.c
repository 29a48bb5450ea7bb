/* SPDX-License-Identifier: Apache-2.0 */
/* kwire-append FOLDER [MEGABYTES [BATCH_KIB]]
 *
 * Appends prepared batches to a partition's log, from one thread, and reads them as a Fetch does; the same of a
 * producer with sequences, and in transactions of at least 1,000 records with a marker behind each; the same bytes by
 * memcpy(), a checksum and pwrite(). One line each: GB/s and nanoseconds a batch, of CPU time. FOLDER should be in
 * memory (/dev/shm), where the disk is not what is measured. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <kwire/crc.h>
#include <kwire/endian.h>
#include <kwire/error.h>
#include <kwire/record_builder.h>

#include "log/log_append.h"
#include "log/log_change.h"
#include "log/log_dir.h"
#include "log/log_read.h"

enum { RECORD = 100, RECORD_OVERHEAD = 7 };

static size_t batch_size;
static size_t count;
static uint8_t *batch;
static struct log_config config;
static struct segment_cache cache;
static struct partition_log log_here;

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void report(const char *what, double start)
{
    double took = seconds() - start;
    printf("%-28s %7.2f GB/s %9.0f ns a batch\n", what, (double)count * (double)batch_size / took / 1e9,
           took / (double)count * 1e9);
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* Records are not looked at by a log: their bytes may be anything. */
static void make_batch(void)
{
    batch = malloc(batch_size);
    if (batch == NULL)
        die("malloc");
    memset(batch, 'x', batch_size);
    memset(batch, 0, KW_BATCH_V2_RECORDS);
    kw_store_be32(batch + KW_BATCH_LENGTH, (uint32_t)(batch_size - KW_BATCH_OVERHEAD));
    batch[KW_BATCH_MAGIC] = KW_MAGIC_V2;
    uint32_t records = (uint32_t)(batch_size / (RECORD + RECORD_OVERHEAD));
    kw_store_be32(batch + KW_BATCH_V2_LAST_OFFSET_DELTA, records - 1);
    kw_store_be64(batch + KW_BATCH_V2_PRODUCER_ID, UINT64_MAX);
    kw_store_be32(batch + KW_BATCH_V2_COUNT, records);
    kw_store_be32(batch + KW_BATCH_V2_CRC,
                  kw_crc32c(0, batch + KW_BATCH_V2_ATTRIBUTES, batch_size - KW_BATCH_V2_ATTRIBUTES));
}

static void copy(void)
{
    size_t size = (size_t)64 << 20;
    uint8_t *to = malloc(size);
    if (to == NULL)
        die("malloc");
    memset(to, 1, size);
    double start = seconds();
    for (size_t i = 0, at = 0; i < count; i++) {
        memcpy(to + at, batch, batch_size);
        at = at + 2 * batch_size <= size ? at + batch_size : 0;
    }
    report("memcpy", start);
    free(to);
}

static void checksum(void)
{
    volatile uint32_t sum = 0;
    double start = seconds();
    for (size_t i = 0; i < count; i++)
        sum = kw_crc32c(0, batch + KW_BATCH_V2_ATTRIBUTES, batch_size - KW_BATCH_V2_ATTRIBUTES);
    (void)sum;
    report("checksum", start);
}

static void write_raw(const char *folder)
{
    char path[KW_PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/raw", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
    if (fd < 0)
        die(path);
    double start = seconds();
    for (size_t i = 0; i < count; i++) {
        const struct iovec parts[] = {{batch, KW_BATCH_V2_RECORDS},
                                      {batch + KW_BATCH_V2_RECORDS, batch_size - KW_BATCH_V2_RECORDS}};
        if (pwritev(fd, parts, 2, (off_t)(i * batch_size)) != (ssize_t)batch_size)
            die(path);
    }
    report("pwritev", start);
    (void)close(fd);
    (void)unlink(path);
}

/* What a reactor would leave to others is done at once. */
static void take_over(const struct log_appender *appender, struct partition_log *log)
{
    (void)appender;
    while (log_append_queued(log))
        ;
}

static void open_log(const char *folder)
{
    static const struct log_appender appender = {take_over};
    struct log_snapshot now;
    const struct partition_log what = {
        .folder = folder, .dir = log_dir_create(folder), .appender = &appender, .start_offset = -1};
    log_config_init(&config);
    if (what.dir == NULL || !folder_create(folder) || !segment_cache_init(&cache) ||
        !partition_log_init(&log_here, &what, &cache))
        die(folder);
    partition_log_configure(&log_here, &config);
    if (partition_log_acquire(&log_here, false, &now) != KW_ERROR_NONE)
        exit(1);
    log_snapshot_release(&now);
}

static void end_late(struct log_append *append)
{
    (void)append;
}

static void append_one(void)
{
    struct append_batch one;
    memcpy(one.header, batch, sizeof one.header);
    one.records = kw_bytes_of(batch + sizeof one.header, batch_size - sizeof one.header);
    struct log_append append = {.batches = &one, .count = 1, .done = end_late};
    (void)log_append(&log_here, &append); /* done in any case */
    if (append.error != KW_ERROR_NONE) {
        fprintf(stderr, "an append has failed\n");
        exit(1);
    }
}

/* As a reactor reads: without waiting, and what would wait once more with it. */
static size_t read_at(int64_t *offset, size_t *waited)
{
    struct log_snapshot now;
    struct log_slice slice;
    if (partition_log_acquire(&log_here, true, &now) != KW_ERROR_NONE)
        exit(1);
    struct log_read_request request = {
        .offset = *offset, .end = now.high_watermark, .max_bytes = 1 << 20, .dont_block = true};
    int16_t error = log_read(&log_here, &now, &request, &slice);
    if (error == LOG_WOULD_BLOCK) {
        ++*waited;
        request.dont_block = false;
        error = log_read(&log_here, &now, &request, &slice);
    }
    if (error != KW_ERROR_NONE)
        exit(1);
    size_t size = slice.records.len > 0 ? (size_t)slice.records.len / batch_size * batch_size : 0;
    *offset += (int64_t)(size / batch_size) * (kw_load_be32(batch + KW_BATCH_V2_LAST_OFFSET_DELTA) + 1);
    if (slice.segment != NULL)
        segment_release(slice.segment);
    log_snapshot_release(&now);
    return size;
}

/* ---- of a producer ---- */

enum { PRODUCER = 7, TRANSACTION_RECORDS = 1000, SLICE = 75, MOST_SLICES = 400 };

static struct {
    bool in_transactions;
    int16_t epoch;
    int32_t sequence;
    int32_t records; /* of the transaction */
} producer;

static void submit(struct log_append *append)
{
    (void)log_append(&log_here, append); /* done in any case */
    if (append->error != KW_ERROR_NONE || append->is_duplicate) {
        fprintf(stderr, "an append has failed: %d\n", append->error);
        exit(1);
    }
}

/* As transaction/markers.c does. */
static void append_marker(void)
{
    uint8_t bytes[128];
    struct append_batch one;
    const kw_control_record end = {.type = KW_CONTROL_COMMIT};
    kw_batch_options options;
    kw_writer w;
    kw_batch_options_init(&options);
    options.producer_id = PRODUCER;
    options.producer_epoch = ++producer.epoch;
    options.transactional = true;
    kw_writer_init(&w, bytes, sizeof bytes);
    if (kw_write_control_batch(&w, &options, 1, &end) != KW_OK)
        exit(1);
    memcpy(one.header, bytes, sizeof one.header);
    one.records = kw_bytes_of(bytes + sizeof one.header, kw_writer_data(&w).size - sizeof one.header);
    struct log_append append = {
        .batches = &one, .count = 1, .origin = APPEND_COORDINATOR, .transaction_version = 2, .done = end_late};
    submit(&append);
    producer.sequence = producer.records = 0;
}

static void append_of_producer(void)
{
    struct append_batch one;
    int32_t records = (int32_t)kw_load_be32(batch + KW_BATCH_V2_COUNT);
    memcpy(one.header, batch, sizeof one.header);
    kw_store_be16(one.header + KW_BATCH_V2_ATTRIBUTES, producer.in_transactions ? KW_ATTRIBUTE_TRANSACTIONAL : 0);
    kw_store_be64(one.header + KW_BATCH_V2_PRODUCER_ID, PRODUCER);
    kw_store_be16(one.header + KW_BATCH_V2_PRODUCER_EPOCH, (uint16_t)producer.epoch);
    kw_store_be32(one.header + KW_BATCH_V2_BASE_SEQUENCE, (uint32_t)producer.sequence);
    one.records = kw_bytes_of(batch + sizeof one.header, batch_size - sizeof one.header);
    struct log_append append = {.batches = &one, .count = 1, .done = end_late};
    if (producer.in_transactions)
        append.verification =
            verifications_enter(&log_here.verifications, PRODUCER, producer.epoch, producer.sequence, true);
    submit(&append);
    producer.sequence = (int32_t)(((int64_t)producer.sequence + records) & INT32_MAX);
    producer.records += records;
    if (producer.in_transactions && producer.records >= TRANSACTION_RECORDS)
        append_marker();
}

static double time_of_slice(bool in_transactions)
{
    producer.epoch++; /* which each marker does as well */
    producer.sequence = producer.records = 0;
    producer.in_transactions = in_transactions;
    double start = seconds();
    for (size_t i = 0; i < SLICE; i++)
        append_of_producer();
    if (in_transactions && producer.records != 0)
        append_marker();
    return seconds() - start;
}

/* In turns of random order, so that what the system does meanwhile, as filling large pages with zeros, concerns both.
 */
static void compare_with_transactions(void)
{
    double plain = 0, transactional = 0;
    uint32_t random = 1;
    size_t slices = count / SLICE / 2;
    if (slices > MOST_SLICES) /* so that the epochs suffice */
        slices = MOST_SLICES;
    for (size_t i = 0; i < slices; i++) {
        random = random * 1664525 + 1013904223;
        bool is_first = random >> 31 != 0;
        double first = time_of_slice(is_first), second = time_of_slice(!is_first);
        transactional += is_first ? first : second;
        plain += is_first ? second : first;
    }
    double batches = (double)slices * SLICE;
    printf("%-28s %7.2f GB/s %9.0f ns a batch\n", "of a producer", batches * (double)batch_size / plain / 1e9,
           plain / batches * 1e9);
    printf("%-28s %7.2f GB/s %9.0f ns a batch; %.3f times\n", "of transactions",
           batches * (double)batch_size / transactional / 1e9, transactional / batches * 1e9, transactional / plain);
}

static void append_all(void)
{
    double start = seconds();
    for (size_t i = 0; i < count; i++)
        append_one();
    report("log_append", start);
}

static void read_all(void)
{
    int64_t offset = 0;
    size_t waited = 0;
    double start = seconds();
    for (size_t size; (size = read_at(&offset, &waited)) != 0;)
        ;
    report("log_read of 1 MiB", start);
    printf("%28s %zu of them would have waited\n", "", waited);
}

/* A consumer that follows. */
static void append_and_read(void)
{
    size_t waited = 0;
    struct log_snapshot now;
    if (partition_log_acquire(&log_here, true, &now) != KW_ERROR_NONE)
        exit(1);
    int64_t offset = now.log_end_offset;
    log_snapshot_release(&now);
    double start = seconds();
    for (size_t i = 0; i < count; i++) {
        append_one();
        if (read_at(&offset, &waited) != batch_size)
            exit(1);
    }
    report("log_append, then log_read", start);
    printf("%28s %zu of them would have waited\n", "", waited);
}

int main(int argc, char **argv)
{
    char folder[KW_PATH_SIZE - 64];
    size_t megabytes = argc > 2 ? (size_t)atol(argv[2]) : 1024;
    batch_size = (argc > 3 ? (size_t)atol(argv[3]) : 16) * 1024;
    if (argc < 2 || megabytes == 0 || batch_size < 1024) {
        fprintf(stderr, "usage: kwire-append FOLDER [MEGABYTES [BATCH_KIB]]\n");
        return 2;
    }
    count = (megabytes << 20) / batch_size;
    (void)snprintf(folder, sizeof folder, "%s/append-%ld", argv[1], (long)getpid());
    make_batch();
    copy();
    checksum();
    write_raw(argv[1]);
    open_log(folder);
    append_all();
    read_all();
    append_and_read();
    compare_with_transactions();
    segment_cache_finish(&cache);
    partition_log_finish(&log_here);
    log_dir_destroy(log_here.dir);
    (void)folder_remove(folder);
    free(batch);
    return 0;
}
