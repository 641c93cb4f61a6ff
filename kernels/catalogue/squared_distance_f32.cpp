// squared_distance_f32: the public call, and the row that server and bench run it by.
#include <cassert>

#include "kernels/dispatch.hpp"
#include "kernels/kernels.hpp"
#include "row.hpp"

namespace lanewise::kernels {

float squared_distance_f32(std::span<const float> x, std::span<const float> y) noexcept {
    assert(x.size() == y.size());
    return active_table().squared_distance_f32(x.data(), y.data(), x.size());
}

namespace rows {

constexpr kernel squared_distance_f32{
    .name = "squared_distance_f32",
    .summary = "squared Euclidean distance of two vectors, as in clustering",
    .parameters = only_n,
    .inputs = f32_x_y,
    .outputs = f32_result,
    .operations_per_item = 3,
    .items = n_elements,
    .run =
        [](const table& functions, const arguments& call) {
            *output<float>(call, 0) = functions.squared_distance_f32(
                input<float>(call, 0), input<float>(call, 1), call.parameters[0]);
        },
};

}  // namespace rows
}  // namespace lanewise::kernels
