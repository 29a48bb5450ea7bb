/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_FIX_CHECKSUMS_H
#define FUZZ_FIX_CHECKSUMS_H

#include <stddef.h>
#include <stdint.h>

/* Corrects the checksums of consecutive batches from the start, so that code behind the check is reached. Messages
 * inside a compressed one stay as they are. */
void fix_checksums(uint8_t *records, size_t size);

#endif
