// What the kernel counts of hardware threads since it booted (/proc/stat).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace lanewise::bench {

struct cpu_times {
    std::size_t cpus = 0;     ///< of those asked for, how many the file names
    double idle_seconds = 0;  ///< used by nobody, waiting for I/O, or given to other guests
    double steal_seconds = 0;
};

/// Over these hardware threads together; none where the file can't be read or names none of them.
/// root is "/" but in tests.
[[nodiscard]] std::optional<cpu_times> cpu_times_of(const std::vector<int>& cpus,
                                                    const std::string& root);

}  // namespace lanewise::bench
