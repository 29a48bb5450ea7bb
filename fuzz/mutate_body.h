/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_MUTATE_BODY_H
#define FUZZ_MUTATE_BODY_H

/* Mutations that know what a message is. Bytes changed blindly rarely get past the first length of a message; these
 * change values and encode them, or change the bytes of a field whose position they know. */

#include <kwire/message.h>

#include "message.h"

/* Provided by the engine. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* Called by the engine; defined once for each format of inputs. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

/* Changes the body in place, whose buffer has a capacity of `max_size` bytes, and may choose another version of the
 * message. Returns the new size. */
size_t mutate_body(const kw_message *m, int16_t *version, uint8_t *body, size_t size, size_t max_size,
                   uint64_t *random);

/* A random message of this kind, in a random version of it. */
const kw_message *any_message(kw_message_kind kind, uint64_t *random);
int16_t any_version(const kw_message *m, uint64_t *random);

#endif
