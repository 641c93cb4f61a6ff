// The product of signed bytes where the result has few rows or few columns: each element of the
// larger matrix meets too few of the other's for a copy to panels to pay. Exact modulo 2^32, as
// gemm_i8.
#pragma once

#include "dot_i8.inl.hpp"
#include "kernels/registers/byte_strips.inl.hpp"
#include "scratch.hpp"

namespace lanewise::kernels {
namespace {

// One function per number of rows, up to Rows.
template <class Arch, std::size_t Rows>
void gemm_i8_strip_rows(std::size_t rows, const std::int8_t* a, std::size_t a_stride,
                        const std::int8_t* b, std::size_t n, std::size_t depth,
                        const std::uint32_t* biases, std::int32_t* c, bool first) {
    using strip = byte_strip<Arch>;
    if (rows == Rows) {
        for (std::size_t j = 0; j < n; j += strip::columns)
            strip::template multiply<Rows>(a, a_stride, b + j, n, depth, biases, c + j, n, n - j,
                                           first);
    } else if constexpr (Rows > 1) {
        gemm_i8_strip_rows<Arch, Rows - 1>(rows, a, a_stride, b, n, depth, biases, c, first);
    }
}

// A few rows of the result at a time, by b as it lies.
template <class Arch>
void gemm_i8_strips(std::size_t m, std::size_t n, std::size_t k, const std::int8_t* a,
                    const std::int8_t* b, std::int32_t* c) {
    if constexpr (requires { byte_strip<Arch>::rows; }) {
        std::uint32_t biases[byte_strip<Arch>::rows_max];
        for (std::size_t i = 0; i < m; ++i) biases[i] = byte_strip<Arch>::bias(a + i * k, k);
        const std::size_t parts = (m + byte_strip<Arch>::rows - 1) / byte_strip<Arch>::rows;
        constexpr std::size_t depth_max = byte_strip<Arch>::depth_max;
        for (std::size_t p = 0; p < k; p += depth_max) {
            const std::size_t depth = k - p < depth_max ? k - p : depth_max;
            for (std::size_t part = 0; part < parts; ++part) {
                const std::size_t i = part * m / parts;
                const std::size_t rows = (part + 1) * m / parts - i;
                gemm_i8_strip_rows<Arch, byte_strip<Arch>::rows>(
                    rows, a + i * k + p, k, b + p * n, n, depth, biases + i, c + i * n, p == 0);
            }
        }
    }
}

// Whether strips pay: they copy nothing, but unpack b for each few rows, and compute a last strip
// whole. (Measured on Zen 4, 1 to 64 rows, 10 to 1,024 columns.)
template <class Arch>
bool gemm_i8_in_strips(std::size_t m, std::size_t n) {
    if constexpr (requires { byte_strip<Arch>::rows; }) {
        constexpr std::size_t columns = byte_strip<Arch>::columns;
        const std::size_t for_nothing = (n + columns - 1) / columns * columns - n;
        return m <= byte_strip<Arch>::rows_max && n >= 16 && m * for_nothing <= 4 * n;
    } else {
        return false;
    }
}

// Few columns of the result: a dot product each, which is exact, so that its 32 low bits are the
// sum modulo 2^32.
template <class Arch>
void gemm_i8_narrow(std::size_t m, std::size_t n, std::size_t k, const std::int8_t* a,
                    const std::int8_t* b, std::int32_t* c, std::byte* scratch) {
    auto* const columns = reinterpret_cast<std::int8_t*>(scratch);
    const std::size_t depth_max = n == 1 ? k : gemm_i8_narrow_depth;
    for (std::size_t p = 0; p < k; p += depth_max) {
        const std::size_t depth = k - p < depth_max ? k - p : depth_max;
        if (n > 1) {
            for (std::size_t q = 0; q < depth; ++q) {
                for (std::size_t j = 0; j < n; ++j)
                    columns[j * gemm_i8_narrow_stride + q] = b[(p + q) * n + j];
            }
        }
        const std::int8_t* const from = n == 1 ? b : columns;
        std::size_t i = 0;
        if constexpr (requires { typename byte_rows<Arch>::sums; }) {
            constexpr std::size_t rows = byte_rows<Arch>::rows;
            for (; i + rows <= m; i += rows) {
                for (std::size_t j = 0; j < n; ++j) {
                    std::int32_t sums[rows];
                    byte_rows<Arch>::dot(a + i * k + p, k, from + j * gemm_i8_narrow_stride, depth,
                                         sums);
                    unroll<rows>([&](auto r) LANEWISE_INLINE {
                        std::int32_t& to = c[(i + r) * n + j];
                        const auto before = p == 0 ? 0 : static_cast<std::uint32_t>(to);
                        to =
                            static_cast<std::int32_t>(before + static_cast<std::uint32_t>(sums[r]));
                    });
                }
            }
        }
        for (; i < m; ++i) {
            for (std::size_t j = 0; j < n; ++j) {
                const auto sum = static_cast<std::uint32_t>(
                    dot_i8<Arch>(a + i * k + p, from + j * gemm_i8_narrow_stride, depth));
                const auto before = p == 0 ? 0 : static_cast<std::uint32_t>(c[i * n + j]);
                c[i * n + j] = static_cast<std::int32_t>(before + sum);
            }
        }
    }
}

}  // namespace
}  // namespace lanewise::kernels
