// softmax_f32: the public call, and the row that server and bench run it by.
#include <cassert>

#include "kernels/dispatch.hpp"
#include "kernels/kernels.hpp"
#include "row.hpp"

namespace lanewise::kernels {

void softmax_f32(std::span<const float> x, std::span<float> result) noexcept {
    assert(x.size() == result.size());
    active_table().softmax_f32(x.data(), result.data(), x.size());
}

namespace rows {

constexpr kernel softmax_f32{
    .name = "softmax_f32",
    .summary = "e to the power of each element over the sum of all, as in attention",
    .parameters = only_n,
    .inputs = f32_x,
    .outputs = f32_results,
    .operations_per_item = 24,  // those of exp_f32, and a comparison, two sums, a product
    .items = n_elements,
    .run =
        [](const table& functions, const arguments& call) {
            functions.softmax_f32(input<float>(call, 0), output<float>(call, 0),
                                  call.parameters[0]);
        },
};

}  // namespace rows
}  // namespace lanewise::kernels
