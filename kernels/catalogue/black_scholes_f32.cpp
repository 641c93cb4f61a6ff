// black_scholes_f32: the public call, and the row that server and bench run it by.
#include <cassert>

#include "kernels/dispatch.hpp"
#include "kernels/kernels.hpp"
#include "row.hpp"

namespace lanewise::kernels {

void black_scholes_f32(const options& of, std::span<float> call, std::span<float> put) noexcept {
    const std::size_t count = of.spot.size();
    assert(of.strike.size() == count && of.years.size() == count && of.rate.size() == count);
    assert(of.volatility.size() == count && call.size() == count && put.size() == count);
    active_table().black_scholes_f32(of.spot.data(), of.strike.data(), of.years.data(),
                                     of.rate.data(), of.volatility.data(), call.data(), put.data(),
                                     count);
}

namespace {

constexpr std::array<array, 5> options_arrays{{
    {"spot", element_type::f32, n_elements, {.least = 50, .below = 150}},
    {"strike", element_type::f32, n_elements, {.least = 50, .below = 150}},
    {"years", element_type::f32, n_elements, {.least = 0.05F, .below = 3}},
    {"rate", element_type::f32, n_elements, {.least = -0.01F, .below = 0.09F}},
    {"volatility", element_type::f32, n_elements, {.least = 0.05F, .below = 0.8F}},
}};
constexpr std::array<array, 2> call_put{
    {{"call", element_type::f32, n_elements}, {"put", element_type::f32, n_elements}}};

}  // namespace

namespace rows {

constexpr kernel black_scholes_f32{
    .name = "black_scholes_f32",
    .summary = "prices of European options, as in pricing",
    .parameters = only_n,
    .inputs = options_arrays,
    .outputs = call_put,
    .operations_per_item = 120,
    .items = n_elements,
    .rows = rows_of_elements,
    .run_rows =
        [](const table& functions, const arguments& call, std::size_t first, std::size_t last) {
            const element_range of(call, first, last);
            functions.black_scholes_f32(
                input<float>(call, 0) + of.first, input<float>(call, 1) + of.first,
                input<float>(call, 2) + of.first, input<float>(call, 3) + of.first,
                input<float>(call, 4) + of.first, output<float>(call, 0) + of.first,
                output<float>(call, 1) + of.first, of.count);
        },
};

}  // namespace rows
}  // namespace lanewise::kernels
