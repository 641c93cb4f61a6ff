// What a program of Google Benchmark wrote by --benchmark_format=json or --benchmark_out, of any
// version.
#pragma once

#include <string>
#include <string_view>

#include "bench/documents/imported_section.hpp"

namespace lanewise::bench {

/// Reads the rows that can be read and says what was left out; throws std::runtime_error, in a
/// sentence that says what is wrong, where no row can be used.
[[nodiscard]] imported_section from_google_benchmark(const std::string& file,
                                                     std::string_view text);

/// The same of a file, "-" is standard input: UTF-8 or UTF-16, plain or compressed by gzip.
[[nodiscard]] imported_section read_google_benchmark(const std::string& file);

}  // namespace lanewise::bench
