/* SPDX-License-Identifier: Apache-2.0 */
/* send-request HOST:PORT [TOPIC...]: asks a broker about topics, all of them if none is named. One request, one
 * response, with the typed functions of both messages. */
#define _POSIX_C_SOURCE 200809L
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kwire/kwire.h>
#include <kwire/messages/metadata_request.h>
#include <kwire/messages/metadata_response.h>

enum { VERSION = 8, CORRELATION_ID = 1, LIMIT = 16 * 1024 * 1024 };

static void fail(const char *what)
{
    fprintf(stderr, "send-request: %s\n", what);
    exit(1);
}

static int connect_to(const char *address)
{
    char host[256], port[8];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    if (sscanf(address, "%255[^:]:%7[0-9]", host, port) != 2 || getaddrinfo(host, port, &hints, &found) != 0)
        fail("no such address");
    int fd = socket(found->ai_family, SOCK_STREAM, 0);
    if (connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
        perror(address);
        exit(1);
    }
    freeaddrinfo(found);
    return fd;
}

static void send_request(int fd, char **topics, int count)
{
    kw_metadata_request request;
    kw_metadata_request_init(&request);
    request.allow_auto_topic_creation = false;
    request.topics.len = count != 0 ? count : -1; /* null: all */
    request.topics.items = calloc((size_t)count + 1, sizeof *request.topics.items);
    if (request.topics.items == NULL)
        fail("out of memory");
    for (int i = 0; i < count; i++) {
        kw_metadata_request_topic_init(&request.topics.items[i]);
        request.topics.items[i].name = kw_string_of(topics[i]);
    }

    kw_writer out;
    kw_writer_init_growing(&out, kw_allocator_libc(), LIMIT);
    kw_frame_mark frame =
        kw_request_begin(&out, KW_KEY_METADATA, VERSION, CORRELATION_ID, kw_string_of("send-request"));
    if (kw_metadata_request_encode(&request, VERSION, &out) != KW_OK || kw_frame_end(&out, frame) != KW_OK)
        fail(kw_status_text(out.status));
    kw_span bytes = kw_writer_data(&out);
    if (send(fd, bytes.data, bytes.size, MSG_NOSIGNAL) != (ssize_t)bytes.size)
        fail("cannot send");
    kw_writer_finish(&out);
    free(request.topics.items);
}

/* Reads until the frame is complete. The caller frees *memory, of which the frame is a view. */
static kw_frame receive_frame(int fd, uint8_t **memory)
{
    kw_frame frame = {.needed = 4};
    uint8_t *data = NULL;
    size_t have = 0;
    bool complete = false;
    while (!complete && frame.status == KW_OK) {
        data = realloc(data, frame.needed);
        ssize_t n = data != NULL ? recv(fd, data + have, frame.needed - have, 0) : -1;
        if (n <= 0)
            fail("the broker ended the connection");
        have += (size_t)n;
        complete = kw_frame_next(data, have, LIMIT, &frame);
    }
    if (frame.status != KW_OK)
        fail(kw_status_text(frame.status));
    *memory = data;
    return frame;
}

static void print_answer(kw_bytes frame)
{
    kw_arena arena;
    kw_response response;
    kw_metadata_response metadata;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LIMIT);
    kw_status status = kw_response_decode_header(&response, KW_KEY_METADATA, VERSION, frame, &arena);
    if (status != KW_OK || response.correlation_id != CORRELATION_ID)
        fail("not the response to this request");
    kw_reader in;
    kw_reader_init_bytes(&in, response.body);
    if (kw_metadata_response_decode(&metadata, VERSION, &in, &arena) != KW_OK) {
        fprintf(stderr, "send-request: %s at byte %zu\n", kw_status_text(in.status), in.error_at);
        exit(1);
    }
    printf("cluster %.*s\n", KW_FMT(metadata.cluster_id));
    for (int32_t i = 0; i < metadata.brokers.len; i++)
        printf("broker %d at %.*s:%d\n", (int)metadata.brokers.items[i].node_id, KW_FMT(metadata.brokers.items[i].host),
               (int)metadata.brokers.items[i].port);
    for (int32_t i = 0; i < metadata.topics.len; i++)
        printf("topic %.*s: %s, %d partitions\n", KW_FMT(metadata.topics.items[i].name),
               kw_error_name(metadata.topics.items[i].error_code), (int)metadata.topics.items[i].partitions.len);
    kw_arena_finish(&arena);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: send-request HOST:PORT [TOPIC...]\n", stderr);
        return 2;
    }
    int fd = connect_to(argv[1]);
    uint8_t *memory;
    send_request(fd, argv + 2, argc - 2);
    kw_frame frame = receive_frame(fd, &memory);
    print_answer(frame.payload);
    free(memory);
    close(fd);
    return 0;
}
