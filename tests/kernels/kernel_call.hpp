// A kernel of the catalogue with its memory: how the tests run one that they know by name only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/catalogue.hpp"

namespace kernels = lanewise::kernels;

// What one call takes, in memory that the kernels' contract asks for, and what it gave.
class call {
public:
    call(const kernels::kernel& which, std::vector<std::uint64_t> parameters)
        : kernel_(which), parameters_(std::move(parameters)) {
        for (const auto& each : which.inputs) inputs_.push_back(memory(each));
        for (const auto& each : which.outputs) outputs_.push_back(memory(each));
        if (which.scratch_bytes) scratch_.resize(which.scratch_bytes(parameters_) / 64 + 1);
    }

    void generate(std::uint64_t seed);

    // The outputs' bytes, one after another.
    std::string run(const kernels::variant* on = nullptr);

    // The same, computed in so many parts, the last one first.
    std::string run_in_parts(std::size_t parts);

private:
    struct alignas(64) line {
        std::byte bytes[64];
    };

    template <class Run>
    std::string run_with(const Run& function);
    std::size_t bytes(const kernels::array& array) const {
        return kernels::extent(array.dimensions, parameters_) * kernels::element_bytes(array.type);
    }
    std::vector<line> memory(const kernels::array& array) const {
        return std::vector<line>(bytes(array) / 64 + 1);
    }

    const kernels::kernel& kernel_;
    std::vector<std::uint64_t> parameters_;
    std::vector<std::vector<line>> inputs_;
    std::vector<std::vector<line>> outputs_;
    std::vector<line> scratch_;
};

// Runs a kernel by its row in the catalogue, on inputs generated from seed 5.
void check_run(std::string_view name, const std::vector<std::uint64_t>& parameters,
               std::string_view expected);

// A kernel of as many results as elements: portable's bits at every length, offset and kind of
// value, in place too, and those of the golden sweep.
using element_map = void (*)(std::span<const float> x, std::span<float> result);
void check_map_sweep(std::string_view kernel, element_map function);
