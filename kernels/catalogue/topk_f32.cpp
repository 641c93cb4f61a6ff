// topk_f32: the public call, and the row that server and bench run it by.
#include <cassert>

#include "kernels/bodies/scratch.hpp"
#include "kernels/dispatch.hpp"
#include "kernels/kernels.hpp"
#include "row.hpp"
#include "workspace.hpp"

namespace lanewise::kernels {

void topk_f32(std::span<const float> x, std::span<float> values, std::span<std::uint32_t> indexes) {
    assert(values.size() == indexes.size() && values.size() <= x.size() && x.size() <= UINT32_MAX);
    workspace scratch(topk_scratch_bytes(values.size()));
    active_table().topk_f32(x.data(), x.size(), values.size(), values.data(), indexes.data(),
                            static_cast<std::uint64_t*>(scratch.data()));
}

namespace {

constexpr std::array<parameter, 2> n_and_k{{
    {.name = "n", .summary = "number of elements", .minimum = 1, .maximum = UINT32_MAX},
    {.name = "k",
     .summary = "how many of the largest",
     .minimum = 1,
     .maximum = UINT32_MAX,
     .otherwise = 10},
}};
constexpr std::array<dimension, 1> k_elements{{{.parameter = 1}}};
constexpr std::array<array, 2> topk_results{
    {{"values", element_type::f32, k_elements}, {"indexes", element_type::u32, k_elements}}};

}  // namespace

namespace rows {

constexpr kernel topk_f32{
    .name = "topk_f32",
    .summary = "the k largest elements and their indexes, as in nearest neighbours",
    .parameters = n_and_k,
    .inputs = f32_x,
    .outputs = topk_results,
    .operations_per_item = 1,
    .items = n_elements,
    .scratch_bytes =
        [](std::span<const std::uint64_t> parameters) { return topk_scratch_bytes(parameters[1]); },
    .refuses = [](std::span<const std::uint64_t> parameters) -> std::string {
        const auto n = parameters[0];
        const auto k = parameters[1];
        if (k <= n) return {};
        return "k is " + std::to_string(k) + "; it has to be from 1 to n, which is " +
               std::to_string(n);
    },
    .run =
        [](const table& functions, const arguments& call) {
            functions.topk_f32(input<float>(call, 0), call.parameters[0], call.parameters[1],
                               output<float>(call, 0), output<std::uint32_t>(call, 1),
                               static_cast<std::uint64_t*>(call.scratch));
        },
};

}  // namespace rows
}  // namespace lanewise::kernels
