// How old the CPU of an instance is: the table of generations.csv. A verdict on machines of unlike
// age tells years from each other, not architectures.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "claims_cost.hpp"

namespace lanewise::bench {

struct cpu_generation {
    std::string cpu;
    std::chrono::year_month released;
    std::string source;
};

/// The CPU of an instance such as m7g.xlarge; nullopt: the table does not know it.
[[nodiscard]] std::optional<cpu_generation> generation_of(const std::string& instance);

/// One sentence for each two pools of these works that are compared and whose CPUs came out more
/// than twelve months apart.
[[nodiscard]] std::vector<std::string> generation_warnings(std::span<const work_claims> works);

}  // namespace lanewise::bench
