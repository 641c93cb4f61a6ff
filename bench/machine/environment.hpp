// What disturbed a run: counters of the system before and after, and which of their differences bar
// a ranking.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "bench/documents/environment_section.hpp"
#include "kernels/machine/machine.hpp"

namespace lanewise::bench {

/// Reads files below root; the clock is measured on the thread that calls, in about 5 ms, unless it
/// is told not to.
[[nodiscard]] snapshot observe(const machine::facts& facts, const std::string& root = "/",
                               bool measure_clock = true);

/// What happened between two snapshots. Emulation is one of them from the start.
[[nodiscard]] std::vector<disturbance> disturbances(const machine::facts& facts,
                                                    const snapshot& before, const snapshot& after);

/// The document's "environment"; each null gets its reason in "notes".
void put_environment(boost::json::object& document, const machine::facts& facts,
                     const snapshot& before, const snapshot& after);

}  // namespace lanewise::bench
