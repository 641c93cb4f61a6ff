// A kernel with its arrays at one size: what a bench calls, whatever the kernel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data_pool.hpp"
#include "kernels/catalogue.hpp"
#include "kernels/machine/machine.hpp"

namespace lanewise::bench {

/// A level of the memory hierarchy and the bytes of data that belong into it.
struct level {
    std::string name;  ///< L1, L2, L3, DRAM
    std::size_t bytes;
};

/// Half of each cache, and a multiple of the last one for DRAM. Where the caches are not known:
/// common sizes. What a cgroup's memory limit has no room for is left out: beyond the limit a
/// process is killed, not refused.
[[nodiscard]] std::vector<level> levels_of(const machine::facts& facts, bool quick);

/// A level that levels_of leaves out, and the limit that a run with it would need.
struct level_left_out {
    level what;
    std::uint64_t limit_bytes_needed;
};
[[nodiscard]] std::vector<level_left_out> levels_left_out(const machine::facts& facts, bool quick);

/// What the cgroup's memory limit leaves beside the program itself; nullopt: no limit.
[[nodiscard]] std::optional<std::uint64_t> memory_beside_program(const machine::facts& facts);

/// The most bytes that each of so many threads may have in one call's arrays under the cgroup's
/// memory limit; nullopt: no limit.
[[nodiscard]] std::optional<std::size_t> bytes_of_call_max(const machine::facts& facts,
                                                           std::size_t threads);

/// Parameters whose arrays together come closest to `bytes` without passing it: those that size an
/// array and have no default grow together; the others keep their default. nullopt: even the
/// smallest call is larger.
[[nodiscard]] std::optional<std::vector<std::uint64_t>> parameters_for(
    const kernels::kernel& kernel, std::size_t bytes);

/// What one call of a kernel comes to, without its data.
struct call_size {
    double items;
    double bytes;      ///< read and written
    std::string text;  ///< of its parameters: "n:4096", "n:4096/k:10"
};
[[nodiscard]] call_size size_of_call(const kernels::kernel& kernel,
                                     const std::vector<std::uint64_t>& parameters);

/// Its arrays lie in the pool, which other workloads use in turn.
class workload {
public:
    workload(const kernels::kernel& kernel, std::vector<std::uint64_t> parameters, data_pool& pool);

    void run(const kernels::variant& variant) const;

    [[nodiscard]] const call_size& size() const noexcept { return size_; }

private:
    struct release {
        void operator()(void* memory) const noexcept { std::free(memory); }
    };

    const kernels::kernel* kernel_;
    std::vector<std::uint64_t> parameters_;
    call_size size_;
    std::vector<const void*> inputs_;
    std::vector<void*> outputs_;
    std::unique_ptr<void, release> scratch_;
};

/// Calls that take about this long, by the fastest of a few trials; at least 1.
[[nodiscard]] std::int64_t calls_for(const workload& work, const kernels::variant& variant,
                                     double seconds);

}  // namespace lanewise::bench
