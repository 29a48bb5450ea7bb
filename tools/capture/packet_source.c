/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "packet_source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pcap/pcap.h>

struct packet_source {
    pcap_t *pcap;
    pcapng_stream *pcapng; /* NULL: the file is a plain one */
    link_type link;
    int live;         /* what to wait on for packets; -1: a file */
    int stream;       /* descriptor of a pipe to wait on; -1: none */
    off_t size;       /* of a regular file */
    int64_t fraction; /* ns in a unit of the time stamps' smaller part */
};

/* Longer than any packet, including those that the network card segments. */
#define SNAPSHOT_LENGTH (512 * 1024)
#define KERNEL_BUFFER (16 * 1024 * 1024)
#define TIMEOUT_MS 100

static bool find_link(int type, link_type *out)
{
    switch (type) {
    case DLT_EN10MB:
        *out = LINK_ETHERNET;
        return true;
    case DLT_NULL:
    case DLT_LOOP:
        *out = LINK_LOOPBACK;
        return true;
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
        *out = LINK_RAW;
        return true;
    case DLT_LINUX_SLL:
        *out = LINK_LINUX_COOKED;
        return true;
    case DLT_LINUX_SLL2:
        *out = LINK_LINUX_COOKED_2;
        return true;
    default:
        return false;
    }
}

static packet_source *refuse_link(pcap_t *pcap, int type, char *error)
{
    const char *name = pcap_datalink_val_to_name(type);
    const char *description = pcap_datalink_val_to_description(type);
    if (name != NULL)
        snprintf(error, SOURCE_ERROR_SIZE, "link type %s (%s) is not supported", name, description);
    else
        snprintf(error, SOURCE_ERROR_SIZE, "link type %d is not supported", type);
    pcap_close(pcap);
    return NULL;
}

static packet_source *make(pcap_t *pcap, char *error)
{
    link_type link;
    int type = pcap_datalink(pcap);
    if (!find_link(type, &link))
        return refuse_link(pcap, type, error);
    packet_source *s = calloc(1, sizeof *s);
    if (s == NULL) {
        snprintf(error, SOURCE_ERROR_SIZE, "out of memory");
        pcap_close(pcap);
        return NULL;
    }
    s->pcap = pcap;
    s->link = link;
    s->live = -1;
    s->stream = -1;
    s->fraction = pcap_get_tstamp_precision(pcap) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000;
    return s;
}

/* libpcap's message without the file name that it puts before some. */
static void copy_error(char *to, const char *message, const char *path)
{
    size_t n = strlen(path);
    if (strncmp(message, path, n) == 0 && message[n] == ':')
        message += n + 1 + (message[n + 1] == ' ');
    snprintf(to, SOURCE_ERROR_SIZE, "%s", message);
}

static int open_path(const char *path, char *error)
{
    int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        snprintf(error, SOURCE_ERROR_SIZE, "%s", strerror(errno));
    return fd;
}

/* The first bytes, fewer at the end of the file. */
static size_t read_head(int fd, char head[PCAPNG_MAGIC_SIZE])
{
    size_t have = 0;
    while (have < PCAPNG_MAGIC_SIZE) {
        ssize_t n = read(fd, head + have, PCAPNG_MAGIC_SIZE - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        have += (size_t)n;
    }
    return have;
}

/* A plain file, unless it is of pcapng or cannot go back to its start. Takes `fd`. */
static FILE *open_stream(int fd, const secrets_sink *secrets, pcapng_stream **out, char *error)
{
    char head[PCAPNG_MAGIC_SIZE];
    FILE *file = NULL;
    size_t size = read_head(fd, head);
    bool is_plain = size != sizeof head || memcmp(head, PCAPNG_MAGIC, sizeof head) != 0;
    if (is_plain && lseek(fd, 0, SEEK_SET) == 0)
        file = fdopen(fd, "rb");
    else
        *out = pcapng_stream_open(fd, head, size, secrets, &file);
    if (file == NULL) {
        snprintf(error, SOURCE_ERROR_SIZE, "out of memory");
        (void)close(fd);
    }
    return file;
}

packet_source *packet_source_open_file(const char *path, const secrets_sink *secrets, char error[SOURCE_ERROR_SIZE])
{
    char message[PCAP_ERRBUF_SIZE] = "";
    pcapng_stream *stream = NULL;
    struct stat status;
    int fd = open_path(path, error);
    bool is_regular = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    FILE *file = fd >= 0 ? open_stream(fd, secrets, &stream, error) : NULL;
    if (file == NULL)
        return NULL;
    pcap_t *pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, message);
    if (pcap == NULL) {
        copy_error(error, message, path);
        (void)fclose(file);
    }
    packet_source *s = pcap != NULL ? make(pcap, error) : NULL; /* which closes the file if it fails */
    if (s == NULL) {
        pcapng_stream_free(stream);
        return NULL;
    }
    s->pcapng = stream;
    if (is_regular)
        s->size = status.st_size;
    else
        s->stream = fd;
    return s;
}

