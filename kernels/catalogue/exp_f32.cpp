// exp_f32: the public call, and the row that server and bench run it by.
#include <cassert>

#include "kernels/dispatch.hpp"
#include "kernels/kernels.hpp"
#include "row.hpp"

namespace lanewise::kernels {

void exp_f32(std::span<const float> x, std::span<float> result) noexcept {
    assert(x.size() == result.size());
    active_table().exp_f32(x.data(), result.data(), x.size());
}

namespace rows {

constexpr kernel exp_f32{
    .name = "exp_f32",
    .summary = "e to the power of each element, as in activations",
    .parameters = only_n,
    .inputs = f32_x,
    .outputs = f32_results,
    .operations_per_item = 20,  // nine fma, and a subtraction and an addition of exponents
    .items = n_elements,
    .rows = rows_of_elements,
    .run_rows =
        [](const table& functions, const arguments& call, std::size_t first, std::size_t last) {
            const element_range of(call, first, last);
            functions.exp_f32(input<float>(call, 0) + of.first, output<float>(call, 0) + of.first,
                              of.count);
        },
};

}  // namespace rows
}  // namespace lanewise::kernels
