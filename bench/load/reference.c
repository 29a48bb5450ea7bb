/* SPDX-License-Identifier: Apache-2.0 */
#include "reference.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <kwire/endian.h>
#include <kwire/error.h>
#include <kwire/frame.h>
#include <kwire/message.h>
#include <kwire/walk.h>

#include "program.h"

enum { SIZE_FIELD = 4, ANSWER_MAX = 64 * 1024 * 1024 };
enum { ARENA_LIMIT = 256 * 1024 * 1024, SILENCE_S = 20, PATH_SIZE = 160 };

static void receive(int fd, uint8_t *data, size_t size)
{
    ssize_t n = recv(fd, data, size, MSG_WAITALL);
    if (n < 0)
        die("no answer: %s", strerror(errno));
    if ((size_t)n != size)
        die("the server ended the connection within an answer");
}

uint8_t *reference_ask(const struct sockaddr_in *address, const uint8_t *request, size_t request_size, size_t *size)
{
    uint8_t prefix[SIZE_FIELD];
    struct timeval silence = {.tv_sec = SILENCE_S};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence) != 0)
        die("cannot connect: %s", strerror(errno));
    if (send(fd, request, request_size, MSG_NOSIGNAL) != (ssize_t)request_size)
        die("the server does not accept the request: %s", strerror(errno));
    receive(fd, prefix, SIZE_FIELD);
    size_t payload = kw_load_be32(prefix);
    if (payload > ANSWER_MAX || payload + SIZE_FIELD < REFERENCE_HEAD)
        die("an answer of %zu bytes, %d to %d are expected", payload, REFERENCE_HEAD - SIZE_FIELD, ANSWER_MAX);
    uint8_t *answer = malloc(payload + SIZE_FIELD);
    if (answer == NULL)
        die("no memory");
    memcpy(answer, prefix, SIZE_FIELD);
    receive(fd, answer + SIZE_FIELD, payload);
    close(fd);
    *size = payload + SIZE_FIELD;
    return answer;
}

static bool is_error_code(const kw_step *step)
{
    return step->field->kind == KW_KIND_INT16 && strcmp(step->field->name, "errorCode") == 0;
}

struct checking {
    const uint8_t *answer;
    struct reference *reference;
};

static void note_records(const struct checking *checking, const kw_bytes *records)
{
    if (checking->reference->records_at == 0) {
        checking->reference->records_at = (size_t)(records->data - checking->answer);
        checking->reference->records_size = (size_t)records->len;
    }
}

static bool check_field(void *context, const kw_step *step)
{
    char path[PATH_SIZE];
    if (step->event != KW_EVENT_VALUE)
        return true;
    (void)kw_step_path(step, path, sizeof path);
    if (is_error_code(step) && *(const int16_t *)step->value != KW_ERROR_NONE)
        die("the request is refused: %s is %d", path, *(const int16_t *)step->value);
    if (step->field->kind == KW_KIND_RECORDS && (step->is_null || ((const kw_bytes *)step->value)->len == 0))
        die("%s has no records", path);
    if (step->field->kind == KW_KIND_RECORDS)
        note_records(context, step->value);
    return true;
}

static void check(kw_bytes request, kw_bytes answer, kw_arena *arena, struct checking *checking)
{
    kw_request question;
    kw_response response;
    kw_reader in;
    void *body;
    if (kw_request_decode_header(&question, request, arena) != KW_OK || question.kind != KW_FRAME_KNOWN)
        die("the frame is not a request of a known API");
    const kw_message *message = kw_message_find(question.api_key, KW_MESSAGE_RESPONSE);
    kw_status status = kw_response_decode_header(&response, question.api_key, question.api_version, answer, arena);
    if (status == KW_OK) {
        kw_reader_init_bytes(&in, response.body);
        status = kw_message_decode(message, response.api_version, &in, arena, &body);
    }
    if (status != KW_OK)
        die("the answer cannot be decoded: %s", kw_status_text(status));
    if (response.api_version != question.api_version)
        die("the request is refused: version %d is not served", question.api_version);
    (void)kw_message_walk(message, response.api_version, body, check_field, checking);
}

static kw_bytes payload_of(const uint8_t *frame, size_t size)
{
    return kw_bytes_of(frame + SIZE_FIELD, size - SIZE_FIELD);
}

void reference_take(const struct sockaddr_in *address, const uint8_t *request, size_t size, struct reference *out)
{
    kw_arena arena;
    memset(out, 0, sizeof *out);
    uint8_t *answer = reference_ask(address, request, size, &out->size);
    struct checking checking = {answer, out};
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    check(payload_of(request, size), payload_of(answer, out->size), &arena, &checking);
    memcpy(out->head, answer, out->size < sizeof out->head ? out->size : sizeof out->head);
    kw_arena_finish(&arena);
    free(answer);
}
