#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "bench/figures/format.hpp"
#include "in_groups.hpp"
#include "report_parts.hpp"

namespace lanewise::bench {

std::vector<std::string> commands_of(const std::vector<report_source>& sources) {
    std::vector<std::string> all;
    for (const auto& one : sources) all.push_back(one.command);
    auto commands = in_groups(std::move(all), std::equal_to{});
    std::ranges::stable_sort(commands, std::greater{}, &std::vector<std::string>::size);
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < std::min(commands.size(), handful); ++i)
        lines.push_back(counted(commands[i].size(), "document") + " by: " + commands[i].front());
    if (commands.size() > handful)
        lines.push_back(counted(commands.size() - handful, "further command") +
                        ": each document has its own");
    return lines;
}

}  // namespace lanewise::bench
