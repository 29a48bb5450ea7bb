/* SPDX-License-Identifier: Apache-2.0 */
#include "random.h"

#include <string.h>
#include <unistd.h>

static bool fill_from_system(struct random_source *source, void *to, size_t size)
{
    (void)source;
    memset(to, 0, size); /* MemorySanitizer does not hear of what getentropy() writes */
    return getentropy(to, size) == 0;
}

struct random_source random_system = {fill_from_system};

/* The first character of the text has the upper six bits; 62 is '-'. Of version 4, none is reserved. */
static bool starts_with_dash(kw_uuid id)
{
    return id.bytes[0] >> 2 == 62;
}

bool random_uuid(struct random_source *source, kw_uuid *out)
{
    do {
        if (!source->fill(source, out->bytes, sizeof out->bytes))
            return false;
        out->bytes[6] = (uint8_t)((out->bytes[6] & 0x0f) | 0x40);
        out->bytes[8] = (uint8_t)((out->bytes[8] & 0x3f) | 0x80);
    } while (starts_with_dash(*out));
    return true;
}
