// dot_i8: exact against the reference.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels/generate.hpp"
#include "tests/kernels/golden.hpp"
#include "tests/kernels/guarded.hpp"
#include "tests/kernels/kernel_call.hpp"
#include "tests/kernels/kernel_values.hpp"
#include "tests/kernels/reference.hpp"

TEST_CASE("dot_i8 is exact, also where every product is the largest and the sum passes 32 bits") {
    for (const std::size_t count :
         {0UL, 1UL, 15UL, 16UL, 17UL, 63UL, 64UL, 65UL, 1000UL, 600'000UL, 1'100'003UL}) {
        CAPTURE(count);
        std::vector<std::int8_t> x(count);
        std::vector<std::int8_t> y(count);
        kernels::generate(kernels::element_type::i8, count, 0, 0, count, x.data());
        kernels::generate(kernels::element_type::i8, count, 1, 0, count, y.data());
        CHECK(kernels::dot_i8(x, y) == reference::dot_i8(x, y));
        for (const int a : {-128, -1, 0, 127}) {
            for (const int b : {-128, 127}) {
                std::fill(x.begin(), x.end(), static_cast<std::int8_t>(a));
                std::fill(y.begin(), y.end(), static_cast<std::int8_t>(b));
                CHECK(kernels::dot_i8(x, y) == static_cast<std::int64_t>(count) * a * b);
            }
        }
    }
}

TEST_CASE("dot_i8 is exact at every length and byte offset, and stays inside its arrays") {
    const guarded<std::int8_t> xs(1024);
    const guarded<std::int8_t> ys(1024);
    std::uint64_t all = hash_of_nothing;
    for (std::size_t count = 0; count < lengths_end; ++count) {
        for (std::size_t offset = 0; offset < 64; ++offset) {
            const guard side = (count + offset / 2) % 2 == 0 ? guard::before : guard::after;
            const auto x = xs.at(side, count, offset);
            const auto y = ys.at(side, count, offset * 5 % 64);
            kernels::generate(kernels::element_type::i8, count * 64 + offset, 0, 0, count,
                              x.data());
            kernels::generate(kernels::element_type::i8, count * 64 + offset, 1, 0, count,
                              y.data());
            CAPTURE(count);
            CAPTURE(offset);
            std::int64_t got = kernels::dot_i8(x, y);
            CHECK(got == reference::dot_i8(x, y));
            all = hash(bytes_of(std::span(&got, 1)), all);
        }
    }
    check_sweep("dot_i8", all);
}

TEST_CASE("the catalogue runs dot_i8") {
    std::vector<std::int8_t> x(1000);
    std::vector<std::int8_t> y(1000);
    kernels::generate(kernels::element_type::i8, 5, 0, 0, x.size(), x.data());
    kernels::generate(kernels::element_type::i8, 5, 1, 0, y.size(), y.data());
    const std::int64_t dot = kernels::dot_i8(x, y);
    check_run("dot_i8", {1000}, bytes_of(std::span(&dot, 1)));
}
