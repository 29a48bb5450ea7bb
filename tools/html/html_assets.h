/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_HTML_ASSETS_H
#define TOOLS_HTML_ASSETS_H

/* A style and a script, written by embed.py. */

typedef struct html_assets {
    const char *style;
    const char *script;
    const char *script_hash; /* as in a Content-Security-Policy: "sha256-..." */
} html_assets;

/* Of all pages: style.css and script.js. */
extern const html_assets html_assets_of_all;

#endif
