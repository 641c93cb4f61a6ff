// Our kernels beside other libraries'.
#pragma once

#include "contest.hpp"

namespace lanewise::peers {

/// Prints the table of all kernels and sizes that the options ask for.
void run_contests(const options& chosen);

}  // namespace lanewise::peers
