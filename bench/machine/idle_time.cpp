#include "idle_time.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <sstream>

namespace lanewise::bench {

std::optional<double> idle_seconds(const std::vector<int>& cpus, const std::string& root) {
    std::ifstream file{root + "proc/stat"};
    double ticks = 0;
    std::size_t seen = 0;
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("cpu") || line.starts_with("cpu ")) continue;
        std::istringstream words{line.substr(3)};
        int cpu = -1;
        double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0,
               steal = 0;
        words >> cpu >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
        if (!words || std::ranges::find(cpus, cpu) == cpus.end()) continue;
        ticks += idle + iowait + steal;
        ++seen;
    }
    if (seen == 0 || seen != cpus.size()) return std::nullopt;
    return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace lanewise::bench
