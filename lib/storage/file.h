/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWI_STORAGE_FILE_H
#define KWI_STORAGE_FILE_H

#include <kwire/storage/file.h>

/* Opens a file for reading. KW_ERR_NO_FILE; KW_ERR_FILE with errno: EINVAL for a folder or device, EFBIG for a file
 * that is larger than the address space. */
KW_NODISCARD kw_status kwi_open_regular(const char *path, int *descriptor, size_t *size);

#endif
