/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "help.h"
#include "output.h"

const help_text *help_of(const char *name)
{
    for (size_t i = 0; i < help_text_count; i++)
        if (strcmp(help_texts[i].name, name) == 0)
            return &help_texts[i];
    die("%s has no help text", name);
}
