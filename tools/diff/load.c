/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include <string.h>
#include <unistd.h>

#include <kwire/endian.h>
#include <kwire/writer.h>

#include "../command/buffer.h"
#include "../command/input.h"
#include "../command/message.h"
#include "../json/from_json.h"
#include "../json/parse.h"
#include "../text/bytes_text.h"

/* Prints which input is refused, and why. */
static bool refuse(const char *word, const report *r)
{
    char text[QUOTED_SIZE];
    complain("%s: %s at byte %zu: %s", quoted(text, word, strlen(word)), r->code, r->offset, r->detail);
    return false;
}

/* Reads the input that the word names. Returns its size. */
static size_t read_word(const char *word, bool is_file, size_t most, buffer *to)
{
    if (strcmp(word, "-") == 0)
        return input_read_all(to);
    if (is_file)
        return input_read_file(word, most, to);
    size_t size = strlen(word);
    buffer_reserve(to, size + 1);
    memcpy(to->data, word, size);
    return size;
}

/* An object that starts with a key, or is empty. */
static bool is_json(const char *text, size_t size)
{
    static const char space[] = " \t\r\n";
    size_t i = 0;
    while (i < size && memchr(space, text[i], sizeof space - 1) != NULL)
        i++;
    if (i == size || text[i++] != '{')
        return false;
    while (i < size && memchr(space, text[i], sizeof space - 1) != NULL)
        i++;
    return i < size && (text[i] == '"' || text[i] == '}');
}

static bool encode_json(const diff_subject *s, json_t *json, kw_writer *bytes, kw_arena *arena, report *r)
{
    void *value;
    return message_from_json(s->m, s->version, json, JSON_MISSING_REFUSED, arena, &value, r) &&
           message_encode(s->m, s->version, value, bytes, r);
}

static bool read_json(const diff_subject *s, const char *word, const char *text, size_t size, kw_writer *bytes,
                      kw_arena *arena)
{
    report r;
    if (s->m == NULL) {
        complain("JSON needs --message and --version");
        return false;
    }
    json_t *json = json_parse(text, size, &r);
    bool fine = json != NULL && encode_json(s, json, bytes, arena, &r);
    json_decref(json);
    return fine || refuse(word, &r);
}

/* A word that is not a file is read as bytes if possible, but not as base64, which nearly any name could be. */
static bool read_text(const char *word, bool is_file, const char *text, size_t size, kw_writer *bytes)
{
    bytes_shape shape = bytes_shape_of(text, size);
    bytes_text *t = &(bytes_text){0};
    char name[QUOTED_SIZE];
    if (shape == BYTES_BINARY && is_file) {
        kw_write_raw(bytes, text, size);
        return true;
    }
    bytes_text_init(t, shape);
    bool is_text = shape != BYTES_BINARY && (shape != BYTES_BASE64 || is_file);
    if (is_text && bytes_text_read(t, text, size, true, bytes))
        return true;
    quoted(name, word, strlen(word));
    if (!is_text && !is_file)
        die("%s: no such file, and not bytes in hex", name);
    if (!is_text)
        complain("%s: not bytes in hex", name);
    else
        complain("%s: %sline %zu, column %zu: %s", name, is_file ? "" : "no such file; as bytes: ", t->line, t->column,
                 t->error);
    return false;
}

static void explain(const diff_subject *s, kw_span bytes, diff_rows *rows)
{
    const printer to = diff_rows_printer(rows);
    const explain_options options = {.printer = &to, .max_memory = s->max_memory};
    explain_input in = {.data = bytes.data, .size = bytes.size};
    in.has_size = s->m == NULL && bytes.size >= 4 && kw_load_be32(in.data) == bytes.size - 4;
    explainer *e = explainer_create(&options);
    if (s->m != NULL)
        (void)explain_message(e, &in, s->m, s->version);
    else if (s->api_key >= 0)
        (void)explain_response(e, &in, s->api_key, s->version);
    else
        (void)explain_request(e, &in);
    explainer_destroy(e);
}

bool diff_load(const diff_subject *s, const char *name, diff_rows *rows)
{
    buffer text = {0};
    kw_writer bytes;
    kw_writer_init_growing(&bytes, kw_allocator_libc(), s->max_memory);
    const char *word = name[0] == '@' ? name + 1 : name;
    bool is_file = name[0] == '@' || strcmp(name, "-") == 0 || access(name, F_OK) == 0;
    size_t size = read_word(word, is_file, s->max_memory, &text);
    bool fine = is_json(text.data, size) ? read_json(s, word, text.data, size, &bytes, rows->arena)
                                         : read_text(word, is_file, text.data, size, &bytes);
    if (fine && !kw_writer_ok(&bytes)) {
        complain("%s: more than --max-memory allows", word);
        fine = false;
    }
    if (fine)
        explain(s, kw_writer_data(&bytes), rows);
    kw_writer_finish(&bytes);
    buffer_finish(&text);
    return fine;
}
