#include "idle_time.hpp"

#include "cpu_times.hpp"

namespace lanewise::bench {

std::optional<double> idle_seconds(const std::vector<int>& cpus, const std::string& root) {
    const auto counted = cpu_times_of(cpus, root);
    if (!counted || counted->cpus != cpus.size()) return std::nullopt;
    return counted->idle_seconds;
}

}  // namespace lanewise::bench
