// What is wrong with a command line, in one line.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace lanewise::bench {

/// One line without its end: the command that the words reached, what is wrong with them, and what
/// would be right. `program` is the whole program, after its parse has thrown `error`.
[[nodiscard]] std::string usage_complaint(const CLI::App& program, const CLI::ParseError& error);

}  // namespace lanewise::bench
