#include "html_document.hpp"

#include <openssl/sha.h>

#include "server/http/gzip.hpp"
#include "server/http/negotiation.hpp"
#include "server/http/syntax.hpp"

namespace lanewise::server {
namespace {

std::string sha256(std::string_view data) {
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(data.data()), data.size(),
           reinterpret_cast<unsigned char*>(digest.data()));
    return digest;
}

// RFC 4648, 4.
std::string base64(std::string_view bytes) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        std::uint32_t group = 0;
        for (std::size_t i = at; i < at + 3; ++i) {
            group = group << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U);
        }
        for (std::size_t i = 0; i < 4; ++i) {
            text += at + i > bytes.size() ? '=' : digits[group >> (18 - 6 * i) & 63];
        }
    }
    return text;
}

std::size_t find_ignoring_case(std::string_view text, std::string_view what, std::size_t from) {
    for (auto at = from; at + what.size() <= text.size(); ++at) {
        if (syntax::equal_ignoring_case(text.substr(at, what.size()), what)) return at;
    }
    return std::string_view::npos;
}

// The end of the tag that begins at `at`: a > that no quotes hold.
std::size_t end_of_tag(std::string_view html, std::size_t at) {
    char quote = 0;
    for (; at < html.size(); ++at) {
        const char c = html[at];
        if (quote != 0) {
            if (c == quote) quote = 0;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '>') {
            return at + 1;
        }
    }
    return std::string_view::npos;
}

// Browsers hash what they parsed, and a parser turns CR LF into LF.
std::string with_plain_line_ends(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\r') {
            result += text[i];
        } else if (!text.substr(i + 1).starts_with('\n')) {
            result += '\n';
        }
    }
    return result;
}

// Source expressions of what stands between <element …> and </element; 'none' if there is none.
std::string hashes_of(std::string_view html, std::string_view element) {
    const auto open = "<" + std::string{element};
    const auto close = "</" + std::string{element};
    std::string list;
    for (std::size_t at = 0;;) {
        at = find_ignoring_case(html, open, at);
        if (at == std::string_view::npos) break;
        at += open.size();
        // <scripture> is another element.
        if (at < html.size() &&
            std::string_view(" \t\r\n\f/>").find(html[at]) == std::string_view::npos)
            continue;
        const auto begin = end_of_tag(html, at);
        if (begin == std::string_view::npos) break;
        const auto end = find_ignoring_case(html, close, begin);
        if (end == std::string_view::npos) break;
        const auto source = " " + hash_source(html.substr(begin, end - begin));
        if (end > begin && list.find(source) == std::string::npos) list += source;
        at = end;
    }
    return list.empty() ? " 'none'" : list;
}

resource representation(std::string body, const std::string& fields) {
    resource made;
    made.content_type = "text/html; charset=utf-8";
    made.fields = fields;
    made.tag = tag_of(body);
    made.body = std::move(body);
    prepare(made);
    return made;
}

}  // namespace

std::string hash_source(std::string_view text) {
    return "'sha256-" + base64(sha256(with_plain_line_ends(text))) + "'";
}

std::string content_policy(std::string_view html, origin from) {
    std::string policy = "default-src 'none'; script-src" + hashes_of(html, "script") +
                         "; style-src" + hashes_of(html, "style");
    // A style attribute runs nothing, and a report that can ask nobody tells nobody.
    policy += from == origin::page ? "; connect-src 'self'" : "; style-src-attr 'unsafe-inline'";
    return policy + "; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

html_document make_html_document(std::string html, origin from, const std::string& fields) {
    // Always asked again: the next reply may be another pod's, whose page has other facts.
    const auto head =
        "Vary: Accept, Accept-Encoding\r\nCache-Control: no-cache\r\nReferrer-Policy: "
        "no-referrer\r\n"
        "Content-Security-Policy: " +
        content_policy(html, from) + "\r\n" + fields;
    auto compressed = gzip(html);
    return {.plain = representation(std::move(html), head),
            .gzipped = representation(std::move(compressed), head + "Content-Encoding: gzip\r\n")};
}

const resource& html_document::for_client(const request& head) const {
    return accepts_coding(head.accept_encoding.text(), "gzip") ? gzipped : plain;
}

}  // namespace lanewise::server
