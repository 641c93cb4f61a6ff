// What sweeps measure: the machine's limits, and each kernel with data of each level.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "crew.hpp"
#include "data_pool.hpp"
#include "kernels/kernels.hpp"
#include "kernels/machine/machine.hpp"
#include "sweeps.hpp"

namespace lanewise::bench {

/// Makes a task with its data in the memory of the thread that runs it.
using placed_maker = std::function<std::unique_ptr<task>(data_pool& memory)>;

/// What is measured, wherever it is placed.
struct subject {
    std::string kind;  ///< kernel, multiply_add, read
    std::string name;
    std::string level;
    std::string parameters;
    double operations_per_item;
    double bytes_per_item;
    placed_maker make;
};

/// All that the options ask for; data are sized so that so many threads may run at once.
[[nodiscard]] std::vector<subject> subjects_of(const machine::facts& facts,
                                               const sweep_options& options,
                                               const kernels::variant& variant,
                                               std::size_t threads);

/// The busiest neighbour for memory: reads so many bytes, far beyond every cache.
[[nodiscard]] placed_maker memory_hog(const kernels::variant& variant, std::size_t bytes);

}  // namespace lanewise::bench
