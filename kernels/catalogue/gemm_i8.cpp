// gemm_i8: the public call, and the row that server and bench run it by.
#include <cassert>

#include "kernels/bodies/scratch.hpp"
#include "kernels/dispatch.hpp"
#include "kernels/kernels.hpp"
#include "row.hpp"
#include "workspace.hpp"

namespace lanewise::kernels {

void gemm_i8(std::size_t m, std::size_t n, std::size_t k, std::span<const std::int8_t> a,
             std::span<const std::int8_t> b, std::span<std::int32_t> c) {
    assert(a.size() == m * k && b.size() == k * n && c.size() == m * n);
    workspace scratch(gemm_i8_scratch_bytes(n, k));
    active_table().gemm_i8(m, n, k, a.data(), b.data(), c.data(),
                           static_cast<std::byte*>(scratch.data()));
}

namespace {

constexpr std::array<array, 2> bytes_a_b{
    {{"a", element_type::i8, m_by_k}, {"b", element_type::i8, k_by_n}}};
constexpr std::array<array, 1> i32_result{{{"result", element_type::i32, m_by_n}}};

}  // namespace

namespace rows {

constexpr kernel gemm_i8{
    .name = "gemm_i8",
    .summary = "product of two matrices of signed bytes, as in quantised inference",
    .parameters = m_n_k,
    .inputs = bytes_a_b,
    .outputs = i32_result,
    .operations_per_item = 2,
    .items = m_by_n_by_k,
    .scratch_bytes =
        [](std::span<const std::uint64_t> parameters) {
            return gemm_i8_scratch_bytes(parameters[1], parameters[2]);
        },
    .rows = [](std::span<const std::uint64_t> parameters) -> std::size_t { return parameters[0]; },
    .run_rows =
        [](const table& functions, const arguments& call, std::size_t first, std::size_t last) {
            const std::size_t n = call.parameters[1];
            const std::size_t k = call.parameters[2];
            functions.gemm_i8(last - first, n, k, input<std::int8_t>(call, 0) + first * k,
                              input<std::int8_t>(call, 1),
                              output<std::int32_t>(call, 0) + first * n,
                              static_cast<std::byte*>(call.scratch));
        },
};

}  // namespace rows
}  // namespace lanewise::kernels
