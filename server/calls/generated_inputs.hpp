// Inputs made from a seed, kept for the next request, so that a load test measures the kernel and
// not the generator.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "kernels/catalogue.hpp"
#include "server/http/body_pool.hpp"

namespace lanewise::server {

/// The input arrays of one kernel call, one after another, each aligned to 64 bytes.
struct input_arrays {
    body_buffer memory;
    std::vector<const void*> arrays;
};

/// A cache with the least recently used thrown out first, charged to the body pool. Any thread may
/// ask.
class generated_inputs {
public:
    generated_inputs(body_pool& pool, std::size_t bytes_max) : pool_(pool), bytes_max_(bytes_max) {}

    /// The inputs of this kernel, these parameters, this seed; makes them if they are not there.
    outcome<std::shared_ptr<const input_arrays>> get(const kernels::kernel& kernel,
                                                     std::span<const std::uint64_t> parameters,
                                                     std::uint64_t seed);

    [[nodiscard]] bool holds(const kernels::kernel& kernel,
                             std::span<const std::uint64_t> parameters, std::uint64_t seed) const;

    /// Throws out the least recently used; false if there is none.
    bool forget_one();

private:
    struct entry {
        const kernels::kernel* kernel;
        std::vector<std::uint64_t> parameters;
        std::uint64_t seed;
        std::shared_ptr<const input_arrays> inputs;
    };
    std::list<entry>::const_iterator find(const kernels::kernel& kernel,
                                          std::span<const std::uint64_t> parameters,
                                          std::uint64_t seed) const;

    // Entries are searched one by one: a load test asks for one or a few.
    static constexpr std::size_t entries_max = 64;

    body_pool& pool_;
    const std::size_t bytes_max_;
    mutable std::mutex mutex_;
    std::size_t bytes_ = 0;
    std::list<entry> entries_;  // most recently used first
};

}  // namespace lanewise::server
