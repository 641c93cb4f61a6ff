// Gathers what documents say of nodes into figures of pools: which observations count, and which
// stay out with their reason.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "claims_cost.hpp"
#include "claims_load.hpp"

namespace lanewise::bench {

/// One node's figure as one document has it.
struct observation {
    machine_identity who;
    std::vector<double> rates;          ///< by round
    std::vector<std::string> unranked;  ///< why it may not be ranked; empty: it may
    std::vector<std::string> to_know;   ///< what does not keep it from counting
    std::optional<double> one_per_core;
    std::optional<double> joules;  ///< for each unit of work
    std::string file;
    std::string place;  ///< where it was asked, for a node without a name: a URL; empty: the file
};

class pool_gathering {
public:
    /// `like` names the work; its pools are found from what is observed.
    void add(work_claims like, observation seen);

    /// A pool counts by the observations that may be ranked, as far as there are any; it is not
    /// ranked where there are none, or where its machines are not alike.
    [[nodiscard]] std::vector<work_claims> finish(const price_table& prices) const;

private:
    struct pool_parts {
        std::string pool;
        std::vector<observation> seen;
    };
    struct work_parts {
        work_claims work;
        std::vector<pool_parts> pools;
    };
    [[nodiscard]] static pool_figure figure_of(const pool_parts& parts, const price_table& prices);

    std::vector<work_parts> works_;
};

}  // namespace lanewise::bench
