// Files that are read whole, and written whole or not at all.
#pragma once

#include <string>
#include <string_view>

namespace lanewise::bench {

/// Replaces the file in one step, or leaves what was there; "-" is standard output, and what is no
/// file, such as a pipe or /dev/null, is written to. Throws std::system_error.
void write_atomically(const std::string& path, std::string_view text);

/// Throws std::system_error where write_atomically would, before anything was measured for it.
void check_output(const std::string& path);

/// All of a file, or of standard input for "-"; throws std::system_error.
[[nodiscard]] std::string read_file(const std::string& path);

}  // namespace lanewise::bench
