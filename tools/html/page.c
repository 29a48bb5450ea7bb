/* SPDX-License-Identifier: Apache-2.0 */
#include "page.h"

#include <string.h>

#include <kwire/kafka_release.h>
#include <kwire/version.h>

#include "html_assets.h"

static void put_meta(html *h, const char *name, const char *content)
{
    html_empty(h, "meta");
    html_attribute(h, "name", name);
    html_attribute(h, "content", content);
    html_line(h);
}

static void put_style(html *h, const char *css)
{
    html_open(h, "style");
    html_markup(h, css, strlen(css));
    html_close(h);
    html_line(h);
}

static void put_policy(html *h, const html_assets *own)
{
    html_empty(h, "meta");
    html_attribute(h, "http-equiv", "Content-Security-Policy");
    html_attribute_format(h, "content",
                          "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src '%s'%s%s%s; "
                          "base-uri 'none'; form-action 'none'",
                          html_assets_of_all.script_hash, own != NULL ? " '" : "", own != NULL ? own->script_hash : "",
                          own != NULL ? "'" : "");
    html_line(h);
}

void html_page_script(html *h, const char *code)
{
    html_open(h, "script");
    html_markup(h, code, strlen(code));
    html_close(h);
    html_line(h);
}

static void put_icon(html *h)
{
    html_empty(h, "link");
    html_attribute(h, "rel", "icon");
    html_attribute(h, "href", "data:,");
    html_line(h);
}

static void put_head(html *h, const html_page *page)
{
    html_open(h, "head");
    html_line(h);
    html_empty(h, "meta");
    html_attribute(h, "charset", "utf-8");
    html_line(h);
    put_policy(h, page->own);
    put_meta(h, "viewport", "width=device-width, initial-scale=1");
    put_meta(h, "color-scheme", "light dark");
    put_icon(h);
    html_element(h, "title", NULL, page->title);
    html_line(h);
    put_style(h, html_assets_of_all.style);
    if (page->own != NULL)
        put_style(h, page->own->style);
    if (page->style_unscripted != NULL) {
        html_open(h, "noscript");
        put_style(h, page->style_unscripted);
        html_close(h);
    }
    html_close(h);
    html_line(h);
}

static void put_skip_link(html *h)
{
    html_open(h, "a");
    html_attribute(h, "class", "skip");
    html_attribute(h, "href", "#content");
    html_text(h, "Skip to the content");
    html_close(h);
}

void html_page_start(html *h, const html_page *page)
{
    static const char type[] = "<!DOCTYPE html>\n";
    html_markup(h, type, sizeof type - 1);
    html_open(h, "html");
    html_attribute(h, "lang", "en");
    html_line(h);
    put_head(h, page);
    html_open(h, "body");
    html_line(h);
    put_skip_link(h);
    html_open(h, "header");
    if (page->home != NULL) {
        html_open(h, "nav");
        html_attribute(h, "aria-label", "Start page");
        html_link(h, page->home, page->home_text);
        html_close(h);
    }
    html_element(h, "h1", NULL, page->title);
    html_close(h);
    html_line(h);
    html_open(h, "main");
    html_attribute(h, "id", "content");
    html_line(h);
}

void html_page_end(html *h)
{
    html_line(h);
    html_close(h); /* main */
    html_open(h, "footer");
    html_format(h, "Made by kwire %s from the protocol of Apache Kafka %s.", kw_version(), KW_KAFKA_RELEASE);
    html_close(h);
    html_page_script(h, html_assets_of_all.script);
    html_close(h); /* body */
    html_close(h); /* html */
    html_line(h);
    html_flush(h);
}
