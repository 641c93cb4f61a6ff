// Bodies of multipart/form-data (RFC 7578), made of their parts.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "request.hpp"

namespace lanewise::bench::workloads {

struct form_part {
    std::string name;
    std::optional<std::string> file_name;
    std::string content_type;     ///< empty: none is said
    std::vector<header> headers;  ///< more of them
    std::string content;
};

/// The body. content_type: its boundary is used, or else one is made, the same for the same parts,
/// and put there.
[[nodiscard]] std::string multipart_body(const std::vector<form_part>& parts,
                                         std::string& content_type);

}  // namespace lanewise::bench::workloads
