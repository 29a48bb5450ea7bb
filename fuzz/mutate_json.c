/* SPDX-License-Identifier: Apache-2.0 */
/* For inputs that consist of a choice and the JSON of a message: sometimes the text of another random message,
 * otherwise a mutation of the text. */
#include <kwire/json.h>

#include <string.h>

#include "../tests/property/random_value.h"
#include "mutate_body.h"

/* The size of the text; 0 if it does not fit. */
static size_t put_random(choice c, uint8_t *text, size_t capacity, uint64_t *random)
{
    kw_arena arena;
    kw_writer w;
    kw_writer_init(&w, text, capacity);
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), FUZZ_MEMORY);
    const void *value = random_message(c.message, c.version, random_next(random), ABSENT_DEFAULT, &arena, NULL);
    kw_status status = kw_message_json(c.message, c.version, value, &w);
    kw_arena_finish(&arena);
    return status == KW_OK ? kw_writer_needed(&w) : 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    uint64_t random = seed;
    fuzz_input in = {data, data + size};
    choice c = choice_take(&in);
    size_t text = 0;
    size_t capacity = max_size - CHOICE_SIZE;
    if (max_size < 2 * CHOICE_SIZE)
        return LLVMFuzzerMutate(data, size, max_size);
    if (random_below(&random, 32) == 0)
        c.message = kw_message_at(random_below(&random, (uint32_t)kw_message_count()));
    if (random_below(&random, 16) == 0)
        c.version = any_version(c.message, &random);
    if (!kw_versions_have(c.message->versions, c.version))
        c.version = c.message->versions.last;
    if (random_below(&random, 16) == 0)
        text = put_random(c, data + CHOICE_SIZE, capacity, &random);
    if (text == 0)
        text = LLVMFuzzerMutate(data + CHOICE_SIZE, fuzz_left(&in), capacity);
    choice_put(c, data);
    return CHOICE_SIZE + text;
}
