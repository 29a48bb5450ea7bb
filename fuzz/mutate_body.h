/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_MUTATE_BODY_H
#define FUZZ_MUTATE_BODY_H

/* Mutations that know what a message is. Bytes changed blindly rarely get past the first length of a message; these
 * change values and encode them, or change the bytes of a field that they know the place of. */

#include <kwire/message.h>

#include "message.h"

/* Of the engine. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* For the engine; defined once for each format of inputs. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

/* Changes the body in place, which has room for `max_size` bytes, and may choose another version of the message.
 * Returns the new size. */
size_t mutate_body(const kw_message *m, int16_t *version, uint8_t *body, size_t size, size_t max_size,
                   uint64_t *random);

/* Any message of this kind, and any version that it has. */
const kw_message *any_message(kw_message_kind kind, uint64_t *random);
int16_t any_version(const kw_message *m, uint64_t *random);

#endif
