#include "request_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "kernels/kernels.hpp"

namespace lanewise::bench::workloads {
namespace {

constexpr std::string_view hex_upper = "0123456789ABCDEF";

char lower_of(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter;
}

bool is_digit(char letter) {
    return letter >= '0' && letter <= '9';
}

bool is_letter(char letter) {
    const char small = lower_of(letter);
    return small >= 'a' && small <= 'z';
}

void append_percent(std::string& to, char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    to += '%';
    to += hex_upper[byte >> 4U];
    to += hex_upper[byte & 15U];
}

}  // namespace

std::string lower(std::string_view text) {
    std::string small{text};
    std::ranges::transform(small, small.begin(), lower_of);
    return small;
}

bool equal_without_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return lower_of(x) == lower_of(y); });
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool is_token(std::string_view text) {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::ranges::all_of(text, [&](char letter) {
        return is_digit(letter) || is_letter(letter) ||
               others.find(letter) != std::string_view::npos;
    });
}

bool is_field_value(std::string_view text) {
    return std::ranges::none_of(text, [](char letter) {
        return (static_cast<unsigned char>(letter) < 0x20 && letter != '\t') || letter == 0x7f;
    });
}

int hex_digit(char digit) noexcept {
    if (is_digit(digit)) return digit - '0';
    const char small = lower_of(digit);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

std::optional<url_parts> split_url(std::string_view url) {
    url_parts parts;
    const auto colon = url.find("://");
    if (colon == std::string_view::npos || colon == 0 || !is_letter(url.front()))
        return std::nullopt;
    for (const char letter : url.substr(0, colon)) {
        if (!is_letter(letter) && !is_digit(letter) && letter != '+' && letter != '-' &&
            letter != '.')
            return std::nullopt;
    }
    parts.scheme = lower(url.substr(0, colon));
    url.remove_prefix(colon + 3);
    if (const auto hash = url.find('#'); hash != std::string_view::npos) {
        parts.has_fragment = true;
        url = url.substr(0, hash);
    }
    const auto end = std::min(url.find_first_of("/?"), url.size());
    auto authority = url.substr(0, end);
    const auto rest = url.substr(end);
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
        parts.user_info = authority.substr(0, at);
        authority.remove_prefix(at + 1);
    }
    auto host = authority;
    std::string_view port;
    // The colons of an IPv6 address stand within brackets.
    const auto last = authority.rfind(':');
    const auto bracket = authority.rfind(']');
    if (last != std::string_view::npos && (bracket == std::string_view::npos || last > bracket)) {
        host = authority.substr(0, last);
        port = authority.substr(last + 1);
    }
    if (authority.starts_with('[') != host.ends_with(']')) return std::nullopt;
    if (host.empty() || host.find_first_of(" \t\"<>\\^`{|}") != std::string_view::npos ||
        (!host.starts_with('[') && host.find(':') != std::string_view::npos))
        return std::nullopt;
    if (!is_utf8(host) || !is_field_value(host)) return std::nullopt;
    if (!std::ranges::all_of(port, is_digit) || port.size() > 5) return std::nullopt;
    if (!port.empty() && (port.find_first_not_of('0') == std::string_view::npos ||
                          std::stoul(std::string{port}) > 65535))
        return std::nullopt;
    if (!port.empty()) port.remove_prefix(port.find_first_not_of('0'));
    const auto own_port = parts.scheme == "https" ? "443" : parts.scheme == "http" ? "80" : "";
    parts.authority = lower(host);
    if (!port.empty() && port != own_port) parts.authority += ":" + std::string{port};
    parts.has_path = rest.starts_with('/');
    parts.target = (parts.has_path ? "" : "/") + encoded_target(rest);
    return parts;
}

std::string encoded_target(std::string_view raw) {
    std::string encoded;
    encoded.reserve(raw.size());
    for (const char letter : raw) {
        const auto byte = static_cast<unsigned char>(letter);
        if (byte <= 0x20 || byte >= 0x7f) {
            append_percent(encoded, letter);
        } else {
            encoded += letter;
        }
    }
    return encoded;
}

std::string percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
        if (low >= 0) {
            decoded += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            decoded += text[i];
        }
    }
    return decoded;
}

std::string form_encoded(std::string_view text) {
    std::string encoded;
    for (const char letter : text) {
        if (is_digit(letter) || is_letter(letter) || letter == '*' || letter == '-' ||
            letter == '.' || letter == '_') {
            encoded += letter;
        } else if (letter == ' ') {
            encoded += '+';
        } else {
            append_percent(encoded, letter);
        }
    }
    return encoded;
}

namespace {
constexpr std::string_view base64_letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
}

std::string to_base64(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        const auto count = std::min<std::size_t>(3, bytes.size() - i);
        for (std::size_t j = 0; j < 3; ++j)
            group = group << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0U);
        for (std::size_t j = 0; j < 4; ++j)
            text += j <= count ? base64_letters[group >> (18 - 6 * j) & 63] : '=';
    }
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    std::string bytes;
    std::uint32_t group = 0;
    int letters = 0, padding = 0;
    for (const char letter : text) {
        if (letter == '\n' || letter == '\r' || letter == ' ' || letter == '\t') continue;
        if (letter == '=') {
            ++padding;
            continue;
        }
        const char plain = letter == '-' ? '+' : letter == '_' ? '/' : letter;
        const auto value = base64_letters.find(plain);
        if (value == std::string_view::npos || padding > 0) return std::nullopt;
        group = (group << 6 | static_cast<std::uint32_t>(value)) & 0xffffff;
        if (++letters % 4 == 0) {
            bytes += static_cast<char>(group >> 16);
            bytes += static_cast<char>(group >> 8 & 0xff);
            bytes += static_cast<char>(group & 0xff);
        }
    }
    if (letters % 4 == 1 || padding > 2 || (padding > 0 && (letters + padding) % 4 != 0))
        return std::nullopt;
    if (letters % 4 == 2) bytes += static_cast<char>(group >> 4 & 0xff);
    if (letters % 4 == 3) {
        bytes += static_cast<char>(group >> 10 & 0xff);
        bytes += static_cast<char>(group >> 2 & 0xff);
    }
    return bytes;
}

bool is_utf8(std::string_view text) {
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    return kernels::utf8_validate({bytes, text.size()}).valid;
}

bool is_of_connection(std::string_view lower_name) {
    constexpr std::array names{
        std::string_view{"host"},       std::string_view{"content-length"},
        std::string_view{"connection"}, std::string_view{"keep-alive"},
        std::string_view{"te"},         std::string_view{"transfer-encoding"},
        std::string_view{"trailer"},    std::string_view{"upgrade"},
        std::string_view{"expect"},     std::string_view{"http2-settings"},
        std::string_view{"via"},        std::string_view{"proxy-connection"},
        std::string_view{"forwarded"}};
    return std::ranges::find(names, lower_name) != names.end() ||
           lower_name.starts_with("x-forwarded-") || lower_name.starts_with(':');
}

}  // namespace lanewise::bench::workloads
