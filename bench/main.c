/* SPDX-License-Identifier: Apache-2.0 */
/* kwire-bench DIR [NAME...]: times libkwire on the inputs that DIR/inputs.txt lists, or on the named ones. */
#include <stdio.h>
#include <string.h>

#include "benches.h"

static void run(const struct bench_input *input)
{
    if (strcmp(input->kind, "batch") == 0)
        bench_batch(input);
    else if (strcmp(input->kind, "raw") == 0)
        bench_raw(input);
    else
        bench_message(input);
}

int main(int count, char **words)
{
    if (count < 2) {
        fputs("usage: kwire-bench DIR [NAME...]\n", stderr);
        return 2;
    }
    for_each_input(words[1], count - 2, words + 2, run);
    return 0;
}
