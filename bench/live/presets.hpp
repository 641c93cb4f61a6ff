// Which series a kind of server has, and the questions that follow. A preset names selectors, as
// PromQL writes them; a user's own comes from a file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lanewise::bench::live {

struct preset {
    std::string name;
    std::string pool_label;
    std::vector<std::string> target_labels;  ///< what tells one process from another
    std::string requests;                    ///< selector of a counter of requests
    std::string errors;                      ///< of those among them that failed
    std::string durations;                   ///< of a histogram's buckets; empty: none
    double duration_unit_seconds = 1;
    std::string cpu;  ///< of CPU seconds of the same processes; empty: none
    /// Selector of series that exist where a pool is emulated; empty: none.
    std::string emulated;
};

/// The names of the presets that are built in.
[[nodiscard]] std::vector<std::string> preset_names();

/// Throws std::invalid_argument where there is none of the name.
[[nodiscard]] preset preset_named(const std::string& name);

/// A file's: a JSON object with the members of a preset. Throws std::invalid_argument that names
/// the file and the member.
[[nodiscard]] preset parse_preset(const std::string& file, std::string_view text);

/// A selector with more matchers, such as namespace="shop". Throws std::invalid_argument where the
/// selector is none.
[[nodiscard]] std::string with_matchers(const std::string& selector, const std::string& matchers);

/// Throws std::invalid_argument where the text is no name of a label.
void check_label(const std::string& name);

}  // namespace lanewise::bench::live
