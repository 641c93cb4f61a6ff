#include "cpu_times.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace lanewise::bench {

std::optional<cpu_times> cpu_times_of(const std::vector<int>& cpus, const std::string& root) {
    std::ifstream file{root + "proc/stat"};
    const auto ticks_a_second = static_cast<double>(sysconf(_SC_CLK_TCK));
    cpu_times all;
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("cpu") || line.starts_with("cpu ")) continue;
        std::istringstream words{line.substr(3)};
        int cpu = -1;
        double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0,
               steal = 0;
        words >> cpu >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
        if (!words || std::ranges::find(cpus, cpu) == cpus.end()) continue;
        all.idle_seconds += (idle + iowait + steal) / ticks_a_second;
        all.steal_seconds += steal / ticks_a_second;
        ++all.cpus;
    }
    if (all.cpus == 0) return std::nullopt;
    return all;
}

}  // namespace lanewise::bench
