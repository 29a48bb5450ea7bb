/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIB_WRITER_BACK_H
#define LIB_WRITER_BACK_H

#include <kwire/writer.h>

/* Back to where a writer was when it had `size` bytes in its buffer and `extra` others. It was sound then, and is so
 * again. */
void kwi_writer_back(kw_writer *w, size_t size, size_t extra);

#endif
