/* SPDX-License-Identifier: Apache-2.0 */
/* decode-frame HEX: a captured request.
 * decode-frame HEX HEX: a request and its response; a response alone does not identify its request.
 *
 * Prints the header and the message as JSON. The frames are given from the size field on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/kwire.h>

enum { MEMORY_LIMIT = 64 * 1024 * 1024 };

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "decode-frame: %s: %s\n", what, why);
    exit(1);
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef", *at = strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c);
    return c != '\0' && at != NULL ? (int)(at - digits) : -1;
}

/* The bytes between the size field and the end of the frame; the caller frees *memory. */
static kw_bytes parse_frame(const char *hex, uint8_t **memory)
{
    size_t size = strlen(hex) / 2;
    uint8_t *data = malloc(size + 1);
    if (data == NULL)
        fail(hex, "out of memory");
    for (size_t i = 0; i < strlen(hex); i++) {
        int digit = hex_digit(hex[i]);
        if (digit < 0 || strlen(hex) % 2 != 0)
            fail(hex, "not pairs of hex digits");
        data[i / 2] = (uint8_t)(i % 2 == 0 ? digit << 4 : data[i / 2] | digit);
    }
    kw_frame frame;
    if (!kw_frame_next(data, size, KW_FRAME_MAX_DEFAULT, &frame))
        fail(hex, frame.status != KW_OK ? kw_status_text(frame.status) : "the frame is longer than this");
    *memory = data;
    return frame.payload;
}

/* The message is chosen by its key at run time; a program that knows it would use the typed functions. */
static void print_message(int16_t api_key, kw_message_kind type, int16_t version, kw_bytes body, kw_arena *arena)
{
    const kw_message *message = kw_message_find(api_key, type);
    kw_reader in;
    void *value;
    kw_reader_init_bytes(&in, body);
    if (kw_message_decode(message, version, &in, arena, &value) != KW_OK) {
        char path[200];
        (void)kw_decode_error_path(message, version, body.data, (size_t)body.len, 0, arena, path, sizeof path);
        fprintf(stderr, "decode-frame: %s: %s at byte %zu of the body, field %s\n", message->name,
                kw_status_text(in.status), in.error_at, path);
        exit(1);
    }
    kw_writer json;
    kw_writer_init_growing(&json, kw_allocator_libc(), MEMORY_LIMIT);
    if (kw_message_json(message, version, value, &json) != KW_OK)
        fail(message->name, kw_status_text(json.status));
    kw_span text = kw_writer_data(&json);
    printf("%s v%d %.*s\n", message->name, version, (int)text.size, (const char *)text.data);
    if (kw_reader_remaining(&in) != 0)
        printf("%zu bytes follow the message\n", kw_reader_remaining(&in));
    kw_writer_finish(&json);
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3) {
        fputs("usage: decode-frame REQUEST [RESPONSE], in hex from the size field on\n", stderr);
        return 2;
    }
    kw_arena arena;
    uint8_t *memory = NULL, *response_memory = NULL;
    kw_request request;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), MEMORY_LIMIT);
    kw_status status = kw_request_decode_header(&request, parse_frame(argv[1], &memory), &arena);
    if (status != KW_OK)
        fail("request header", kw_status_text(status));
    printf("request of %.*s, api key %d, version %d, correlation id %d\n", KW_FMT(request.client_id), request.api_key,
           request.api_version, (int)request.correlation_id);
    if (request.kind == KW_FRAME_KNOWN)
        print_message(request.api_key, KW_MESSAGE_REQUEST, request.api_version, request.body, &arena);

    kw_response response;
    if (argc == 3) {
        kw_bytes frame = parse_frame(argv[2], &response_memory);
        status = kw_response_decode_header(&response, request.api_key, request.api_version, frame, &arena);
        if (status != KW_OK)
            fail("response header", kw_status_text(status));
        printf("response, correlation id %d\n", (int)response.correlation_id);
        if (response.kind == KW_FRAME_KNOWN)
            print_message(request.api_key, KW_MESSAGE_RESPONSE, response.api_version, response.body, &arena);
    }
    free(response_memory);
    free(memory);
    kw_arena_finish(&arena);
    return 0;
}
