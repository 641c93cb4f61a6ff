#include "refused_line.hpp"

#include <algorithm>

#include "syntax.hpp"

namespace lanewise::server {
namespace {

// Enough to find a client by; a line of the log is at most four times as long.
constexpr std::size_t shown_bytes_max = 1'024;

}  // namespace

refused_line understood(std::string_view head) {
    refused_line result;
    const auto line = head.substr(0, head.find_first_of("\r\n"));
    const auto method = line.substr(0, line.find(' '));
    const bool is_token = std::ranges::all_of(method, [](char c) { return syntax::is_token(c); });
    // Without a space behind it, more of the method may have been to come.
    if (method.empty() || method.size() == line.size() || !is_token) return result;
    result.method = method.substr(0, shown_bytes_max);
    auto target = line.substr(method.size() + 1);
    target = target.substr(0, target.find(' '));
    if (!target.empty()) result.target = target.substr(0, shown_bytes_max);
    return result;
}

}  // namespace lanewise::server
