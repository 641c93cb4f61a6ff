// Open-loop HTTP load over sockets: requests leave at their intended times over a bounded number of
// connections, whatever the replies do; one that finds no free connection waits in the generator,
// and that counts as its latency.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load_step.hpp"

namespace lanewise::bench {

struct http_target {
    std::string host;
    std::string port;
    std::string path;  ///< with the query
    std::string url;   ///< as it was given
};

/// "http://host:port/path"; throws std::invalid_argument that says what would be right.
[[nodiscard]] http_target parse_url(const std::string& url);

struct http_reply {
    int status;
    std::string body;
};

/// One request on a connection of its own, within a few seconds; nullopt where that fails.
[[nodiscard]] std::optional<http_reply> fetch(const http_target& target, std::string_view path);

/// Whether this machine itself listens there.
[[nodiscard]] bool is_local(const http_target& target);

/// The hardware threads that the process listening on this port of this machine may use; empty
/// where that can't be seen.
[[nodiscard]] std::vector<int> cpus_of_listener(const std::string& port,
                                                const std::string& root = "/");

struct load_options {
    double rate = 1000;         ///< requests a second
    double seconds = 2;         ///< that count
    double warm_seconds = 0.2;  ///< before them, that do not
    int connections = 64;
    std::vector<int>
        cpus;  ///< one generating thread is pinned to each; empty: one thread, not pinned
    std::uint64_t seed = 1;
};

/// What the counted part of the step came to. Gives up what has no reply two seconds after the last
/// intended send.
[[nodiscard]] step_counts generate_load(const http_target& target, const load_options& options);

}  // namespace lanewise::bench
