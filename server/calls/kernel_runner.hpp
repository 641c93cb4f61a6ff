// What planning and running kernel calls need, and share. Any thread may use it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "compute.hpp"
#include "generated_inputs.hpp"
#include "server/http/body_pool.hpp"

namespace lanewise::server {

struct kernel_runner {
    body_pool& bodies;
    generated_inputs& generated;
    std::size_t elements_max;
    std::string fields;  // who computes: Lanewise-Arch and the like, each line ended by CR LF
    std::vector<double> nanoseconds_per_item;  // of each kernel in the catalogue, measured at start
    compute_pool* compute = nullptr;           // whose idle threads help; null: none
};

}  // namespace lanewise::server
