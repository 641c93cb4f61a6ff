// Several URLs in one, as curl writes them: {a,b} and [1-9].
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lanewise::bench::workloads {

/// All that the pattern stands for, in curl's order; nullopt: it is no right pattern, or stands for
/// more than `most`.
[[nodiscard]] std::optional<std::vector<std::string>> expand_globs(std::string_view pattern,
                                                                   std::size_t most);

}  // namespace lanewise::bench::workloads
