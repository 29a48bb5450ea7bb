/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "packet_source.h"

static packet_source *refuse(char *error)
{
    snprintf(error, SOURCE_ERROR_SIZE, "this kwire was built without libpcap");
    return NULL;
}

packet_source *packet_source_open_file(const char *path, const secrets_sink *secrets, char error[SOURCE_ERROR_SIZE])
{
    (void)path;
    (void)secrets;
    return refuse(error);
}

packet_source *packet_source_open_live(const char *interface, const char *filter, char error[SOURCE_ERROR_SIZE])
{
    (void)interface;
    (void)filter;
    return refuse(error);
}

void packet_source_close(packet_source *s)
{
    (void)s;
}

link_type packet_source_link(const packet_source *s)
{
    (void)s;
    return LINK_RAW;
}

packet_source_event packet_source_next(packet_source *s, packet *out)
{
    (void)s;
    (void)out;
    return SOURCE_FAILED;
}

const char *packet_source_error(const packet_source *s)
{
    (void)s;
    return "";
}

bool packet_source_would_wait(packet_source *s)
{
    (void)s;
    return false;
}

uint64_t packet_source_size(const packet_source *s)
{
    (void)s;
    return 0;
}

uint64_t packet_source_position(packet_source *s)
{
    (void)s;
    return 0;
}

unsigned long packet_source_dropped(packet_source *s)
{
    (void)s;
    return 0;
}
