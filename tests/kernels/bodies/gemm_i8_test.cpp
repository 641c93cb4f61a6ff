// gemm_i8: exact against the reference, around the edges of its tiles and blocks.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "kernels/generate.hpp"
#include "tests/kernels/golden.hpp"
#include "tests/kernels/guarded.hpp"
#include "tests/kernels/kernel_call.hpp"
#include "tests/kernels/kernel_values.hpp"
#include "tests/kernels/reference.hpp"

namespace {

/// That c is the product of a, m x k, and b, k x n.
void check_exact(std::size_t m, std::size_t n, std::size_t k, std::span<const std::int8_t> a,
                 std::span<const std::int8_t> b, std::span<const std::int32_t> c) {
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t j = 0; j < n; ++j)
            wrong += c[i * n + j] != reference::gemm_i8(n, k, a, b, i, j) ? 1 : 0;
    }
    CAPTURE(m);
    CAPTURE(n);
    CAPTURE(k);
    CHECK(wrong == 0);
}

// Products of generated matrices that begin or end near a page that may not be touched: fewer than
// so many elements away.
class guarded_products {
public:
    guarded_products(std::size_t a_offsets, std::size_t b_offsets, std::size_t c_offsets)
        : a_offsets_{a_offsets}, b_offsets_{b_offsets}, c_offsets_{c_offsets} {}

    /// A product that is what it should be.
    std::span<const std::int32_t> checked(std::size_t m, std::size_t n, std::size_t k) {
        const guard side = ++seed_ % 2 == 0 ? guard::before : guard::after;
        const auto a = as_.at(side, m * k, seed_ % a_offsets_);
        const auto b = bs_.at(side, k * n, seed_ * 7 % b_offsets_);
        const auto c = cs_.at(side, m * n, seed_ % c_offsets_);
        kernels::generate(kernels::element_type::i8, seed_, 0, 0, a.size(), a.data());
        kernels::generate(kernels::element_type::i8, seed_, 1, 0, b.size(), b.data());
        // Now and then the value that has no opposite, everywhere.
        if (seed_ % 7 == 0) std::ranges::fill(a, std::int8_t{-128});
        if (seed_ % 11 == 0) std::ranges::fill(b, std::int8_t{-128});
        std::ranges::fill(c, 1);
        kernels::gemm_i8(m, n, k, a, b, c);
        check_exact(m, n, k, a, b, c);
        return c;
    }

private:
    std::size_t a_offsets_, b_offsets_, c_offsets_;
    guarded<std::int8_t> as_{64 * 1024};
    guarded<std::int8_t> bs_{128 * 1024};
    guarded<std::int32_t> cs_{8 * 1024};
    std::uint64_t seed_ = 0;
};

}  // namespace

TEST_CASE("gemm_i8 is exact at every size around its tiles, and stays inside its arrays") {
    guarded_products products{64, 64, 5};
    std::uint64_t all = hash_of_nothing;
    const auto check = [&](std::size_t m, std::size_t n, std::size_t k) {
        all = hash(bytes_of(products.checked(m, n, k)), all);
    };
    for (std::size_t m = 0; m <= 30; ++m) check(m, 33, 5);
    for (std::size_t n = 0; n <= 100; ++n) check(15, n, 4);
    for (std::size_t n = 1; n <= 40; ++n) check(1 + n % 3, n, 37);
    for (std::size_t k = 0; k <= 70; ++k) check(7, 18, k);
    for (std::size_t k = 0; k <= 40; ++k) check(16, 34, k);
    // Beyond one block of the inner index, and of the columns.
    for (const std::size_t k : {511UL, 512UL, 513UL, 519UL, 1024UL, 1027UL}) check(17, 50, k);
    for (const std::size_t n : {255UL, 256UL, 257UL, 300UL}) check(3, n, 67);
    for (const std::size_t n : {959UL, 960UL, 961UL}) check(8, n, 9);
    check(20, 400, 33);
    // Few columns go a way of their own.
    for (std::size_t n = 1; n <= 9; ++n) {
        for (const std::size_t k : {1UL, 31UL, 64UL, 129UL, 1000UL}) check(19, n, k);
        check(2, n, 4097);
    }
    check_sweep("gemm_i8", all);
}

