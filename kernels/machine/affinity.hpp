// Which hardware threads a thread may run on, on machines of any size: cpu_set_t ends at 1,024.
#pragma once

#include <sys/types.h>

#include <span>
#include <system_error>
#include <vector>

namespace lanewise::machine {

constexpr int cpus_max = 1 << 20;  ///< far beyond what Linux can be configured for

/// In ascending order; empty where the system does not tell. 0 is the calling thread.
[[nodiscard]] std::vector<int> allowed_cpus(pid_t thread = 0);

/// Lets the calling thread run on these only. No error means that it does: a system that takes the
/// call and changes nothing, as some sandboxes do, is one that refuses.
std::error_code confine_to(std::span<const int> cpus);

}  // namespace lanewise::machine
