// Which parts of a request carry a secret, by their names: a workload goes to colleagues and into
// repositories, so that they are left out unless they are asked for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lanewise::bench::workloads {

/// Authorization, Cookie, and what else is named as a key, a token, a session or a password.
[[nodiscard]] bool is_secret_header(std::string_view lower_name);

/// The logger put this in a value's place, or in a part of it: "[REDACTED]", "***", "Bearer ***".
[[nodiscard]] bool is_redacted(std::string_view value);

/// Takes the parameters that carry secrets out of a target's or a URL's query, in place; their
/// names, as they are written.
[[nodiscard]] std::vector<std::string> take_out_query_secrets(std::string& target);

/// Whether a form or a JSON body has a field that is named as a password or a token.
[[nodiscard]] bool names_a_secret(std::string_view body);

}  // namespace lanewise::bench::workloads
