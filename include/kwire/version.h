/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_VERSION_H
#define KWIRE_VERSION_H

/* The only place that states the version: the build, kwire.pc and the soname read it from here. */

#include <kwire/export.h>

/* Release number, semantic versioning. */
#define KW_VERSION_MAJOR 0
#define KW_VERSION_MINOR 1
#define KW_VERSION_PATCH 0

/* Number of the binary interface, the suffix of the soname. It is incremented with every incompatible change:
 *   0: first release */
#define KW_ABI_VERSION 0

KW_BEGIN_DECLS

/* The version of the library that is linked at run time, "MAJOR.MINOR.PATCH". Static storage. */
KW_API const char *kw_version(void);

KW_END_DECLS
#endif
