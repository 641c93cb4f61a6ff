// One server that is to be measured: asked who it is, tried with each request, and the generator
// kept away from its cores.
#pragma once

#include <boost/json/value.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/documents/http_section.hpp"
#include "destination.hpp"
#include "http_load.hpp"
#include "kernels/machine/machine.hpp"
#include "request_mix.hpp"

namespace lanewise::bench {

struct http_subject {
    load_destination to;
    request_mix mix;
    http_entry entry;                ///< what the document says of it, filled as it is measured
    std::shared_ptr<cpu_meter> cpu;  ///< null: not asked for
    std::optional<double> best;      ///< the rate that was confirmed last
    bool own_cpus = false;           ///< the generator's, whole and for itself alone
};

/// Every server, ready to be loaded. What is wrong with the options throws std::invalid_argument
/// before anything is asked; a server that does not answer as it should, std::runtime_error.
[[nodiscard]] std::vector<http_subject> prepare_subjects(const machine::facts& facts,
                                                         const std::string& node,
                                                         const http_options& options);

}  // namespace lanewise::bench
