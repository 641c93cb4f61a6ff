#include "workload.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <new>
#include <utility>

namespace lanewise::bench {
namespace {

std::size_t bytes_of(const kernels::array& array, const std::vector<std::uint64_t>& parameters) {
    const auto count = kernels::extent(array.dimensions, parameters);
    std::size_t bytes = 0;
    return __builtin_mul_overflow(count, kernels::element_bytes(array.type), &bytes) ? SIZE_MAX
                                                                                     : bytes;
}

double bytes_of_call(const kernels::kernel& kernel, const std::vector<std::uint64_t>& parameters) {
    double bytes = 0;
    for (const auto& array : kernel.inputs)
        bytes += static_cast<double>(bytes_of(array, parameters));
    for (const auto& array : kernel.outputs)
        bytes += static_cast<double>(bytes_of(array, parameters));
    return bytes;
}

bool sizes_an_array(const kernels::kernel& kernel, std::size_t parameter) {
    const auto uses = [&](const kernels::array& array) {
        return std::ranges::any_of(array.dimensions, [&](const kernels::dimension& factor) {
            return factor.parameter >= 0 && static_cast<std::size_t>(factor.parameter) == parameter;
        });
    };
    return std::ranges::any_of(kernel.inputs, uses) || std::ranges::any_of(kernel.outputs, uses);
}

double seconds_of(const workload& work, const kernels::variant& variant, std::int64_t calls) {
    const auto start = std::chrono::steady_clock::now();
    for (std::int64_t call = 0; call < calls; ++call) work.run(variant);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;

/// The program itself, its libraries, and the documents that it makes.
constexpr std::uint64_t program_bytes = 48 * mebibyte;

/// A pool keeps an area for each kind of input that any kernel has, one for outputs, and workloads
/// their scratch: each at most as large as one call's arrays.
std::uint64_t areas_of_a_pool() {
    std::vector<const kernels::array*> kinds;
    for (const auto& kernel : kernels::catalogue()) {
        for (const auto& array : kernel.inputs) {
            const bool known = std::ranges::any_of(kinds, [&](const kernels::array* other) {
                return other->type == array.type && other->made_of == array.made_of;
            });
            if (!known) kinds.push_back(&array);
        }
    }
    return kinds.size() + 2;
}

std::uint64_t limit_needed(std::size_t bytes_of_call, std::size_t threads = 1) {
    return program_bytes + areas_of_a_pool() * threads * bytes_of_call;
}

std::vector<level> all_levels_of(const machine::facts& facts, bool quick) {
    std::vector<level> levels;
    std::size_t last = 0;
    for (const auto& cache : facts.caches) {
        levels.push_back(
            {"L" + std::to_string(cache.level), static_cast<std::size_t>(cache.size_bytes) / 2});
        last = static_cast<std::size_t>(cache.size_bytes);
    }
    if (levels.empty()) {
        levels = {{"L1", 16 << 10}, {"L2", 256 << 10}, {"L3", 4 * mebibyte}};
        last = 8 * mebibyte;
    }
    const auto dram = std::clamp(last * (quick ? 2 : 4), 64 * mebibyte, 1024 * mebibyte);
    const auto memory =
        facts.memory_bytes ? static_cast<std::size_t>(*facts.memory_bytes) / 8 : dram;
    levels.push_back({"DRAM", std::max(16 * mebibyte, std::min(dram, memory))});
    // Where a cgroup has less: as much as there is room for, as long as it leaves the last cache.
    if (const auto room = bytes_of_call_max(facts, 1); room && *room < levels.back().bytes)
        levels.back().bytes = std::max(2 * last, *room);
    return levels;
}

}  // namespace

std::optional<std::uint64_t> memory_beside_program(const machine::facts& facts) {
    if (!facts.memory_limit_bytes) return std::nullopt;
    return *facts.memory_limit_bytes -
           std::min<std::uint64_t>(*facts.memory_limit_bytes, program_bytes);
}

std::optional<std::size_t> bytes_of_call_max(const machine::facts& facts, std::size_t threads) {
    const auto room = memory_beside_program(facts);
    if (!room) return std::nullopt;
    return static_cast<std::size_t>(*room / areas_of_a_pool() / std::max<std::size_t>(threads, 1));
}

std::vector<level> levels_of(const machine::facts& facts, bool quick) {
    auto levels = all_levels_of(facts, quick);
    // The smallest is always there: without one there is nothing to measure.
    const auto room = bytes_of_call_max(facts, 1);
    while (room && levels.size() > 1 && levels.back().bytes > *room) levels.pop_back();
    return levels;
}

std::vector<level_left_out> levels_left_out(const machine::facts& facts, bool quick) {
    const auto all = all_levels_of(facts, quick);
    std::vector<level_left_out> found;
    for (std::size_t i = levels_of(facts, quick).size(); i < all.size(); ++i)
        found.push_back({all[i], limit_needed(all[i].bytes)});
    return found;
}

std::optional<std::vector<std::uint64_t>> parameters_for(const kernels::kernel& kernel,
                                                         std::size_t bytes) {
    const auto at = [&](std::uint64_t size) {
        std::vector<std::uint64_t> parameters;
        for (std::size_t i = 0; i < kernel.parameters.size(); ++i) {
            const auto& parameter = kernel.parameters[i];
            const bool grows = sizes_an_array(kernel, i) && !parameter.otherwise;
            parameters.push_back(std::clamp(grows ? size : parameter.otherwise.value_or(size),
                                            parameter.minimum, parameter.maximum));
        }
        return parameters;
    };
    const auto fits = [&](std::uint64_t size) {
        return bytes_of_call(kernel, at(size)) <= static_cast<double>(bytes);
    };
    if (!fits(1)) return std::nullopt;
    std::uint64_t low = 1, high = std::uint64_t{bytes} + 1;
    while (high - low > 1) {
        const auto middle = low + (high - low) / 2;
        (fits(middle) ? low : high) = middle;
    }
    // Whole vectors, as data that was laid out for speed has; and what the kernel refuses, it gets
    // a little smaller.
    if (low > 256) low -= low % 64;
    for (auto size = low; size >= 1 && low - size <= 256; --size) {
        if (!kernel.refuses || kernel.refuses(at(size)).empty()) return at(size);
    }
    return std::nullopt;
}

call_size size_of_call(const kernels::kernel& kernel,
                       const std::vector<std::uint64_t>& parameters) {
    call_size size{static_cast<double>(kernels::extent(kernel.items, parameters)),
                   bytes_of_call(kernel, parameters), ""};
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        size.text += (size.text.empty() ? "" : "/") + std::string{kernel.parameters[i].name} + ":" +
                     std::to_string(parameters[i]);
    }
    return size;
}

workload::workload(const kernels::kernel& kernel, std::vector<std::uint64_t> parameters,
                   data_pool& pool)
    : kernel_{&kernel},
      parameters_{std::move(parameters)},
      size_{size_of_call(kernel, parameters_)} {
    // Arrays that are made of the same lie one after another.
    std::vector<std::pair<const kernels::array*, std::size_t>> used;
    for (const auto& array : kernel.inputs) {
        const auto bytes = kernels::bytes_aligned(bytes_of(array, parameters_));
        std::size_t start = 0;
        for (const auto& [other, size] : used) {
            if (other->type == array.type && other->made_of == array.made_of) start += size;
        }
        used.emplace_back(&array, bytes);
        inputs_.push_back(pool.inputs(array.type, start + bytes, array.made_of) + start);
    }
    std::size_t written = 0;
    for (const auto& array : kernel.outputs) {
        const auto bytes = kernels::bytes_aligned(bytes_of(array, parameters_));
        const auto start = std::exchange(written, written + bytes);
        outputs_.push_back(pool.outputs(start + bytes) + start);
    }
    const auto scratch = kernel.scratch_bytes ? kernel.scratch_bytes(parameters_) : 0;
    scratch_.reset(
        std::aligned_alloc(64, kernels::bytes_aligned(std::max<std::size_t>(scratch, 1))));
    if (!scratch_) throw std::bad_alloc{};
}

void workload::run(const kernels::variant& variant) const {
    kernels::run(*kernel_, variant,
                 {.parameters = parameters_,
                  .inputs = inputs_,
                  .outputs = outputs_,
                  .scratch = scratch_.get()});
    asm volatile("" : : : "memory");  // the outputs count as read
}

std::int64_t calls_for(const workload& work, const kernels::variant& variant, double seconds) {
    std::int64_t calls = 1;
    double taken = seconds_of(work, variant, calls);
    while (taken < seconds / 8 && calls < std::int64_t{1} << 40) {
        calls *= taken < seconds / 64 ? 8 : 2;
        taken = seconds_of(work, variant, calls);
    }
    return std::max<std::int64_t>(
        1, std::llround(static_cast<double>(calls) * seconds / std::max(taken, 1e-9)));
}

}  // namespace lanewise::bench
