// Requests and successes as people write them on a command line, judged word by word. Each throws
// std::invalid_argument that names the flag, what is wrong and what would be right.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "request_mix.hpp"

namespace lanewise::bench {

struct request_flags {
    std::optional<std::string> method;  ///< none: POST where there is a body, else GET
    std::vector<std::string> headers;   ///< "Name: value"
    std::optional<std::string> body;    ///< the text, or @ and the name of a file that holds it
    std::optional<std::string> expect;  ///< "200", "2xx", "200-299,404"; none: 2xx
};

/// The request that these make; its target is still the root.
[[nodiscard]] prepared_request read_request(const request_flags& flags);

/// "GET", or what else may stand there.
[[nodiscard]] std::string read_method(const std::string& text);

/// "Name: value", without what the generator itself has to say.
[[nodiscard]] header_field read_header(const std::string& text);

/// "200", "2xx", "200-299,404".
[[nodiscard]] std::vector<status_range> read_success(const std::string& text);

/// Whether the value of a field of this name is nobody's but the user's: a password, a token.
[[nodiscard]] bool is_secret(std::string_view field);

}  // namespace lanewise::bench
