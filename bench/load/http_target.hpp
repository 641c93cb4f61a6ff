// Where load is sent: a URL taken apart, and single requests that ask who is there.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lanewise::bench {

struct http_target {
    std::string host;
    std::string port;
    std::string path;  ///< with the query
    std::string url;   ///< as it was given
};

/// "http://host:port/path"; throws std::invalid_argument that says what would be right.
[[nodiscard]] http_target parse_url(const std::string& url);

/// A whole GET request; `fields` are further lines, each with its end.
[[nodiscard]] std::string request_text(const http_target& target, std::string_view path,
                                       std::string_view fields = {});

/// Its addresses; throws std::runtime_error where it has none.
[[nodiscard]] boost::asio::ip::tcp::resolver::results_type resolve(const http_target& target);

struct http_reply {
    int status;
    std::string body;
};

/// One request on a connection of its own, within a few seconds; nullopt where that fails.
[[nodiscard]] std::optional<http_reply> fetch(const http_target& target, std::string_view path);

/// Whether this machine itself listens there.
[[nodiscard]] bool is_local(const http_target& target);

}  // namespace lanewise::bench
