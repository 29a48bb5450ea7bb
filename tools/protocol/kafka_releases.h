/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_KAFKA_RELEASES_H
#define TOOLS_KAFKA_RELEASES_H

/* Which of Kafka's releases have which versions of messages, and which fields. */

#include <kwire/message.h>

#include "field_place.h"

/* The place of a release among release_names[], for comparisons; release_count if it is none of them. */
size_t release_index(const char *name);

/* The releases of a version; both members are NULL if the message has none, as it is only on disk. */
kw_release version_release(const kw_message *m, int16_t version);

/* A sentence that says why a message has no releases; NULL if it has. */
const char *why_no_releases(const kw_message *m);

/* The versions of a message that a release has, early access left out. They are one range. */
kw_versions release_versions(const kw_message *m, size_t release);

/* The release that added a tagged field to a version of its message that older releases had; NULL for all other fields,
 * which came with their version. */
const char *late_release(const kw_message *m, const field_place *place, int16_t version);

/* The first release with the field, in any version; NULL if the message has none or no such version is stable yet. */
const char *first_release(const kw_message *m, const field_place *place);

#endif
