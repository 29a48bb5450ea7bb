/* SPDX-License-Identifier: Apache-2.0 */
#include "list_words.h"

int list_words_read(const verb *v, int most, int count, char **words, bool *names, arguments *out)
{
    *names = false;
    const option options[] = {{"--names", names, NULL}};
    int status = options_read(v, options, 1, most, count, words, out);
    if (status == CONTINUE && *names && out->count != 0)
        return usage_error(v, "--names lists all");
    return status;
}
