// Work that services do, as subjects of sweeps beside the kernels.
#pragma once

#include <string>
#include <vector>

#include "bench/measure/sweep_subjects.hpp"
#include "kernels/machine/machine.hpp"

namespace lanewise::bench {

/// All of it, with data so large that so many threads may run at once. Its data stay from one
/// repetition to the next, for each thread its own.
[[nodiscard]] std::vector<subject> services_of(const machine::facts& facts, bool quick,
                                               std::size_t threads);

/// Writes what is compressed and parsed into files of this folder, for other programs to be
/// measured on. Throws std::system_error.
void write_samples(const std::string& folder);

}  // namespace lanewise::bench
