/* SPDX-License-Identifier: Apache-2.0 */
/* For inputs that consist of a choice and a body. */
#include "../tests/property/random_value.h"
#include "mutate_body.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    uint64_t random = seed;
    fuzz_input in = {data, data + size};
    choice c = choice_take(&in);
    if (max_size < 2 * CHOICE_SIZE)
        return LLVMFuzzerMutate(data, size, max_size);
    if (random_below(&random, 16) == 0) {
        c.message = kw_message_at(random_below(&random, (uint32_t)kw_message_count()));
        c.version = any_version(c.message, &random);
    }
    if (random_below(&random, 8) == 0)
        c.flags = (uint8_t)random_below(&random, random_below(&random, 4) == 0 ? 256 : 4);
    size_t capacity = max_size - CHOICE_SIZE;
    size_t body = mutate_body(c.message, &c.version, data + CHOICE_SIZE, fuzz_left(&in), capacity, &random);
    choice_put(c, data);
    return CHOICE_SIZE + body;
}
