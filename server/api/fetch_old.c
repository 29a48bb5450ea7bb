/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include <kwire/error.h>

#include "broker.h"
#include "down_convert.h"
#include "fetch.h"

enum {
    CONVERTED_MAX = 128 * 1024 * 1024,   /* that wait to be sent, to all clients together; and of a partition */
    DECOMPRESSED_MAX = 128 * 1024 * 1024 /* of a batch */
};

struct fetch_converted {
    struct fetch_converted *next;
    atomic_size_t *total; /* of the broker */
    size_t size;
    kw_writer messages;
};

static void release(void *object)
{
    struct fetch_converted *converted = object;
    atomic_fetch_sub(converted->total, converted->size);
    kw_writer_finish(&converted->messages);
    free(converted);
}

static struct fetch_converted *create(struct fetching *f)
{
    atomic_size_t *total = &f->call->broker->converted_bytes;
    struct fetch_converted *converted = atomic_load(total) < CONVERTED_MAX ? calloc(1, sizeof *converted) : NULL;
    if (converted == NULL)
        return NULL;
    kw_writer_init_growing(&converted->messages, kw_allocator_libc(), CONVERTED_MAX);
    converted->total = total;
    converted->next = f->converted;
    f->converted = converted;
    f->converted_count++;
    return converted;
}

bool fetch_convert(struct fetching *f, const kw_fetch_request_partition *asked, kw_bytes batches,
                   kw_fetch_response_partition_data *out)
{
    const struct down_conversion conversion = {.batches = batches,
                                               .offset = asked->fetch_offset,
                                               .magic = f->call->version < FETCH_FIRST_FOR_MAGIC_1 ? KW_MAGIC_V0
                                                                                                   : KW_MAGIC_V1};
    struct append_tools *tools = append_tools_lend(&f->call->broker->append_tools);
    struct fetch_converted *converted = tools != NULL ? create(f) : NULL;
    int16_t error = KW_ERROR_KAFKA_STORAGE_ERROR;
    if (converted != NULL) {
        append_tools_limit(tools, DECOMPRESSED_MAX);
        error = down_convert(&conversion, tools, &converted->messages, &out->records.len);
        append_tools_trim(tools);
        converted->size = kw_writer_needed(&converted->messages);
        atomic_fetch_add(converted->total, converted->size);
        out->records.data = kw_writer_data(&converted->messages).data;
    }
    append_tools_return(&f->call->broker->append_tools, tools);
    if (error == KW_ERROR_NONE)
        return true;
    fetch_refuse_old(f, error, out);
    return error != KW_ERROR_KAFKA_STORAGE_ERROR;
}

void fetch_refuse_old(struct fetching *f, int16_t error, kw_fetch_response_partition_data *out)
{
    out->records = (kw_bytes){NULL, -1};
    out->error_code = error;
    out->high_watermark = -1;
    f->is_urgent = true;
}

bool fetch_is_of_zstd(const struct fetching *f, struct partition_log *log)
{
    struct log_config config;
    return fetch_is_old(f) && partition_log_config(log, &config) && !config.keep_codec && config.codec == KW_CODEC_ZSTD;
}

void fetch_release_converted(struct fetching *f)
{
    while (f->converted != NULL) {
        struct fetch_converted *first = f->converted;
        f->converted = first->next;
        release(first);
    }
    f->converted_count = 0;
}

void fetch_hand_over_converted(struct fetching *f)
{
    for (; f->converted != NULL; f->converted = f->converted->next)
        responses_hold(f->call->responses, release, f->converted);
    f->converted_count = 0;
}
