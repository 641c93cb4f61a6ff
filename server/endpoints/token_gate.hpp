// The bearer token (RFC 6750) that the kernels ask for where --token-file is set.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "watched_file.hpp"

namespace lanewise::server {

class token_gate {
public:
    /// Reads the file; an empty path opens the gate for all. Throws std::runtime_error if there is
    /// no token in it, which names the setting.
    explicit token_gate(std::string path, const std::string& setting = "--token-file");

    /// Whether an Authorization field's text carries the token. A near miss takes as long as a
    /// wide miss.
    [[nodiscard]] bool admits(std::string_view authorization) const;

    /// Reads the file again if it has changed, as a mounted Secret does. A file that has become
    /// unreadable or empty changes nothing. Call from one thread; true if there is a new token.
    bool refresh();

private:
    watched_file file_;
    std::atomic<std::shared_ptr<const std::string>> token_;
};

}  // namespace lanewise::server
