/* SPDX-License-Identifier: Apache-2.0 */
/* kwire-echo [API=]FILE...: answers every frame with the one in the file, or in that of its API key, except for the
 * correlation id, and does nothing else: the limit of what is possible with epoll, as many threads as processors, and
 * one recv() and one sendmsg() for all requests that arrive together. Listens on a free port of 127.0.0.1 and prints it
 * as kwire-broker does; runs until it is killed. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <kwire/endian.h>

enum {
    THREADS_MAX = 64,
    EVENTS = 256,
    INPUT_SIZE = 64 * 1024,
    REQUEST_HEAD = 12, /* to the end of the correlation id */
    ANSWER_HEAD = 8,   /* the same of an answer */
    ANSWER_MAX = 2 << 20,
    APIS = 128,
    PORTION = 64 /* answers that are written at once */
};

struct answer {
    size_t size;
    uint8_t *bytes;
};

static struct answer answers[APIS];

struct peer {
    int fd;
    size_t have;
    uint8_t input[INPUT_SIZE];
    uint8_t heads[PORTION][ANSWER_HEAD];
    struct iovec pieces[2 * PORTION];
};

static size_t advance(struct iovec *pieces, size_t count, size_t sent)
{
    size_t i = 0;
    while (i < count && sent >= pieces[i].iov_len)
        sent -= pieces[i++].iov_len;
    if (i < count) {
        pieces[i].iov_base = (char *)pieces[i].iov_base + sent;
        pieces[i].iov_len -= sent;
    }
    return i;
}

static int send_answers(struct peer *p, size_t count)
{
    struct iovec *pieces = p->pieces;
    for (count *= 2; count != 0;) {
        struct msghdr message = {.msg_iov = pieces, .msg_iovlen = count};
        ssize_t n = sendmsg(p->fd, &message, MSG_NOSIGNAL);
        if (n < 0)
            return -1;
        size_t over = advance(pieces, count, (size_t)n);
        pieces += over;
        count -= over;
    }
    return 0;
}

/* False: this API has none. */
static bool add_answer(struct peer *p, size_t at, const uint8_t *request)
{
    const struct answer *a = &answers[kw_load_be16(request + 4) % APIS];
    if (a->bytes == NULL)
        return false;
    memcpy(p->heads[at], a->bytes, 4);
    memcpy(p->heads[at] + 4, request + 8, 4);
    p->pieces[2 * at] = (struct iovec){p->heads[at], ANSWER_HEAD};
    p->pieces[2 * at + 1] = (struct iovec){a->bytes + ANSWER_HEAD, a->size - ANSWER_HEAD};
    return true;
}

static int answer(struct peer *p)
{
    size_t at = 0, count = 0;
    while (p->have - at >= REQUEST_HEAD && p->have - at >= (size_t)kw_load_be32(p->input + at) + 4) {
        if (!add_answer(p, count++, p->input + at))
            return -1;
        at += (size_t)kw_load_be32(p->input + at) + 4;
        if (count == PORTION && send_answers(p, count) != 0)
            return -1;
        count %= PORTION;
    }
    p->have -= at;
    if (p->have != 0)
        memmove(p->input, p->input + at, p->have);
    return send_answers(p, count);
}

/* False after the peer has ended. */
static int serve(struct peer *p)
{
    ssize_t n = recv(p->fd, p->input + p->have, INPUT_SIZE - p->have, 0);
    if (n <= 0)
        return 0;
    p->have += (size_t)n;
    return answer(p) == 0 && p->have < INPUT_SIZE;
}

static void *run(void *argument)
{
    int epoll = *(int *)argument;
    struct epoll_event events[EVENTS];
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            struct peer *p = events[i].data.ptr;
            if (!serve(p)) {
                close(p->fd);
                free(p);
            }
        }
    }
    return NULL;
}

static void fail(const char *what)
{
    fprintf(stderr, "kwire-echo: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int listen_somewhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 1024) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        fail("cannot listen");
    printf("kwire-echo listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static struct answer read_answer(const char *file)
{
    static uint8_t bytes[ANSWER_MAX];
    struct answer a = {0};
    FILE *f = fopen(file, "rb");
    if (f == NULL)
        fail(file);
    a.size = fread(bytes, 1, ANSWER_MAX, f);
    fclose(f);
    if (a.size <= ANSWER_HEAD || kw_load_be32(bytes) + 4 != a.size) {
        fprintf(stderr, "kwire-echo: %s is not a frame\n", file);
        exit(1);
    }
    a.bytes = malloc(a.size);
    if (a.bytes == NULL)
        fail(file);
    memcpy(a.bytes, bytes, a.size);
    return a;
}

static void take_argument(const char *argument)
{
    char *end;
    long api = strtol(argument, &end, 10);
    if (end != argument && *end == '=' && api >= 0 && api < APIS) {
        answers[api] = read_answer(end + 1);
        return;
    }
    struct answer any = read_answer(argument);
    for (int i = 0; i < APIS; i++)
        answers[i] = any;
}

static int start_threads(int epolls[THREADS_MAX])
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int count = processors < 1 ? 1 : processors < THREADS_MAX ? (int)processors : THREADS_MAX;
    pthread_t thread;
    for (int i = 0; i < count; i++)
        if ((epolls[i] = epoll_create1(0)) < 0 || pthread_create(&thread, NULL, run, &epolls[i]) != 0)
            fail("no thread");
    return count;
}

int main(int argc, char **argv)
{
    static int epolls[THREADS_MAX];
    int on = 1;
    if (argc < 2) {
        fputs("usage: kwire-echo [API=]FILE...\n", stderr);
        return 2;
    }
    for (int i = 1; i < argc; i++)
        take_argument(argv[i]);
    int listener = listen_somewhere(), count = start_threads(epolls);
    for (int i = 0;; i = (i + 1) % count) {
        struct peer *p = calloc(1, sizeof *p);
        struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = p};
        if (p == NULL || (p->fd = accept(listener, NULL, NULL)) < 0 ||
            setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
            epoll_ctl(epolls[i], EPOLL_CTL_ADD, p->fd, &wanted) != 0)
            fail("cannot accept");
    }
}
