// The machine as it stands in a document: lanewise::machine's facts, the kernels' variants and what
// the user named.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "kernels/machine/machine.hpp"

namespace lanewise::bench {

/// What the machine can't tell about itself.
struct labels {
    std::string node;
    std::string pod;
    std::string instance;  ///< instead of DMI's
    std::string pool;
};

/// Fills document's "machine"; each null gets its reason in "notes".
void put_machine(boost::json::object& document, const machine::facts& facts, const labels& given);

/// "0-3,8" of 0 1 2 3 8.
[[nodiscard]] std::string cpu_list(const std::vector<int>& cpus);

}  // namespace lanewise::bench
