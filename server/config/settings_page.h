/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_CONFIG_SETTINGS_PAGE_H
#define SERVER_CONFIG_SETTINGS_PAGE_H

#include <stddef.h>
#include <stdio.h>

/* The names of the settings that this broker honours, in lines of at most `columns`. */
void print_honoured(FILE *out, size_t columns);

/* The page on all settings that Kafka documents, in Markdown: docs/settings.md. */
void print_settings_page(FILE *out);

#endif
