/* SPDX-License-Identifier: Apache-2.0 */
/* The HTML writer: nesting, attributes, and text that comes from anywhere. */
#include "../../unit/support.h"

#include "../../../tools/html/page.h"

typedef struct made {
    char text[256 * 1024];
    size_t size;
} made;

static made result;
static html page;

static void take(void *context, const void *data, size_t size)
{
    made *m = context;
    assert_true(size < sizeof m->text - m->size);
    memcpy(m->text + m->size, data, size);
    m->size += size;
    m->text[m->size] = '\0';
}

static html *start(void)
{
    result.size = 0;
    result.text[0] = '\0';
    html_init(&page, take, &result);
    return &page;
}

static void made_is(const char *expected)
{
    html_flush(&page);
    assert_string_equal(result.text, expected);
}

static void elements_nest(void **state)
{
    (void)state;
    html *h = start();
    html_open(h, "ul");
    html_attribute(h, "class", "a");
    html_attribute(h, "hidden", NULL);
    html_open(h, "li");
    html_text(h, "x");
    html_empty(h, "br");
    html_link(h, "#there", "y");
    html_close(h);
    html_open(h, "li");
    html_close(h);
    html_close(h);
    html_element(h, "p", NULL, "z");
    html_element(h, "p", "note", "");
    made_is(
        "<ul class=\"a\" hidden><li>x<br><a href=\"#there\">y</a></li><li></li></ul><p>z</p><p class=\"note\"></p>");
}

static void text_is_escaped(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *made;
    } cases[] = {
        {"<script>alert(\"1\")</script>", "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;"},
        {"a & b &amp; 'c'", "a &amp; b &amp;amp; &#39;c&#39;"},
        {"C:\\x", "C:\\x"},
        {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
        {"two\nlines", "two\nlines"},
        {"\x01\t\x7f\x1b[31m", "\\x01\\t\\x7f\\x1b[31m"},
        {"\xff\xc0\xaf\xe2\x82", "\\xff\\xc0\\xaf\\xe2\\x82"},
        {"\xe2\x80\xae"
         "gnp.exe",
         "\\xe2\\x80\\xaegnp.exe"}, /* would be shown from the right to the left */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        html *h = start();
        html_text(h, cases[i].text);
        made_is(cases[i].made);
    }
}

static void attributes_are_escaped(void **state)
{
    (void)state;
    html *h = start();
    html_open(h, "a");
    html_attribute(h, "title", "\" onclick=\"x<>&");
    html_attribute_format(h, "href", "#%d'%s", 7, "\"");
    html_close(h);
    made_is("<a title=\"&quot; onclick=&quot;x&lt;&gt;&amp;\" href=\"#7&#39;&quot;\"></a>");
}

/* Special bytes at every place around the end of the buffer. */
static void text_longer_than_the_buffer(void **state)
{
    (void)state;
    static char text[HTML_BLOCK + 64];
    static char expected[HTML_BLOCK + 128];
    for (size_t at = HTML_BLOCK - 8; at < HTML_BLOCK + 8; at++) {
        memset(text, 'x', sizeof text);
        text[at] = '<';
        text[sizeof text - 1] = '\0';
        memset(expected, 'x', sizeof expected);
        memcpy(expected + at, "&lt;", 4);
        expected[sizeof text + 2] = '\0';
        html_text(start(), text);
        made_is(expected);
    }
}

static void counts(void **state)
{
    (void)state;
    static const struct {
        uint64_t number;
        const char *text;
    } cases[] = {
        {0, "0"}, {999, "999"}, {1000, "1,000"}, {1002003, "1,002,003"}, {UINT64_MAX, "18,446,744,073,709,551,615"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        html_count(start(), cases[i].number);
        made_is(cases[i].text);
    }
}

static void pages_have_a_frame(void **state)
{
    (void)state;
    html *h = start();
    html_page_start(h,
                    &(html_page){.title = "<b>", .home = "index.html", .home_text = "All", .style_unscripted = "a{}"});
    html_element(h, "p", NULL, "content");
    html_page_end(h);
    assert_int_equal(h->depth, 0);
    assert_memory_equal(result.text, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>", 38);
    assert_non_null(strstr(result.text, "<title>&lt;b&gt;</title>"));
    assert_non_null(strstr(result.text, "<h1>&lt;b&gt;</h1>"));
    assert_non_null(strstr(result.text, "<noscript><style>a{}</style>\n</noscript>"));
    assert_non_null(strstr(result.text, "<a href=\"index.html\">All</a>"));
    assert_non_null(strstr(result.text, "<p>content</p>\n</main>"));
    assert_null(strstr(result.text, "://")); /* nothing from elsewhere */
    assert_string_equal(result.text + result.size - 15, "</body></html>\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(elements_nest), TEST(text_is_escaped),    TEST(attributes_are_escaped), TEST(text_longer_than_the_buffer),
        TEST(counts),        TEST(pages_have_a_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
