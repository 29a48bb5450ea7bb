// SPDX-License-Identifier: Apache-2.0
// The only C++ of the broker: RE2 behind three functions. No exception leaves them.
#include "pattern.h"

// MemorySanitizer sees no store of Debian's RE2 and libstdc++. What is compiled here counts as initialized, and as long
// as foreign_code lives it does not check what these give to functions of libc.
#if defined __has_feature
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#pragma clang attribute push(__attribute__((no_sanitize("memory"))), apply_to = function)
#define WITH_MEMORY_SANITIZER 1
#endif
#endif

#include <set>
#include <string>

#include <re2/re2.h>

struct pattern {
    explicit pattern(const re2::StringPiece &text, const RE2::Options &options) : expression(text, options)
    {
    }
    RE2 expression;
};

namespace
{
struct foreign_code {
    foreign_code()
    {
#ifdef WITH_MEMORY_SANITIZER
        __msan_scoped_disable_interceptor_checks();
#endif
    }
    ~foreign_code()
    {
#ifdef WITH_MEMORY_SANITIZER
        __msan_scoped_enable_interceptor_checks();
#endif
    }
    foreign_code(const foreign_code &) = delete;
    foreign_code &operator=(const foreign_code &) = delete;
};

constexpr int64_t MEMORY_OF_ONE = 1 << 20; // of the program and its states; beyond it RE2 refuses or gets slower

re2::StringPiece piece_of(kw_string text)
{
    return text.len > 0 ? re2::StringPiece(text.data, static_cast<size_t>(text.len)) : re2::StringPiece();
}

// The words are those of com.google.re2j, as clients get them from Kafka.
const char *reason_of(RE2::ErrorCode code)
{
    switch (code) {
    case RE2::ErrorBadEscape:
    case RE2::ErrorBadUTF8: // as for "\\x{"
        return "invalid escape sequence";
    case RE2::ErrorBadCharClass:
        return "invalid character class";
    case RE2::ErrorBadCharRange:
        return "invalid character class range";
    case RE2::ErrorMissingBracket:
        return "missing closing ]";
    case RE2::ErrorMissingParen:
        return "missing closing )";
    case RE2::ErrorTrailingBackslash:
        return "trailing backslash at end of expression";
    case RE2::ErrorRepeatArgument:
        return "missing argument to repetition operator";
    case RE2::ErrorRepeatSize:
        return "invalid repeat count";
    case RE2::ErrorRepeatOp:
        return "invalid nested repetition operator";
    case RE2::ErrorBadPerlOp:
        return "invalid or unsupported Perl syntax";
    case RE2::ErrorBadNamedCapture:
        return "invalid named capture";
    case RE2::ErrorPatternTooLarge:
        return "expression too large";
    default:
        return "regexp/syntax: internal error";
    }
}
// What re2j reads otherwise than RE2: (?<name>) is a group as well, names are distinct, and \\C is refused.
class translation
{
  public:
    explicit translation(const re2::StringPiece &text) : rest(text)
    {
        while (why == nullptr && !rest.empty())
            step();
    }
    const char *why = nullptr; // it is not valid
    std::string text;          // for RE2

  private:
    re2::StringPiece rest;
    bool in_class = false;
    std::set<std::string> names;

    void take(size_t count)
    {
        text.append(rest.data(), count);
        rest.remove_prefix(count);
    }
    void quote()
    {
        size_t end = rest.find("\\E", 2);
        take(end != re2::StringPiece::npos ? end + 2 : rest.size());
    }
    void name(size_t start)
    {
        size_t end = rest.find('>', start);
        if (start == 3 && rest.size() > 3 && (rest[3] == '=' || rest[3] == '!'))
            why = "invalid named capture";
        else if (end != re2::StringPiece::npos && !names.insert(std::string(rest.substr(start, end - start))).second)
            why = "duplicate capture group name";
        text += "(?P<";
        rest.remove_prefix(start);
    }
    // The first ']' of a class is an item.
    void open_class()
    {
        in_class = true;
        take(rest.size() > 1 && rest[1] == '^' ? 2 : 1);
        if (!rest.empty() && rest[0] == ']')
            take(1);
    }
    void step()
    {
        if (rest[0] == '\\' && !in_class && rest.starts_with("\\Q"))
            quote();
        else if (!in_class && rest.starts_with("\\C"))
            why = "invalid escape sequence";
        else if (rest[0] == '\\' && rest.size() > 1)
            take(2);
        else if (in_class && rest.starts_with("[:") && rest.find(":]") != re2::StringPiece::npos)
            take(rest.find(":]") + 2);
        else if (in_class) {
            in_class = rest[0] != ']';
            take(1);
        } else if (rest[0] == '[')
            open_class();
        else if (rest.starts_with("(?P<"))
            name(4);
        else if (rest.starts_with("(?<"))
            name(3);
        else
            take(1);
    }
};
} // namespace

extern "C" enum pattern_status pattern_compile(kw_string text, struct pattern **out, const char **why)
{
    foreign_code scope;
    *out = nullptr;
    try {
        RE2::Options options;
        options.set_log_errors(false);
        options.set_max_mem(MEMORY_OF_ONE);
        translation translated(piece_of(text));
        if (translated.why != nullptr) {
            *why = translated.why;
            return PATTERN_INVALID;
        }
        pattern *made = new pattern(translated.text, options);
        if (made->expression.ok()) {
            *out = made;
            return PATTERN_VALID;
        }
        *why = reason_of(made->expression.error_code());
        delete made;
        return PATTERN_INVALID;
    } catch (...) {
        return PATTERN_NO_MEMORY;
    }
}

extern "C" bool pattern_matches(const struct pattern *p, kw_string name)
{
    foreign_code scope;
    try {
        return RE2::FullMatch(piece_of(name), p->expression);
    } catch (...) {
        return false;
    }
}

extern "C" void pattern_free(struct pattern *p)
{
    foreign_code scope;
    delete p;
}

#ifdef WITH_MEMORY_SANITIZER
#pragma clang attribute pop
#endif
