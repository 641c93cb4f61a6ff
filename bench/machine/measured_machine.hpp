// The machine as it stands in a document: lanewise::machine's facts, the kernels' variants and what
// the user named.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/documents/machine_section.hpp"
#include "kernels/machine/machine.hpp"

namespace lanewise::bench {

/// What the machine can't tell about itself.
struct labels {
    std::string node;
    std::string pod;
    std::string instance;  ///< instead of DMI's
    std::string pool;
};

[[nodiscard]] machine_section measured_machine(const machine::facts& facts, const labels& given);

/// Why a field of the section is null.
[[nodiscard]] std::string_view reason_not_known(std::string_view field, bool emulated);

/// Fills document's "machine"; each null gets its reason in "notes".
void put_machine(boost::json::object& document, const machine::facts& facts, const labels& given);

/// "0-3,8" of 0 1 2 3 8.
[[nodiscard]] std::string cpu_list(const std::vector<int>& cpus);

}  // namespace lanewise::bench
