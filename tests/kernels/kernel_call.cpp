#include "kernel_call.hpp"

#include <doctest/doctest.h>

#include "golden.hpp"
#include "kernel_values.hpp"
#include "kernels/generate.hpp"

void call::generate(std::uint64_t seed) {
    for (std::size_t a = 0; a < inputs_.size(); ++a) {
        const auto& array = kernel_.inputs[a];
        kernels::generate(array, seed, a, 0, kernels::extent(array.dimensions, parameters_),
                          inputs_[a].data());
    }
}

template <class Run>
std::string call::run_with(const Run& function) {
    std::vector<const void*> in;
    std::vector<void*> out;
    for (const auto& each : inputs_) in.push_back(each.data());
    for (auto& each : outputs_) out.push_back(each.data());
    const kernels::arguments arguments{
        .parameters = parameters_, .inputs = in, .outputs = out, .scratch = scratch_.data()};
    function(arguments);
    std::string all;
    for (std::size_t a = 0; a < outputs_.size(); ++a) {
        all.append(reinterpret_cast<const char*>(outputs_[a].data()), bytes(kernel_.outputs[a]));
    }
    return all;
}

std::string call::run(const kernels::variant* on) {
    return run_with([&](const kernels::arguments& arguments) {
        if (on) {
            kernels::run(kernel_, *on, arguments);
        } else {
            kernels::run(kernel_, arguments);
        }
    });
}

std::string call::run_in_parts(std::size_t parts) {
    return run_with([&](const kernels::arguments& arguments) {
        for (std::size_t index = parts; index-- > 0;)
            kernels::run(kernel_, arguments, {.index = index, .count = parts});
    });
}

void check_run(std::string_view name, const std::vector<std::uint64_t>& parameters,
               std::string_view expected) {
    const auto* kernel = kernels::find_kernel(name);
    REQUIRE(kernel);
    call made(*kernel, parameters);
    made.generate(5);
    CAPTURE(name);
    CHECK(made.run() == expected);
}

void check_map_sweep(std::string_view kernel, element_map function) {
    std::vector<float> again(lengths_end);
    std::uint64_t all = hash_of_nothing;
    sweep(2, [&](const auto& arrays, const std::string& where) {
        CAPTURE(where);
        const auto result = arrays[1];
        function(arrays[0], result);
        const std::span<float> portable(again.data(), result.size());
        on_portable([&] {
            function(arrays[0], portable);
            return 0;
        });
        CHECK(bytes_of(result) == bytes_of(portable));
        all = hash(bytes_of(result), all);
        // In place.
        function(arrays[0], arrays[0]);
        CHECK(bytes_of(arrays[0]) == bytes_of(portable));
    });
    check_sweep(kernel, all);
}
