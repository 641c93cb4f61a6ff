// gemm_f32: against the reference, and to the last bit around the edges of its tiles.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/generate.hpp"
#include "tests/kernels/golden.hpp"
#include "tests/kernels/guarded.hpp"
#include "tests/kernels/kernel_call.hpp"
#include "tests/kernels/kernel_values.hpp"
#include "tests/kernels/reference.hpp"

namespace {

// What an element of a single column is: the contract of dot_f32, lane by lane.
float dot_in_lanes(std::span<const float> x, std::span<const float> y) {
    constexpr std::size_t lanes = 64;
    float sums[lanes] = {};
    for (std::size_t i = 0; i < x.size(); ++i)
        sums[i % lanes] = std::fma(x[i], y[i], sums[i % lanes]);
    for (std::size_t half = lanes / 2; half > 0; half /= 2) {
        for (std::size_t lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
    }
    return sums[0] == 0 ? 0.0F : sums[0];
}

// Any other element.
float chain(std::span<const float> a, std::span<const float> b, std::size_t n, std::size_t k,
            std::size_t i, std::size_t j) {
    float sum = 0.0F;
    for (std::size_t p = 0; p < k; ++p) sum = std::fma(a[i * k + p], b[p * n + j], sum);
    return sum;
}

}  // namespace

TEST_CASE("gemm_f32 is within its bound of the reference") {
    const std::size_t shapes[][3] = {{1, 1, 1},     {3, 5, 7},     {14, 32, 256},
                                     {15, 33, 257}, {64, 64, 64},  {1, 500, 9},
                                     {500, 1, 300}, {29, 97, 600}, {13, 1000, 31}};
    for (const auto& shape : shapes) {
        const std::size_t m = shape[0];
        const std::size_t n = shape[1];
        const std::size_t k = shape[2];
        std::vector<float> a(m * k);
        std::vector<float> b(k * n);
        std::vector<float> c(m * n);
        fill(a, values::uniform, m);
        fill(b, values::uniform, n);
        kernels::gemm_f32(m, n, k, a, b, c);
        for (std::size_t i = 0; i < m; ++i) {
            for (std::size_t j = 0; j < n; ++j) {
                const auto expected = reference::gemm_f32(n, k, a, b, i, j);
                const double bound = static_cast<double>(k) * 0x1p-24 * expected.magnitude;
                CAPTURE(m);
                CAPTURE(n);
                CAPTURE(k);
                if (!(std::abs(double{c[i * n + j]} - expected.value) <= bound))
                    FAIL_CHECK(i << ", " << j);
            }
        }
    }
}

TEST_CASE(
    "gemm_f32 is one chain of fma per element, or dot_f32 of one column, to the last bit, and "
    "stays "
    "inside its arrays") {
    // Every size around the edges of the tiles, with values that tell a chain from any other order;
    // and a depth beyond one block.
    const guarded<float> as(32 * 1024);
    const guarded<float> bs(64 * 1024);
    const guarded<float> cs(8 * 1024);
    std::uint64_t all = hash_of_nothing;
    std::uint64_t seed = 0;
    const auto check = [&](std::size_t m, std::size_t n, std::size_t k) {
        const guard side = ++seed % 2 == 0 ? guard::before : guard::after;
        const auto a = as.at(side, m * k, seed % 16);
        const auto b = bs.at(side, k * n, seed / 16 % 16);
        const auto c = cs.at(side, m * n, seed % 5);
        fill(a, all_values[seed % std::size(all_values)], seed);
        fill(b, all_values[seed / 2 % std::size(all_values)], seed + 1);
        kernels::gemm_f32(m, n, k, a, b, c);
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < m; ++i) {
            for (std::size_t j = 0; j < n; ++j) {
                float expected =
                    n == 1 ? dot_in_lanes(a.subspan(i * k, k), b) : chain(a, b, n, k, i, j);
                if (std::isnan(expected)) expected = from_bits(canonical_nan);
                wrong += bits(c[i * n + j]) != bits(expected) ? 1 : 0;
            }
        }
        CAPTURE(m);
        CAPTURE(n);
        CAPTURE(k);
        CHECK(wrong == 0);
        all = hash(bytes_of(c), all);
    };
    for (std::size_t m = 0; m <= 30; ++m) check(m, 33, 5);
    for (std::size_t n = 0; n <= 100; ++n) check(15, n, 4);
    for (std::size_t k = 0; k <= 40; ++k) check(7, 18, k);
    for (const std::size_t k : {255UL, 256UL, 257UL, 512UL, 513UL}) check(17, 50, k);
    for (const std::size_t m : {1UL, 2UL, 3UL, 4UL}) check(m, 1000, 3);
    for (std::size_t n = 1; n <= 70; ++n) check(1, n, 5);
    for (std::size_t m = 1; m <= 140; ++m) check(m, 1, 1 + m % 37);
    check(300, 1, 80);
    check_sweep("gemm_f32", all);

    for (const std::size_t k : {0UL, 63UL, 64UL, 65UL, 128UL, 200UL}) check(9, 1, k);

    // Few columns, few rows and little work go ways of their own.
    for (const std::size_t n : {1UL, 2UL, 3UL, 4UL, 5UL, 7UL, 8UL, 9UL}) {
        for (const std::size_t m : {7UL, 8UL, 63UL, 64UL, 65UL, 130UL}) {
            for (const std::size_t k : {3UL, 8UL, 64UL, 67UL, 130UL}) check(m, n, k);
        }
    }
    for (std::size_t m = 1; m <= 9; ++m) {
        for (const std::size_t k : {15UL, 16UL, 33UL}) check(m, 300 + m, k);
    }
    for (std::size_t size = 8; size <= 33; ++size) check(size, size, size);
}

TEST_CASE("the catalogue runs gemm_f32") {
    std::vector<float> a(24 * 30);
    std::vector<float> b(30 * 20);
    std::vector<float> product(24 * 20);
    kernels::generate(kernels::element_type::f32, 5, 0, 0, a.size(), a.data());
    kernels::generate(kernels::element_type::f32, 5, 1, 0, b.size(), b.data());
    kernels::gemm_f32(24, 20, 30, a, b, product);
    check_run("gemm_f32", {24, 20, 30}, bytes_of(std::span(product)));
}
