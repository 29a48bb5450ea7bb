/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_INPUTS_H
#define BENCH_INPUTS_H

#include <stddef.h>
#include <stdint.h>

#include <kwire/message.h>

/* One input: a body of a message, a batch, or plain bytes. */
struct bench_input {
    const char *name;
    const char *kind; /* request, response, batch or raw */
    int16_t api_key;  /* this and the next two: of a message */
    int16_t version;
    kw_message_kind type;
    const uint8_t *data;
    size_t size;
};

/* Calls `run` for each input that FOLDER/inputs.txt lists or, if names are given, for those. */
void for_each_input(const char *folder, int name_count, char **names, void (*run)(const struct bench_input *input));

#endif
