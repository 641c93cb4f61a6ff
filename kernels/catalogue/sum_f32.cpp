// sum_f32: the public call, and the row that server and bench run it by.
#include "kernels/dispatch.hpp"
#include "kernels/kernels.hpp"
#include "row.hpp"

namespace lanewise::kernels {

float sum_f32(std::span<const float> x) noexcept {
    return active_table().sum_f32(x.data(), x.size());
}

namespace rows {

constexpr kernel sum_f32{
    .name = "sum_f32",
    .summary = "sum of a column, as in analytics",
    .parameters = only_n,
    .inputs = f32_x,
    .outputs = f32_result,
    .operations_per_item = 1,
    .items = n_elements,
    .run =
        [](const table& functions, const arguments& call) {
            *output<float>(call, 0) = functions.sum_f32(input<float>(call, 0), call.parameters[0]);
        },
};

}  // namespace rows
}  // namespace lanewise::kernels
