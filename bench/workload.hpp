// A kernel with its arrays at one size: what a bench calls, whatever the kernel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/catalogue.hpp"
#include "kernels/machine.hpp"

namespace lanewise::bench {

/// A level of the memory hierarchy and the bytes of data that belong into it.
struct level {
    std::string name;  ///< L1, L2, L3, DRAM
    std::size_t bytes;
};

/// Half of each cache, and a multiple of the last one for DRAM. Where the caches are not known:
/// common sizes.
[[nodiscard]] std::vector<level> levels_of(const machine::facts& facts, bool quick);

/// Parameters whose arrays together come closest to `bytes` without passing it: those that size an
/// array and have no default grow together; the others keep their default. nullopt: even the
/// smallest call is larger.
[[nodiscard]] std::optional<std::vector<std::uint64_t>> parameters_for(
    const kernels::kernel& kernel, std::size_t bytes);

class workload {
public:
    workload(const kernels::kernel& kernel, std::vector<std::uint64_t> parameters,
             std::uint64_t seed);

    void run(const kernels::variant& variant) const;

    [[nodiscard]] const kernels::kernel& kernel() const noexcept { return *kernel_; }
    [[nodiscard]] const std::vector<std::uint64_t>& parameters() const noexcept {
        return parameters_;
    }
    [[nodiscard]] double items() const noexcept { return items_; }  ///< of one call
    [[nodiscard]] double bytes() const noexcept {
        return bytes_;
    }  ///< read and written by one call
    [[nodiscard]] std::string parameter_text() const;  ///< "n:4096", "n:4096/k:10"

private:
    struct release {
        void operator()(void* memory) const noexcept { std::free(memory); }
    };
    using buffer = std::unique_ptr<void, release>;
    static buffer allocate(std::size_t bytes);

    const kernels::kernel* kernel_;
    std::vector<std::uint64_t> parameters_;
    std::vector<buffer> inputs_, outputs_;
    std::vector<const void*> input_pointers_;
    std::vector<void*> output_pointers_;
    buffer scratch_;
    double items_ = 0;
    double bytes_ = 0;
};

/// Calls that take about this long, by the fastest of a few trials; at least 1.
[[nodiscard]] std::int64_t calls_for(const workload& work, const kernels::variant& variant,
                                     double seconds);

}  // namespace lanewise::bench
