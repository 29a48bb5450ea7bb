/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_REFERENCE_H
#define TOOLS_REFERENCE_H

/* The protocol as pages of HTML. */

/* Writes them to a folder, which is created if it does not exist: index.html, errors.html, and one page for each
 * message. Other files in it stay. A failure ends the program. */
void reference_write(const char *folder);

#endif