/* False, possibly with a reason in `error`, if the interface is missing or not permitted. */
static bool configure(pcap_t *pcap, const char *interface, char *error)
{
    if (pcap_set_snaplen(pcap, SNAPSHOT_LENGTH) != 0 || pcap_set_timeout(pcap, TIMEOUT_MS) != 0 ||
        pcap_set_buffer_size(pcap, KERNEL_BUFFER) != 0)
        return false;
    (void)pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO); /* or else microseconds */
    int status = pcap_activate(pcap);
    if (status >= 0)
        return true;
    const char *detail = pcap_geterr(pcap);
    copy_error(error, detail[0] != '\0' ? detail : pcap_statustostr(status), interface);
    size_t n = strlen(error);
    if (status == PCAP_ERROR_PERM_DENIED)
        snprintf(error + n, SOURCE_ERROR_SIZE - n, " (capturing needs root's rights, or the capability CAP_NET_RAW)");
    return false;
}

static bool set_filter(pcap_t *pcap, const char *filter, char *error)
{
    struct bpf_program program;
    int status = pcap_compile(pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN);
    if (status == 0) {
        status = pcap_setfilter(pcap, &program);
        pcap_freecode(&program);
    }
    if (status != 0)
        snprintf(error, SOURCE_ERROR_SIZE, "%s", pcap_geterr(pcap));
    return status == 0;
}

packet_source *packet_source_open_live(const char *interface, const char *filter, char error[SOURCE_ERROR_SIZE])
{
    char message[PCAP_ERRBUF_SIZE] = "";
    pcap_t *pcap = pcap_create(interface, message);
    if (pcap == NULL) {
        snprintf(error, SOURCE_ERROR_SIZE, "%s", message);
        return NULL;
    }
    snprintf(error, SOURCE_ERROR_SIZE, "the interface cannot be set up");
    if (!configure(pcap, interface, error) || !set_filter(pcap, filter, error) ||
        pcap_setnonblock(pcap, 1, message) != 0) {
        pcap_close(pcap);
        return NULL;
    }
    packet_source *s = make(pcap, error);
    if (s != NULL)
        s->live = pcap_get_selectable_fd(pcap);
    return s;
}

void packet_source_close(packet_source *s)
{
    if (s == NULL)
        return;
    pcap_close(s->pcap);
    pcapng_stream_free(s->pcapng);
    free(s);
}

link_type packet_source_link(const packet_source *s)
{
    return s->link;
}

static bool is_readable(int file, int timeout_ms)
{
    struct pollfd p = {file, POLLIN, 0};
    return poll(&p, 1, timeout_ms) > 0;
}

/* ns since 1970. A file may have any time; those beyond the range become its ends. */
static int64_t time_of(const packet_source *s, const struct pcap_pkthdr *header)
{
    const int64_t second = 1000000000;
    const int64_t most = INT64_MAX / second - 10;
    int64_t seconds = header->ts.tv_sec;
    if ((uint64_t)seconds > (uint64_t)most)
        seconds = seconds < 0 ? 0 : most;
    return seconds * second + (int64_t)header->ts.tv_usec * s->fraction;
}

packet_source_event packet_source_next(packet_source *s, packet *out)
{
    struct pcap_pkthdr *header;
    const u_char *data;
    int got = pcap_next_ex(s->pcap, &header, &data);
    if (got == 0) {
        (void)is_readable(s->live, TIMEOUT_MS);
        return SOURCE_NOTHING_YET;
    }
    if (got < 0)
        return got == PCAP_ERROR_BREAK && s->live < 0 ? SOURCE_END : SOURCE_FAILED;
    out->data = data;
    out->captured = header->caplen;
    out->size = header->len > header->caplen ? header->len : header->caplen;
    out->time = time_of(s, header);
    return SOURCE_PACKET;
}

bool packet_source_would_wait(packet_source *s)
{
    return s->stream >= 0 && !is_readable(s->stream, 0);
}

uint64_t packet_source_size(const packet_source *s)
{
    return (uint64_t)s->size;
}

uint64_t packet_source_position(packet_source *s)
{
    if (s->size == 0)
        return 0;
    if (s->pcapng != NULL)
        return pcapng_stream_position(s->pcapng);
    off_t at = ftello(pcap_file(s->pcap));
    return at > 0 ? (uint64_t)at : 0;
}

const char *packet_source_error(const packet_source *s)
{
    return pcap_geterr(s->pcap);
}

unsigned long packet_source_dropped(packet_source *s)
{
    struct pcap_stat counts;
    if (s->live < 0 || pcap_stats(s->pcap, &counts) != 0)
        return 0;
    return (unsigned long)counts.ps_drop + counts.ps_ifdrop;
}
