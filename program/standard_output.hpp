// Output that is lost is an error: the one place where both programs see to it.
#pragma once

#include <string_view>

namespace lanewise::program {

/// The exit status of a program that ends now: the given one, or 1 and a sentence on standard error
/// where it was 0 and some of what was printed to standard output did not arrive.
[[nodiscard]] int checked_exit(std::string_view program, int status);

}  // namespace lanewise::program
