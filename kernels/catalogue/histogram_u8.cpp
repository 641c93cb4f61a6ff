// histogram_u8: the public call, and the row that server and bench run it by.
#include "kernels/dispatch.hpp"
#include "kernels/kernels.hpp"
#include "row.hpp"

namespace lanewise::kernels {

void histogram_u8(std::span<const std::uint8_t> x, std::span<std::uint64_t, 256> counts) noexcept {
    active_table().histogram_u8(x.data(), x.size(), counts.data());
}

namespace {

constexpr std::array<array, 1> u8_x{{{"x", element_type::u8, n_elements}}};
constexpr std::array<dimension, 1> one_a_byte{{{.parameter = -1, .constant = 256}}};
constexpr std::array<array, 1> u64_counts{{{"counts", element_type::u64, one_a_byte}}};

}  // namespace

namespace rows {

constexpr kernel histogram_u8{
    .name = "histogram_u8",
    .summary = "how often each byte occurs, as in telemetry",
    .parameters = only_n,
    .inputs = u8_x,
    .outputs = u64_counts,
    .operations_per_item = 1,
    .items = n_elements,
    .run =
        [](const table& functions, const arguments& call) {
            functions.histogram_u8(input<std::uint8_t>(call, 0), call.parameters[0],
                                   output<std::uint64_t>(call, 0));
        },
};

}  // namespace rows
}  // namespace lanewise::kernels
