// gemm_f32: the public call, and the row that server and bench run it by.
#include <cassert>

#include "kernels/bodies/scratch.hpp"
#include "kernels/dispatch.hpp"
#include "kernels/kernels.hpp"
#include "row.hpp"
#include "workspace.hpp"

namespace lanewise::kernels {

void gemm_f32(std::size_t m, std::size_t n, std::size_t k, std::span<const float> a,
              std::span<const float> b, std::span<float> c) {
    assert(a.size() == m * k && b.size() == k * n && c.size() == m * n);
    workspace scratch(gemm_scratch_bytes(n, k));
    active_table().gemm_f32(m, n, k, a.data(), b.data(), c.data(),
                            static_cast<float*>(scratch.data()));
}

namespace {

constexpr std::array<array, 2> gemm_a_b{
    {{"a", element_type::f32, m_by_k}, {"b", element_type::f32, k_by_n}}};
constexpr std::array<array, 1> gemm_result{{{"result", element_type::f32, m_by_n}}};

}  // namespace

namespace rows {

constexpr kernel gemm_f32{
    .name = "gemm_f32",
    .summary = "product of two matrices, as in inference",
    .parameters = m_n_k,
    .inputs = gemm_a_b,
    .outputs = gemm_result,
    .operations_per_item = 2,
    .items = m_by_n_by_k,
    .scratch_bytes =
        [](std::span<const std::uint64_t> parameters) {
            return gemm_scratch_bytes(parameters[1], parameters[2]);
        },
    .rows = [](std::span<const std::uint64_t> parameters) -> std::size_t { return parameters[0]; },
    .run_rows =
        [](const table& functions, const arguments& call, std::size_t first, std::size_t last) {
            const std::size_t n = call.parameters[1];
            const std::size_t k = call.parameters[2];
            functions.gemm_f32(last - first, n, k, input<float>(call, 0) + first * k,
                               input<float>(call, 1), output<float>(call, 0) + first * n,
                               static_cast<float*>(call.scratch));
        },
};

}  // namespace rows
}  // namespace lanewise::kernels
