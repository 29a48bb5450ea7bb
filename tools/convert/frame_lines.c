/* SPDX-License-Identifier: Apache-2.0 */
#include "frame_lines.h"

#include <stdio.h>
#include <string.h>

#include <kwire/frame.h>
#include <kwire/json.h>

#include "../command/input.h"
#include "../json/parse.h"
#include "../text/hex.h"
#include "frame_json.h"

static void put(kw_writer *out, const char *text)
{
    kw_write_raw(out, text, strlen(text));
}

static void put_error(kw_writer *out, const report *r)
{
    char text[64];
    kw_writer_reset(out);
    put(out, "{\"error\":{\"code\":\"");
    put(out, r->code);
    snprintf(text, sizeof text, "\",\"offset\":%zu,\"detail\":", r->offset);
    put(out, text);
    kw_json_string(kw_string_of(r->detail), out);
    put(out, "}}\n");
}

/* A request has its own API and version. */
static bool is_request(json_t *line)
{
    const char *kind = json_string_value(json_object_get(line, "kind"));
    return kind != NULL && strcmp(kind, "request") == 0;
}

/* The API and version that the line gives to a response. */
static bool read_of(json_t *line, frame_of *of, report *r)
{
    json_t *api = json_object_get(line, "api");
    json_t *version = json_object_get(line, "version");
    if ((api == NULL && version == NULL) || is_request(line))
        return true;
    of->api = frame_api(api);
    if (of->api == NULL || !json_is_integer(version) || json_integer_value(version) < of->api->versions.first ||
        json_integer_value(version) > of->api->versions.last)
        return report_set(r, CODE_LINE, 0, "\"api\" and \"version\" are not those of a response");
    of->version = (int16_t)json_integer_value(version);
    return true;
}

static bool decode_line(codec *c, json_t *line, kw_writer *out, report *r)
{
    frame_of of = {NULL, -1};
    kw_frame f;
    json_t *hex = json_object_get(line, "hex");
    if (!json_is_string(hex))
        return report_set(r, CODE_LINE, 0, "the line has no \"hex\", or it is not a string");
    if (!read_of(line, &of, r))
        return false;
    size_t size = json_string_length(hex);
    buffer bytes = {0};
    buffer_reserve(&bytes, size / 2 + 1);
    bool fine =
        hex_decode((uint8_t *)bytes.data, json_string_value(hex), size) || report_hex(r, json_string_value(hex), size);
    if (fine && (!kw_frame_next(bytes.data, size / 2, c->max_memory, &f) || f.consumed != size / 2))
        fine = report_status(r,
                             f.status != KW_OK ? f.status
                             : f.consumed != 0 ? KW_ERR_TRAILING
                                               : KW_ERR_TRUNCATED,
                             0, "");
    if (fine) {
        put(out, "{\"frame\":");
        fine = frame_decode(c, of, f.payload.data, (size_t)f.payload.len, out, r);
        put(out, "}\n");
    }
    buffer_finish(&bytes);
    return fine;
}

static bool encode_line(codec *c, json_t *line, kw_writer *out, report *r)
{
    json_t *frame = json_object_get(line, "frame");
    if (frame == NULL)
        return report_set(r, CODE_LINE, 0, "the line has no \"frame\"");
    put(out, "{\"hex\":\"");
    if (!frame_encode(c, frame, out, r))
        return false;
    put(out, "\"}\n");
    return true;
}

void frame_lines_run(codec *c, bool decoding)
{
    line_reader lines = {0};
    kw_writer out;
    kw_writer_init_growing(&out, kw_allocator_libc(), c->max_memory);
    char *text;
    size_t size;
    while (line_reader_next(&lines, &text, &size)) {
        report r;
        kw_writer_reset(&out);
        json_t *line = json_parse(text, size, &r);
        bool fine = line != NULL && (decoding ? decode_line : encode_line)(c, line, &out, &r);
        if (fine && !kw_writer_ok(&out))
            fine = report_status(&r, KW_ERR_MEMORY_LIMIT, 0, "");
        if (!fine)
            put_error(&out, &r);
        json_decref(line);
        kw_span answer = kw_writer_data(&out);
        output_write(answer.data, answer.size);
    }
    kw_writer_finish(&out);
    line_reader_finish(&lines);
}
