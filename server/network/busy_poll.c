/* SPDX-License-Identifier: Apache-2.0 */
#include "busy_poll.h"

bool busy_poll_starts(struct busy_poll *poll)
{
    if (!poll->is_alone)
        return false;
    if (poll->skipped == poll->skip) {
        poll->skipped = 0;
        return true;
    }
    poll->skipped++;
    return false;
}

void busy_poll_ends(struct busy_poll *poll, bool found)
{
    poll->skip = found ? poll->skip / 2 : 8 * poll->skip + 7;
    if (poll->skip > BUSY_POLL_MOST_SKIPPED)
        poll->skip = BUSY_POLL_MOST_SKIPPED;
}

void busy_poll_note(struct busy_poll *poll, const struct poller_event *events, size_t count)
{
    const void *source = count == 1 ? events[0].source : NULL;
    poll->is_alone = source != NULL && source == poll->source;
    poll->source = source;
}
