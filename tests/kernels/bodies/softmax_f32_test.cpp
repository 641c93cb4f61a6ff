// softmax_f32: against the reference, special values, and to the last bit.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/generate.hpp"
#include "tests/kernels/golden.hpp"
#include "tests/kernels/kernel_call.hpp"
#include "tests/kernels/kernel_values.hpp"
#include "tests/kernels/reference.hpp"

namespace {

std::vector<float> softmax(const std::vector<float>& x) {
    std::vector<float> result(x.size());
    kernels::softmax_f32(x, result);
    return result;
}

void check_all_nan(const std::vector<float>& x) {
    for (const float value : softmax(x)) CHECK(bits(value) == canonical_nan);
}

}  // namespace

TEST_CASE("softmax_f32 is within its bound of the reference") {
    for (const std::size_t count : {1UL, 2UL, 31UL, 32UL, 33UL, 100UL, 1000UL, 4096UL, 20'003UL}) {
        for (const float range : {0.1F, 1.0F, 10.0F, 40.0F}) {
            std::vector<float> x(count);
            fill(x, values::uniform, count);
            for (float& value : x) value *= range;
            const auto got = softmax(x);
            const auto expected = reference::softmax_f32(x);
            const float most = *std::max_element(x.begin(), x.end());
            double worst = 0;  // of the error less d, in units of 2^-24
            for (std::size_t i = 0; i < count; ++i) {
                const auto error = std::abs(static_cast<double>(
                    (static_cast<long double>(got[i]) - expected[i]) / expected[i]));
                worst = std::max(worst, error * 0x1p24 - (double{most} - double{x[i]}));
            }
            const auto n = static_cast<double>(count);
            CAPTURE(count);
            CAPTURE(range);
            CHECK(worst <= 11 + std::log(n) + n / 32);
        }
    }
}

TEST_CASE("softmax_f32 of special values") {
    softmax({});
    for (std::size_t count = 1; count < lengths_end; ++count) {
        std::vector<float> x(count, 2.5F);
        CAPTURE(count);
        for (const float value : softmax(x)) {
            CHECK(value == doctest::Approx(1.0 / static_cast<double>(count)).epsilon(1e-6));
        }
        const std::size_t place = count * 7919 % count;
        x[place] = -infinity;
        if (count > 1) {
            CHECK(bits(softmax(x)[place]) == 0);
        } else {
            check_all_nan(x);  // less than nothing is no distribution
        }
        x[place] = infinity;
        check_all_nan(x);
        x[place] = from_bits(0xff812345);
        check_all_nan(x);
        check_all_nan(std::vector<float>(count, -infinity));
    }
    // Far below the largest: denormals, then zero.
    const auto small = softmax({-1e30F, 0.0F, -0.0F, -104.5F, -95.0F, -infinity});
    CHECK(bits(small[0]) == 0);
    CHECK(small[1] == 0.5F);
    CHECK(small[2] == 0.5F);
    CHECK(bits(small[3]) == 0);
    CHECK(std::fpclassify(small[4]) == FP_SUBNORMAL);
    CHECK(bits(small[5]) == 0);
    // A large element alone takes all, whatever its size.
    CHECK(softmax({-3e38F, 3e38F}) == std::vector<float>{0.0F, 1.0F});
}

TEST_CASE(
    "softmax_f32 has portable's bits at every length, offset and kind of value, and stays inside "
    "its arrays") {
    check_map_sweep("softmax_f32", kernels::softmax_f32);
}

TEST_CASE("the catalogue runs softmax_f32") {
    std::vector<float> x(1000);
    kernels::generate(kernels::element_type::f32, 5, 0, 0, x.size(), x.data());
    const auto result = softmax(x);
    check_run("softmax_f32", {1000}, bytes_of(std::span(result)));
}
