/* SPDX-License-Identifier: Apache-2.0 */
/* tiny-broker HOST:PORT: the smallest broker that a Kafka client can talk to. It answers ApiVersions and
 * DescribeTopicPartitions, and it has no topics. It has a thread for each connection; kwire-broker in server/ is the
 * complete broker. */
#define _POSIX_C_SOURCE 200809L
#include <netdb.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kwire/kwire.h>
#include <kwire/messages/api_versions_response.h>
#include <kwire/messages/describe_topic_partitions_request.h>
#include <kwire/messages/describe_topic_partitions_response.h>

enum { INPUT_SIZE = 64 * 1024, MEMORY_LIMIT = 16 * 1024 * 1024 };

/* The request's body is not read: every client gets the same answer. */
static kw_status answer_api_versions(const kw_request *request, kw_writer *out)
{
    kw_api_versions_response_api_version served[] = {
        {.api_key = KW_KEY_API_VERSIONS, .min_version = 0, .max_version = 4},
        {.api_key = KW_KEY_DESCRIBE_TOPIC_PARTITIONS, .min_version = 0, .max_version = 0},
    };
    bool supported = request->api_version >= 0 && request->api_version <= 4;
    kw_api_versions_response answer;
    kw_api_versions_response_init(&answer);
    answer.error_code = supported ? KW_ERROR_NONE : KW_ERROR_UNSUPPORTED_VERSION;
    answer.api_keys.items = served;
    answer.api_keys.len = supported ? 2 : 1;

    int16_t version = supported ? request->api_version : 0; /* every client can read version 0 */
    kw_frame_mark frame = kw_response_begin(out, request->api_key, version, request->correlation_id);
    kw_status status = kw_api_versions_response_encode(&answer, version, out);
    return status == KW_OK ? kw_frame_end(out, frame) : status;
}

static kw_status answer_describe_topic_partitions(const kw_request *request, kw_arena *arena, kw_writer *out)
{
    kw_reader in;
    kw_reader_init_bytes(&in, request->body);
    kw_describe_topic_partitions_request asked;
    kw_status status = kw_describe_topic_partitions_request_decode(&asked, 0, &in, arena);
    if (status != KW_OK)
        return status;

    kw_describe_topic_partitions_response answer;
    kw_describe_topic_partitions_response_init(&answer);
    answer.topics.len = asked.topics.len;
    answer.topics.items = kw_arena_array(arena, (size_t)asked.topics.len, sizeof *answer.topics.items);
    if (answer.topics.items == NULL)
        return kw_arena_status(arena);
    for (int32_t i = 0; i < asked.topics.len; i++) {
        kw_describe_topic_partitions_response_topic *topic = &answer.topics.items[i];
        kw_describe_topic_partitions_response_topic_init(topic);
        topic->error_code = KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
        topic->name = asked.topics.items[i].name;
        topic->topic_authorized_operations = 0;
    }

    kw_frame_mark frame = kw_response_begin(out, request->api_key, 0, request->correlation_id);
    status = kw_describe_topic_partitions_response_encode(&answer, 0, out);
    return status == KW_OK ? kw_frame_end(out, frame) : status;
}

static kw_status answer_frame(kw_bytes payload, kw_arena *arena, kw_writer *out)
{
    kw_request request;
    kw_status status = kw_request_decode_header(&request, payload, arena);
    if (status != KW_OK)
        return status;
    if (request.api_key == KW_KEY_API_VERSIONS)
        return answer_api_versions(&request, out);
    if (request.api_key == KW_KEY_DESCRIBE_TOPIC_PARTITIONS && request.api_version == 0)
        return answer_describe_topic_partitions(&request, arena, out);
    return KW_ERR_VERSION;
}

/* Answers all complete frames of the input with one write, and moves the rest to its start. */
static kw_status answer_input(int fd, uint8_t *input, size_t *have, kw_arena *arena, kw_writer *out)
{
    size_t done = 0;
    kw_frame frame;
    kw_status status = KW_OK;
    kw_writer_reset(out);
    while (status == KW_OK && kw_frame_next(input + done, *have - done, INPUT_SIZE - 4, &frame)) {
        kw_arena_reset(arena);
        status = answer_frame(frame.payload, arena, out);
        done += frame.consumed;
    }
    memmove(input, input + done, *have - done);
    *have -= done;
    kw_span answers = kw_writer_data(out);
    if (kw_writer_ok(out) && send(fd, answers.data, answers.size, MSG_NOSIGNAL) != (ssize_t)answers.size)
        return KW_ERR_SPACE;
    return status != KW_OK ? status : frame.status;
}

static void *serve(void *argument)
{
    int fd = (int)(intptr_t)argument;
    uint8_t input[INPUT_SIZE], block[1024];
    size_t have = 0;
    kw_arena arena;
    kw_writer out;
    kw_arena_init_growing(&arena, block, sizeof block, kw_allocator_libc(), MEMORY_LIMIT);
    kw_writer_init_growing(&out, kw_allocator_libc(), MEMORY_LIMIT);

    kw_status status = KW_OK;
    ssize_t n = 0;
    while (status == KW_OK && (n = recv(fd, input + have, sizeof input - have, 0)) > 0) {
        have += (size_t)n;
        status = answer_input(fd, input, &have, &arena, &out);
    }
    if (status != KW_OK)
        fprintf(stderr, "tiny-broker: connection closed: %s\n", kw_status_text(status));

    shutdown(fd, SHUT_WR); /* closing with unread input would reset the connection and lose the last answer */
    for (int i = 0; i < 16 && recv(fd, input, sizeof input, 0) > 0; i++)
        ;
    close(fd);
    kw_writer_finish(&out);
    kw_arena_finish(&arena);
    return NULL;
}

int main(int argc, char **argv)
{
    char host[256] = "", port[8] = "";
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *at = NULL;
    if (argc != 2 || sscanf(argv[1], "%255[^:]:%7[0-9]", host, port) != 2 ||
        getaddrinfo(host, port, &hints, &at) != 0) {
        fprintf(stderr, "usage: tiny-broker HOST:PORT\n");
        return 2;
    }
    int listener = socket(at->ai_family, SOCK_STREAM, 0), on = 1;
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(listener, at->ai_addr, at->ai_addrlen) != 0 || listen(listener, 128) != 0) {
        perror(argv[1]);
        return 1;
    }
    freeaddrinfo(at);
    printf("tiny-broker listening on %s\n", argv[1]);
    fflush(stdout);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        pthread_t thread;
        if (fd >= 0 && pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) == 0) {
            pthread_detach(thread);
        } else {
            perror("tiny-broker");
            close(fd);
            sleep(1);
        }
    }
}
