/* SPDX-License-Identifier: Apache-2.0 */
#include "fragments.h"

#include <stdlib.h>
#include <string.h>

#include "../command/output.h"

#define MAX_SIZE ((size_t)65536)
#define UNIT ((size_t)8) /* fragments start at multiples of it */
#define MAX_AGE INT64_C(30000000000)

typedef struct datagram {
    ip_packet ip; /* of the first fragment that was captured */
    size_t size;  /* 0: the last fragment was not captured yet */
    size_t reach; /* the end of the fragment that reaches farthest */
    size_t have;  /* units */
    uint8_t have_unit[MAX_SIZE / UNIT];
    uint8_t data[MAX_SIZE];
} datagram;

static bool same(const ip_packet *a, const ip_packet *b)
{
    return a->fragment_id == b->fragment_id && a->protocol == b->protocol && a->is_v6 == b->is_v6 &&
           memcmp(&a->from, &b->from, sizeof a->from) == 0 && memcmp(&a->to, &b->to, sizeof a->to) == 0;
}

static void give_up(fragments *f, datagram **slot)
{
    f->incomplete += *slot != NULL;
    free(*slot);
    *slot = NULL;
}

static datagram *begin(const ip_packet *ip)
{
    datagram *d = calloc(1, sizeof *d);
    if (d == NULL)
        die("out of memory: %zu bytes were asked for", sizeof *d);
    d->ip = *ip;
    return d;
}

/* The slot of the fragment's packet; a new one if it is the first fragment. */
static datagram **slot_of(fragments *f, const ip_packet *ip)
{
    datagram **oldest = &f->open[0];
    for (size_t i = 0; i < FRAGMENTS_OPEN; i++) {
        datagram **slot = &f->open[i];
        if (*slot != NULL && ip->payload.time - (*slot)->ip.payload.time > MAX_AGE)
            give_up(f, slot);
        if (*slot != NULL && same(&(*slot)->ip, ip))
            return slot;
        if (*oldest != NULL && (*slot == NULL || (*slot)->ip.payload.time < (*oldest)->ip.payload.time))
            oldest = slot;
    }
    give_up(f, oldest);
    *oldest = begin(ip);
    return oldest;
}

/* Of two fragments for the same place the first is used. */
static void add(datagram *d, const ip_packet *ip)
{
    size_t at = ip->fragment_at;
    size_t size = ip->payload.captured;
    if (!ip->more_fragments)
        d->size = at + size;
    d->reach = at + size > d->reach ? at + size : d->reach;
    for (size_t done = 0; done < size; done += UNIT) {
        size_t unit = (at + done) / UNIT;
        if (d->have_unit[unit])
            continue;
        d->have_unit[unit] = 1;
        d->have++;
        memcpy(d->data + at + done, ip->payload.data + done, size - done < UNIT ? size - done : UNIT);
    }
}

bool fragments_join(fragments *f, ip_packet *ip)
{
    free(f->whole);
    f->whole = NULL;
    datagram **slot = slot_of(f, ip);
    bool cut = ip->payload.captured < ip->payload.size;
    bool odd = ip->more_fragments && ip->payload.size % UNIT != 0;
    if (cut || odd || ip->fragment_at + ip->payload.captured > MAX_SIZE) {
        give_up(f, slot);
        return false;
    }
    datagram *d = *slot;
    add(d, ip);
    if (d->size == 0 || d->have * UNIT < d->size)
        return false;
    if (d->reach != d->size) {
        give_up(f, slot);
        return false;
    }
    f->whole = d;
    *slot = NULL;
    packet whole = {d->data, d->size, d->size, ip->payload.time};
    ip->payload = whole;
    ip->more_fragments = false;
    ip->fragment_at = 0;
    return ip_skip_extensions(ip);
}

void fragments_finish(fragments *f)
{
    free(f->whole);
    f->whole = NULL;
    for (size_t i = 0; i < FRAGMENTS_OPEN; i++)
        give_up(f, &f->open[i]);
}