TEST_CASE("gemm_i8 of few rows is exact around strips of 64 columns, and stays inside its arrays") {
    guarded_products products{3, 5, 4};
    const auto check = [&](std::size_t m, std::size_t n, std::size_t k) {
        (void)products.checked(m, n, k);
    };
    for (const std::size_t n : {48UL, 63UL, 64UL, 65UL, 127UL, 128UL, 129UL}) {
        for (const std::size_t m : {1UL, 2UL, 4UL, 5UL, 8UL, 31UL, 32UL, 33UL}) check(m, n, 131);
        for (const std::size_t k : {1UL, 2UL, 3UL, 4UL, 7UL, 127UL, 128UL, 129UL, 258UL})
            check(3, n, k);
    }
    check(6, 1000, 37);
}

TEST_CASE("gemm_i8 is exact at sizes around tiles of 16 rows by 64 bytes, and blocks of them") {
    const std::size_t shapes[][3] = {
        {16, 16, 64},   {16, 17, 64},   {17, 16, 65},   {31, 31, 63},    {32, 32, 128},
        {33, 33, 129},  {33, 48, 64},   {47, 47, 191},  {48, 48, 192},   {49, 95, 193},
        {64, 96, 32},   {65, 40, 31},   {40, 64, 33},   {100, 100, 100}, {40, 40, 1023},
        {40, 40, 1024}, {40, 41, 1025}, {33, 16, 2112}, {17, 40, 255},   {17, 64, 256},
        {17, 65, 257},  {34, 960, 65},  {34, 961, 64},  {34, 1000, 1100}};
    for (const auto& [m, n, k] : shapes) {
        std::vector<std::int8_t> a(m * k);
        std::vector<std::int8_t> b(k * n);
        std::vector<std::int32_t> c(m * n, 1);
        kernels::generate(kernels::element_type::i8, m, 0, 0, a.size(), a.data());
        kernels::generate(kernels::element_type::i8, n, 1, 0, b.size(), b.data());
        kernels::gemm_i8(m, n, k, a, b, c);
        check_exact(m, n, k, a, b, c);
    }
}

TEST_CASE("gemm_i8 is exact for the largest sums that fit 32 bits, and wraps around beyond them") {
    // (-128)^2 is 2^14: 2^17 - 1 of them still fit.
    for (const std::size_t k : {131'071UL, 131'072UL, 131'073UL, 300'000UL}) {
        for (const std::size_t n : {1UL, 2UL, 17UL}) {
            const std::vector<std::int8_t> a(3 * k, -128);
            const std::vector<std::int8_t> b(k * n, -128);
            std::vector<std::int32_t> c(3 * n);
            kernels::gemm_i8(3, n, k, a, b, c);
            const std::int64_t exact = static_cast<std::int64_t>(k) << 14;
            const auto expected = static_cast<std::int32_t>(static_cast<std::uint32_t>(exact));
            CAPTURE(k);
            CAPTURE(n);
            CHECK((k < 131'072) == (exact == std::int64_t{expected}));
            CHECK(std::ranges::all_of(c, [&](std::int32_t value) { return value == expected; }));
            // The other end: 127 times -128.
            const std::vector<std::int8_t> most(3 * k, 127);
            kernels::gemm_i8(3, n, k, most, b, c);
            const std::int64_t least = -static_cast<std::int64_t>(k) * 127 * 128;
            const auto expected_least =
                static_cast<std::int32_t>(static_cast<std::uint32_t>(least));
            CHECK(std::ranges::all_of(c,
                                      [&](std::int32_t value) { return value == expected_least; }));
        }
    }
}

TEST_CASE("the catalogue runs gemm_i8") {
    std::vector<std::int8_t> a(24 * 30);
    std::vector<std::int8_t> b(30 * 20);
    std::vector<std::int32_t> product(24 * 20);
    kernels::generate(kernels::element_type::i8, 5, 0, 0, a.size(), a.data());
    kernels::generate(kernels::element_type::i8, 5, 1, 0, b.size(), b.data());
    kernels::gemm_i8(24, 20, 30, a, b, product);
    check_run("gemm_i8", {24, 20, 30}, bytes_of(std::span(product)));
}
