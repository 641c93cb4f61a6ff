// Splits command lines into words as Bash or Windows' cmd would, without running anything: what
// only a shell knows (variables, substitutions) is named instead.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lanewise::bench::workloads {

struct shell_word {
    std::string text;
    /// What would have to be expanded: "$HOST", "$(...)"; the text has it as it stands.
    std::string unexpanded;
};

struct shell_command {
    std::vector<shell_word> words;
    std::size_t line = 1;              ///< where it begins
    std::vector<std::string> cut_off;  ///< "a pipe", "a redirection": what follows is not run
    std::string problem;               ///< such as a quote that is not closed; empty: none
};

enum class shell : unsigned char { bash, cmd };

/// By the signs that only Windows' cmd has: carets that escape, "" within quotes.
[[nodiscard]] shell shell_of(std::string_view text);

/// The commands of a text, several lines of them too. At most `commands_max`; the last one then has
/// a problem that says so.
[[nodiscard]] std::vector<shell_command> split_commands(std::string_view text, shell which);

inline constexpr std::size_t commands_max = 100'000;

}  // namespace lanewise::bench::workloads
