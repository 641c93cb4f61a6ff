// Variables of the environment that look like settings and are none: mistakes in a manifest.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lanewise::program {

/// What lanewise-server reads, each without "LANEWISE_": a bench in a pod of the server sees them.
[[nodiscard]] std::span<const std::string_view> variables_of_server();

/// One line for each LANEWISE_ variable of the environment that is not among `known`, with the name
/// that is nearest. What Kubernetes sets for Services named lanewise… is passed over, and so is
/// what our other programs read. Values are not repeated: one may be a secret.
[[nodiscard]] std::vector<std::string> warn_of_unknown_variables(
    const char* const* environment, std::span<const std::string> known);

}  // namespace lanewise::program
