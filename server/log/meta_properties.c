/* SPDX-License-Identifier: Apache-2.0 */
#include "meta_properties.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <kwire/storage/meta_properties.h>

#include "../base/clock.h"
#include "../base/file.h"
#include "../base/random.h"
#include "../observe/console.h"

enum { FILE_LIMIT = 64 * 1024 };

/* "expected" comes last, as it says what to write. */
static bool refuse(const char *path, const kw_property_error *error)
{
    if (error->key == NULL)
        complain("%s:%ld: expected %s", path, (long)error->line, error->expected);
    else if (error->value.len < 0)
        complain("%s: %s is missing: expected %s", path, error->key, error->expected);
    else
        complain("%s:%ld: %s=%.*s: expected %s", path, (long)error->line, error->key, KW_FMT(error->value),
                 error->expected);
    return false;
}

/* Version 0 may lack what a broker needs. */
static bool take(const char *path, const kw_meta_properties *meta, struct identity *out)
{
    if (meta->node_id < 0 || meta->cluster_id.len < 0) {
        complain("%s: %s is missing", path, meta->cluster_id.len < 0 ? "cluster.id" : "broker.id");
        return false;
    }
    if (meta->cluster_id.len == 0 || (size_t)meta->cluster_id.len >= sizeof out->cluster_id ||
        memchr(meta->cluster_id.data, '\0', (size_t)meta->cluster_id.len) != NULL) {
        complain("%s: cluster.id=%.*s: expected 1 to %d bytes", path, KW_FMT(meta->cluster_id), CLUSTER_ID_SIZE - 1);
        return false;
    }
    out->node_id = meta->node_id;
    memcpy(out->cluster_id, meta->cluster_id.data, (size_t)meta->cluster_id.len);
    out->cluster_id[meta->cluster_id.len] = '\0';
    return true;
}

static bool read_identity(const char *path, kw_arena *arena, struct identity *out, kw_uuid *directory_id)
{
    kw_bytes bytes;
    kw_meta_properties meta;
    kw_property_error error;
    kw_status status = file_load(path, FILE_LIMIT, arena, &bytes);
    if (status != KW_OK) {
        complain("%s: %s", path, status == KW_ERR_FILE ? strerror(errno) : kw_status_text(status));
        return false;
    }
    const kw_string text = {(const char *)bytes.data, bytes.len};
    status = kw_meta_properties_parse(&meta, text, arena, &error);
    if (status == KW_ERR_FILE_FORMAT || status == KW_ERR_VERSION)
        return refuse(path, &error);
    *directory_id = meta.directory_id;
    if (status == KW_OK)
        return take(path, &meta, out);
    complain("%s: %s", path, kw_status_text(status));
    return false;
}

bool meta_properties_read(const char *path, struct identity *out, kw_uuid *directory_id)
{
    kw_arena arena;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), (size_t)4 * FILE_LIMIT);
    bool read = read_identity(path, &arena, out, directory_id);
    kw_arena_finish(&arena);
    return read;
}

bool meta_random_id(char text[CLUSTER_ID_SIZE])
{
    kw_uuid id;
    if (!random_uuid(&random_system, &id)) {
        complain("no random numbers: %s", strerror(errno));
        return false;
    }
    kw_uuid_format(id, text);
    return true;
}

bool meta_properties_write(const char *directory, const struct identity *identity, kw_uuid *directory_id)
{
    char id_text[CLUSTER_ID_SIZE], text[1024];
    kw_writer w;
    kw_meta_properties meta = {1, identity->node_id, kw_string_of(identity->cluster_id), {{0}}};
    if (!meta_random_id(id_text))
        return false;
    kw_writer_init(&w, text, sizeof text);
    if (!kw_uuid_parse(kw_string_of(id_text), &meta.directory_id) ||
        kw_meta_properties_write(&w, &meta, clock_wall_ms()) != KW_OK) {
        complain("%s/meta.properties: %s", directory, strerror(EINVAL));
        return false;
    }
    *directory_id = meta.directory_id;
    const kw_string written = {text, (int32_t)kw_writer_data(&w).size};
    if (file_replace(directory, KW_META_PROPERTIES_NAME, written))
        return true;
    complain("%s/meta.properties: %s", directory, strerror(errno));
    return false;
}
