#include "sweep_subjects.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "kernels/catalogue.hpp"
#include "peaks.hpp"

namespace lanewise::bench {
namespace {

class kernel_task : public task {
public:
    kernel_task(const kernels::kernel& kernel, const std::vector<std::uint64_t>& parameters,
                const kernels::variant& on, data_pool& memory)
        : work_{kernel, parameters, memory}, on_{&on} {}
    double call(std::int64_t times) override {
        for (std::int64_t i = 0; i < times; ++i) work_.run(*on_);
        return work_.size().items * static_cast<double>(times);
    }

private:
    workload work_;
    const kernels::variant* on_;
};

class multiply_add_task : public task {
public:
    explicit multiply_add_task(const peak_loops& loops) : loops_{&loops} {}
    double call(std::int64_t times) override { return loops_->multiply_add(times * 64); }

private:
    const peak_loops* loops_;
};

class read_task : public task {
public:
    read_task(const peak_loops& loops, std::size_t bytes, data_pool& memory)
        : loops_{&loops}, bytes_{bytes}, data_{memory.inputs(kernels::element_type::f32, bytes)} {}
    double call(std::int64_t times) override {
        double read = 0;
        for (std::int64_t i = 0; i < times; ++i) read += loops_->read(data_, bytes_);
        return read;
    }

private:
    const peak_loops* loops_;
    std::size_t bytes_;
    const void* data_;
};

/// A quick run has time for the limits and for kernels where memory does not bind them.
bool measured_in(const level& at, bool quick, bool kernel) {
    if (!quick || at.name == "L1") return true;
    return !kernel && at.name == "DRAM";
}

/// Arithmetic of one call at most: a few tenths of a second on one core. What is beyond, such as a
/// product of matrices that fill DRAM, says no more than the smaller sizes.
constexpr double operations_max = 1.6e10;

}  // namespace

std::size_t bytes_per_thread(const machine::facts& facts, const level& at, std::size_t threads) {
    std::size_t bytes = at.bytes;
    if (at.name == "DRAM") {
        const auto memory = facts.memory_bytes.value_or(at.bytes * 4) / 4;
        bytes = std::min<std::size_t>(at.bytes, std::max(memory, at.bytes) / threads);
    }
    for (const auto& cache : facts.caches) {
        if (at.name == "L" + std::to_string(cache.level)) {
            bytes /=
                std::min(threads, static_cast<std::size_t>(std::max(1, cache.threads_sharing)));
        }
    }
    if (const auto room = bytes_of_call_max(facts, threads)) bytes = std::min(bytes, *room);
    return std::max<std::size_t>(bytes, 4096);
}

std::vector<subject> subjects_of(const machine::facts& facts, const sweep_options& options,
                                 const kernels::variant& variant, std::size_t threads) {
    const auto& loops = peak_loops_for(variant.register_bits);
    std::vector<subject> found{
        {"multiply_add", "multiply_add", "registers", "", 1, 0,
         [&loops](data_pool&) { return std::make_unique<multiply_add_task>(loops); }, "arithmetic",
         "elements"}};
    for (const auto& at : levels_of(facts, options.quick)) {
        if (!measured_in(at, options.quick, false)) continue;
        const auto bytes = bytes_per_thread(facts, at, threads);
        found.push_back({"read", "read", at.name, "", 0, 1,
                         [&loops, bytes](data_pool& memory) {
                             return std::make_unique<read_task>(loops, bytes, memory);
                         },
                         "arithmetic", "elements"});
    }
    for (const auto& kernel : kernels::catalogue()) {
        if (!options.kernels.empty() &&
            std::ranges::find(options.kernels, kernel.name) == options.kernels.end())
            continue;
        for (const auto& at : levels_of(facts, options.quick)) {
            if (!measured_in(at, options.quick, true)) continue;
            const auto parameters = parameters_for(kernel, bytes_per_thread(facts, at, threads));
            if (!parameters) continue;
            const auto size = size_of_call(kernel, *parameters);
            if (size.items * kernel.operations_per_item > operations_max) continue;
            found.push_back({"kernel", std::string{kernel.name}, at.name, size.text,
                             kernel.operations_per_item, size.bytes / size.items,
                             [&kernel, parameters = *parameters, &variant](data_pool& memory) {
                                 return std::make_unique<kernel_task>(kernel, parameters, variant,
                                                                      memory);
                             },
                             "arithmetic", "elements"});
        }
    }
    return found;
}

placed_maker memory_hog(const kernels::variant& variant, std::size_t bytes) {
    const auto& loops = peak_loops_for(variant.register_bits);
    return [&loops, bytes](data_pool& memory) {
        return std::make_unique<read_task>(loops, bytes, memory);
    };
}

}  // namespace lanewise::bench
