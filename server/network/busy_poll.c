/* SPDX-License-Identifier: Apache-2.0 */
#include "busy_poll.h"

#include <stddef.h>

bool busy_poll_starts(struct busy_poll *poll)
{
    if (poll->source == NULL || poll->history == 0)
        return false;
    struct busy_poll_looks *looks = &poll->looks[poll->history];
    if (looks->skipped == looks->skip) {
        looks->skipped = 0;
        return true;
    }
    looks->skipped++;
    return false;
}

void busy_poll_ends(struct busy_poll *poll, bool found)
{
    struct busy_poll_looks *looks = &poll->looks[poll->history];
    looks->skip = found ? looks->skip / 2 : 8 * looks->skip + 7;
    if (looks->skip > BUSY_POLL_MOST_SKIPPED)
        looks->skip = BUSY_POLL_MOST_SKIPPED;
}

void busy_poll_note(struct busy_poll *poll, struct busy_poll_history *source)
{
    if (source != NULL) {
        poll->history = (2U * source->events + (source == poll->source)) % BUSY_POLL_HISTORIES;
        source->events = (uint8_t)poll->history;
    }
    poll->source = source;
}
