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

/// What of the services' work fits under the cgroup's memory limit, beside the kernels: beyond the
/// limit a process is killed, not refused.
struct planned_services {
    std::vector<subject> subjects;
    std::vector<std::string> left_out;  ///< a sentence for each work that has no room
    machine::facts beside;              ///< the machine, with the limit that is left for the rest
};

/// The services take half of the limit at most, and no level of the memory away from the kernels.
[[nodiscard]] planned_services plan_services(const machine::facts& facts, bool quick,
                                             std::size_t threads);

/// Writes what is compressed and parsed into files of this folder, for other programs to be
/// measured on. Throws std::system_error.
void write_samples(const std::string& folder);

}  // namespace lanewise::bench
