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
#include "workload.hpp"

namespace lanewise::bench {

/// Makes a task with its data in the memory of the thread that runs it.
using placed_maker = std::function<std::unique_ptr<task>(data_pool& memory)>;

/// What is measured, wherever it is placed.
struct subject {
    std::string kind;  ///< kernel, service, multiply_add, read
    std::string name;
    std::string level;
    std::string parameters;
    double operations_per_item;
    double bytes_per_item;
    placed_maker make;
    std::string group = "arithmetic";  ///< what it stands for
    std::string unit = "elements";     ///< of its items
    std::size_t bytes_kept = 0;  ///< by its task on each thread, beside the data pool; at most
};

/// All that the options ask for; data are sized so that so many threads may run at once.
[[nodiscard]] std::vector<subject> subjects_of(const machine::facts& facts,
                                               const sweep_options& options,
                                               const kernels::variant& variant,
                                               std::size_t threads);

/// Bytes of one thread's data at a level: threads that share a cache share its half. In DRAM one
/// thread alone has to leave the caches too, as far as all of them have the memory.
[[nodiscard]] std::size_t bytes_per_thread(const machine::facts& facts, const level& at,
                                           std::size_t threads);

/// The busiest neighbour for memory: reads so many bytes, far beyond every cache.
[[nodiscard]] placed_maker memory_hog(const kernels::variant& variant, std::size_t bytes);

}  // namespace lanewise::bench
