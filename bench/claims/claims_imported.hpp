// What imported benchmarks allow to say: which of them are ranked. Pure functions of a document.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/documents/document.hpp"
#include "bench/figures/statistics.hpp"
#include "claims_load.hpp"

namespace lanewise::bench {

struct imported_rate {
    std::string name, unit;
    std::vector<double> rates;            ///< of the repetitions
    std::optional<estimate> per_second;   ///< none: repetitions lack
    std::optional<double> aggregate;      ///< what the file's own median or mean comes to
    std::optional<std::string> unranked;  ///< why it may not be ranked
};

[[nodiscard]] std::vector<imported_rate> imported_rates(const document& from);

/// Who ran them: the document's machine, else what the file and the user said.
[[nodiscard]] machine_identity importing_machine(const document& from);

}  // namespace lanewise::bench
