// utf8_validate: the public call, and the row that server and bench run it by.
#include "kernels/dispatch.hpp"
#include "kernels/kernels.hpp"
#include "row.hpp"

namespace lanewise::kernels {

utf8_verdict utf8_validate(std::span<const std::uint8_t> x) noexcept {
    const std::size_t offset = active_table().utf8_validate(x.data(), x.size());
    return {.valid = offset == x.size(), .offset = offset};
}

namespace {

constexpr std::array<array, 1> text_x{{{"x", element_type::u8, n_elements, {.text = true}}}};
constexpr std::array<array, 2> valid_and_offset{
    {{"valid", element_type::u32, {}}, {"offset", element_type::u64, {}}}};

}  // namespace

namespace rows {

constexpr kernel utf8_validate{
    .name = "utf8_validate",
    .summary = "whether bytes are UTF-8 and where not (valid is 1 or 0), as in ingest",
    .parameters = only_n,
    .inputs = text_x,
    .outputs = valid_and_offset,
    .operations_per_item = 1,
    .items = n_elements,
    .run =
        [](const table& functions, const arguments& call) {
            const std::size_t offset =
                functions.utf8_validate(input<std::uint8_t>(call, 0), call.parameters[0]);
            *output<std::uint32_t>(call, 0) = offset == call.parameters[0] ? 1 : 0;
            *output<std::uint64_t>(call, 1) = offset;
        },
};

}  // namespace rows
}  // namespace lanewise::kernels
