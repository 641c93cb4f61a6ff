// One line of an access log: which request it says was sent, or why it says none. Text in the
// common and combined formats and whatever follows them, Envoy's default text, JSON of nginx, Envoy
// and others, and lanewise-server's own log in both its forms.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "request.hpp"

namespace lanewise::bench::workloads {

/// As it was logged, its escapes decoded.
struct logged_request {
    std::string method, target;
    std::string host;             ///< lower case; empty: the line does not say
    std::optional<int> status;    ///< of a reply that was sent
    std::vector<header> headers;  ///< those that decide which reply is sent, and secrets
    std::optional<std::string> body;
    std::optional<std::uint64_t> body_bytes;  ///< as the log counts them
    bool has_fragment = false;
};

/// Why a line is no request; the program's own words.
using no_request = std::string_view;

using judged_line = std::variant<logged_request, no_request>;

[[nodiscard]] judged_line judge_log_line(std::string_view line);

/// Undoes nginx's and Apache's escapes, once: \xHH, \", \\ and those of C's control characters.
[[nodiscard]] std::string log_unescaped(std::string_view text);

/// "GET /path HTTP/1.1": method, target and host.
[[nodiscard]] judged_line judge_request_line(std::string_view line);

/// An object, or what a collector wrapped around a line.
[[nodiscard]] judged_line judge_json_line(std::string_view line, int depth = 0);

}  // namespace lanewise::bench::workloads
