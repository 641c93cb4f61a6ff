// What a curl command line takes from beside it: files, and the parts of a form.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "multipart.hpp"

namespace lanewise::bench::workloads {

/// Why a command is left out.
struct refused : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Text of the input that may be shown: short, printable.
[[nodiscard]] std::string shown(std::string_view text);

/// A regular file's bytes; throws refused.
[[nodiscard]] std::string file_content(const std::string& path);

/// "name=content", "name=@file;type=...;filename=...", "name=<file". literal: as --form-string.
[[nodiscard]] form_part form_part_of(std::string_view text, bool literal);

}  // namespace lanewise::bench::workloads
