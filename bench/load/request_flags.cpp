#include "request_flags.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/core/string.hpp>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace lanewise::bench {
namespace {

constexpr std::size_t body_bytes_max = 64 << 20;
constexpr std::size_t field_bytes_max = 64 << 10;

constexpr std::array<std::string_view, 8> known_methods{"GET",    "HEAD",    "POST",  "PUT",
                                                        "DELETE", "OPTIONS", "PATCH", "TRACE"};

/// RFC 9110, 5.6.2.
bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char one) {
        return std::isalnum(static_cast<unsigned char>(one)) != 0 ||
               std::string_view{"!#$%&'*+-.^_`|~"}.find(one) != std::string_view::npos;
    });
}

std::string in_lower_case(std::string_view text) {
    std::string lower{text};
    for (auto& one : lower) one = static_cast<char>(std::tolower(static_cast<unsigned char>(one)));
    return lower;
}

std::string_view without_blanks_around(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string read_body(const std::string& text) {
    if (!text.starts_with('@')) return text;
    const auto name = text.substr(1);
    const auto wrong = [&](const std::string& what) {
        return std::invalid_argument{"--body @" + name + ": " + what +
                                     "; @ is followed by the name of a file, text stands alone"};
    };
    std::error_code error;
    if (std::filesystem::is_directory(name, error)) throw wrong("is a directory");
    std::ifstream file{name, std::ios::binary};
    if (!file) throw wrong(std::strerror(errno));
    std::string body;
    std::array<char, 64 << 10> piece;
    while (file.read(piece.data(), piece.size()) || file.gcount() > 0) {
        body.append(piece.data(), static_cast<std::size_t>(file.gcount()));
        if (body.size() > body_bytes_max) throw wrong("holds more than 64 MiB");
    }
    if (file.bad()) throw wrong("can't be read to its end");
    return body;
}

/// Three digits; -1 where there are none.
int status_of(std::string_view text) {
    const bool digits = text.size() == 3 && std::ranges::all_of(text, [](char one) {
                            return std::isdigit(static_cast<unsigned char>(one)) != 0;
                        });
    return digits ? std::stoi(std::string{text}) : -1;
}

}  // namespace

std::string read_method(const std::string& text) {
    const auto wrong = [&](const std::string& what) {
        return std::invalid_argument{"--method \"" + text + "\" " + what};
    };
    if (!is_token(text)) throw wrong("is no method; one looks like GET or POST");
    if (text == "CONNECT") throw wrong("opens a tunnel, which no load can be sent through here");
    for (const auto known : known_methods) {
        if (text != known && boost::beast::iequals(text, std::string{known}))
            throw wrong("is not " + std::string{known} + ": methods are told apart by case");
    }
    return text;
}

header_field read_header(const std::string& text) {
    // What is wrong is named without the value, which may be a secret.
    const auto colon = text.find(':');
    const std::string name = text.substr(0, colon);
    const auto wrong = [&](const std::string& what) {
        std::string shown;
        for (const char one : name.substr(0, 100))
            shown += one >= ' ' && one <= '~' ? std::string{one} : "?";
        return std::invalid_argument{"--header \"" + shown + "\": " + what};
    };
    if (colon == std::string::npos)
        throw wrong("has no colon; a header looks like \"Accept: application/json\"");
    if (!is_token(name)) {
        throw wrong(
            "is no name of a field: letters, digits and -, without blanks before the "
            "colon");
    }
    const std::string value{without_blanks_around(std::string_view{text}.substr(colon + 1))};
    const bool breaks = std::ranges::any_of(value, [](char one) {
        return (static_cast<unsigned char>(one) < ' ' && one != '\t') || one == '\x7f';
    });
    if (breaks) throw wrong("its value holds a line end or another control character");
    if (value.size() > field_bytes_max) throw wrong("its value is longer than 64 KiB");
    if (boost::beast::iequals(name, "Content-Length") ||
        boost::beast::iequals(name, "Transfer-Encoding")) {
        throw wrong("says how long the body is, which the bench says itself; leave it out");
    }
    if (boost::beast::iequals(name, "Host") && value.empty())
        throw wrong("is empty; a host looks like \"Host: example.org\"");
    return {name, value};
}

std::vector<status_range> read_success(const std::string& text) {
    const auto wrong = [&] {
        return std::invalid_argument{
            "--expect \"" + text +
            "\" is no status from 200 to 599; it looks like 200, 2xx or 200-299,404"};
    };
    std::vector<status_range> ranges;
    std::size_t start = 0;
    while (start <= text.size()) {
        const auto comma = std::min(text.find(',', start), text.size());
        const auto one = without_blanks_around(std::string_view{text}.substr(start, comma - start));
        start = comma + 1;
        status_range range;
        if (one.size() == 3 && in_lower_case(one.substr(1)) == "xx") {
            range = {(one[0] - '0') * 100, (one[0] - '0') * 100 + 99};
        } else if (const auto dash = one.find('-'); dash != std::string_view::npos) {
            range = {status_of(one.substr(0, dash)), status_of(one.substr(dash + 1))};
        } else {
            range = {status_of(one), status_of(one)};
        }
        if (range.first < 200 || range.last > 599 || range.first > range.last) throw wrong();
        ranges.push_back(range);
    }
    return ranges;
}

prepared_request read_request(const request_flags& flags) {
    prepared_request request;
    if (flags.body) request.body = read_body(*flags.body);
    request.method = flags.method ? read_method(*flags.method) : flags.body ? "POST" : "GET";
    if (request.method == "TRACE" && flags.body)
        throw std::invalid_argument{"--body: a TRACE has none"};
    std::size_t hosts = 0;
    for (const auto& text : flags.headers) {
        request.fields.push_back(read_header(text));
        hosts += boost::beast::iequals(request.fields.back().name, "Host") ? 1 : 0;
    }
    if (hosts > 1) throw std::invalid_argument{"--header \"Host\": a request has one"};
    if (flags.expect) request.success = read_success(*flags.expect);
    return request;
}

bool is_secret(std::string_view field) {
    constexpr std::array<std::string_view, 8> signs{"auth",   "cookie",   "token",   "key",
                                                    "secret", "password", "session", "credential"};
    const auto lower = in_lower_case(field);
    return std::ranges::any_of(
        signs, [&](std::string_view sign) { return lower.find(sign) != std::string::npos; });
}

}  // namespace lanewise::bench
