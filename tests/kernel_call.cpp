#include "kernel_call.hpp"

#include <doctest/doctest.h>

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
