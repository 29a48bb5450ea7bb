/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_CONFIG_SETTINGS_PAGE_H
#define SERVER_CONFIG_SETTINGS_PAGE_H

#include <stdio.h>

/* The page on all settings that Kafka documents, in Markdown: docs/settings.md. */
void print_settings_page(FILE *out);

#endif
