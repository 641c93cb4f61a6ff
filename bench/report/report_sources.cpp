#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "bench/figures/format.hpp"
#include "report_parts.hpp"

namespace lanewise::bench {

std::vector<std::string> commands_of(const std::vector<report_source>& sources) {
    std::vector<std::pair<std::string, std::size_t>> commands;
    for (const auto& one : sources) {
        const auto found =
            std::ranges::find(commands, one.command, &std::pair<std::string, std::size_t>::first);
        if (found == commands.end()) {
            commands.emplace_back(one.command, 1);
        } else {
            ++found->second;
        }
    }
    std::ranges::stable_sort(commands, std::greater{},
                             &std::pair<std::string, std::size_t>::second);
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < std::min(commands.size(), handful); ++i)
        lines.push_back(counted(commands[i].second, "document") + " by: " + commands[i].first);
    if (commands.size() > handful)
        lines.push_back(counted(commands.size() - handful, "further command") +
                        ": each document has its own");
    return lines;
}

}  // namespace lanewise::bench
