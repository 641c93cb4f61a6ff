// Claims about kernels: pure functions from documents to figures, each with why it may not be
// ranked.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/documents/document.hpp"
#include "bench/figures/statistics.hpp"

namespace lanewise::bench {

/// Why nothing in this document may be ranked: emulation, throttling, steal, a moving clock. Empty:
/// it may.
[[nodiscard]] std::vector<std::string> reasons_not_to_rank(const document& from);

/// "m7g.4xlarge ip-10-0-0-7", "AMD EPYC": how a report calls the machine of a document.
[[nodiscard]] std::string machine_name(const document& from);

/// The same with the node, where it is known: two documents of one pool are told apart.
[[nodiscard]] std::string machine_and_node(const document& from);

struct kernel_rate {
    std::string kernel, variant, level, parameters;
    estimate items_per_second;
    double bytes_per_second = 0;
    std::optional<std::string>
        unranked;  ///< why this row may not be ranked; the document's reasons come on top
};

/// A spread (MAD over median) above this is too wide to rank.
inline constexpr double spread_bound = 0.05;

/// One for each name of Google Benchmark's rows that has valid repetitions, by kernel and level,
/// the fastest first.
[[nodiscard]] std::vector<kernel_rate> kernel_rates(const document& from);

/// The fastest of the variants of a kernel and level, and by how much it leads the next; nullopt:
/// none may be ranked.
struct kernel_winner {
    std::string kernel, level, variant, runner_up;
    double lead;   ///< 1.4: 40 % faster than the runner-up; 1 where there is none
    bool decided;  ///< their 95 % intervals do not overlap
};
[[nodiscard]] std::vector<kernel_winner> kernel_winners(std::span<const kernel_rate> rates);

}  // namespace lanewise::bench
