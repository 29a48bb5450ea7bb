/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIB_WRITER_BACK_H
#define LIB_WRITER_BACK_H

#include <kwire/writer.h>

/* Resets a writer to when it had `size` bytes in its buffer and `extra` others, without an error. */
void kwi_writer_back(kw_writer *w, size_t size, size_t extra);

#endif
