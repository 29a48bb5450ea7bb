/* SPDX-License-Identifier: Apache-2.0 */
/* For inputs that are a request in a frame. */
#include "mutate_body.h"
#include "mutate_frame.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    uint64_t random = seed;
    return mutate_frame(data, size, max_size, NULL, 0, &random);
}
