// dot_i8: the public call, and the row that server and bench run it by.
#include <cassert>

#include "kernels/dispatch.hpp"
#include "kernels/kernels.hpp"
#include "row.hpp"

namespace lanewise::kernels {

std::int64_t dot_i8(std::span<const std::int8_t> x, std::span<const std::int8_t> y) noexcept {
    assert(x.size() == y.size());
    return active_table().dot_i8(x.data(), y.data(), x.size());
}

namespace {

constexpr std::array<array, 2> i8_x_y{
    {{"x", element_type::i8, n_elements}, {"y", element_type::i8, n_elements}}};
constexpr std::array<array, 1> i64_result{{{"result", element_type::i64, {}}}};

}  // namespace

namespace rows {

constexpr kernel dot_i8{
    .name = "dot_i8",
    .summary = "exact dot product of signed bytes, as in quantised search",
    .parameters = only_n,
    .inputs = i8_x_y,
    .outputs = i64_result,
    .operations_per_item = 2,
    .items = n_elements,
    .run =
        [](const table& functions, const arguments& call) {
            *output<std::int64_t>(call, 0) = functions.dot_i8(
                input<std::int8_t>(call, 0), input<std::int8_t>(call, 1), call.parameters[0]);
        },
};

}  // namespace rows
}  // namespace lanewise::kernels
