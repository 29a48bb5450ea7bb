/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_VERB_H
#define TOOLS_VERB_H

/* A verb of the command: `kwire NAME ...`. */

typedef struct verb {
    const char *name; /* also names its text in tools/help */
    /* The words after the name. Returns the exit status. */
    int (*run)(const struct verb *self, int count, char **words);
} verb;

extern const verb verb_decode;
extern const verb verb_encode;
extern const verb verb_explain;
extern const verb verb_diff;
extern const verb verb_call;
extern const verb verb_dump_log;
extern const verb verb_pcap;
extern const verb verb_apis;
extern const verb verb_errors;
extern const verb verb_schema;

#endif
