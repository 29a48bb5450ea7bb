/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes one Metadata response, version 12, from standard input, and prints its topics: the library code that a
 * small program needs. size.sh measures it, and test_link.py checks that no other message is linked into it. */
#include <stdio.h>

#include <kwire/messages/metadata_response.h>

int main(void)
{
    static uint8_t body[65536], memory[65536];
    kw_arena arena;
    kw_reader in;
    kw_metadata_response response;
    kw_arena_init(&arena, memory, sizeof memory);
    kw_reader_init(&in, body, fread(body, 1, sizeof body, stdin));
    if (kw_metadata_response_decode(&response, 12, &in, &arena) != KW_OK) {
        fprintf(stderr, "%s at byte %zu\n", kw_status_text(in.status), in.error_at);
        return 1;
    }
    for (int32_t i = 0; i < response.topics.len; i++)
        printf("%.*s\n", KW_FMT(response.topics.items[i].name));
    return 0;
}
