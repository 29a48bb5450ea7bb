/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_PATTERN_H
#define SERVER_COORDINATOR_PATTERN_H

/* Regular expressions of names, with the syntax of RE2, as Kafka has it (com.google.re2j), in linear time. */

#include <stdbool.h>

#include <kwire/view.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pattern;

enum pattern_status {
    PATTERN_VALID,
    PATTERN_INVALID,
    PATTERN_NO_MEMORY,
    PATTERN_NOT_BUILT /* the broker was built without RE2, and knows no pattern */
};

/* With PATTERN_VALID *out is the pattern, to be freed by pattern_free(); else NULL. With PATTERN_INVALID *why says what
 * is wrong with it, in static memory. */
enum pattern_status pattern_compile(kw_string text, struct pattern **out, const char **why);

/* Whether all of the name matches. From any thread. */
bool pattern_matches(const struct pattern *pattern, kw_string name);

void pattern_free(struct pattern *pattern); /* NULL: nothing */

#ifdef __cplusplus
}
#endif

#endif
