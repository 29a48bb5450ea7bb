/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_HTML_ASSETS_H
#define TOOLS_HTML_ASSETS_H

/* Written by embed.py from style.css and script.js. */

extern const char html_style[];
extern const char html_script[];
extern const char html_script_hash[]; /* as in a Content-Security-Policy: "sha256-..." */

#endif
