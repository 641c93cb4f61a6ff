// What a flag's number may be. The parser's own ranges take a NaN, which is outside of none of
// them.
#pragma once

#include <CLI/CLI.hpp>

namespace lanewise::bench {

/// A number from `least` to `most`, both among them, in plain decimal; NaN is none.
[[nodiscard]] CLI::Validator number_within(double least, double most);

/// The same of whole numbers.
[[nodiscard]] CLI::Validator whole_number_within(long long least, long long most);

}  // namespace lanewise::bench
