// exp_f32: its error over all floats, special values, and to the last bit.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "kernels/generate.hpp"
#include "tests/kernels/golden.hpp"
#include "tests/kernels/kernel_call.hpp"
#include "tests/kernels/kernel_values.hpp"
#include "tests/kernels/reference.hpp"

namespace {

struct worst {
    double error_ulp = 0;
    float at = 0;
    std::uint64_t wrong =
        0;  // results that no error in ulp describes: a NaN, an infinity or a sign that isn't right
};

// exp_f32 of the floats whose bits are first, first + step ... below 2^32.
worst exp_errors(std::uint64_t first, std::uint64_t step) {
    worst out;
    std::vector<float> x(4096);
    std::vector<float> result(x.size());
    for (std::uint64_t next = first; next < (1ULL << 32);) {
        std::size_t count = 0;
        for (; count < x.size() && next < (1ULL << 32); ++count, next += step) {
            x[count] = from_bits(static_cast<std::uint32_t>(next));
        }
        kernels::exp_f32({x.data(), count}, {result.data(), count});
        for (std::size_t i = 0; i < count; ++i) {
            if (std::isnan(x[i])) {
                out.wrong += bits(result[i]) != canonical_nan;
                continue;
            }
            const double expected = reference::exp_f32(x[i]);
            // What rounds to 2^128 or more is infinity.
            if (expected >= 0x1.ffffffp127) {
                out.wrong += result[i] != infinity;
                continue;
            }
            if (std::signbit(result[i]) || std::isinf(result[i]) || std::isnan(result[i])) {
                ++out.wrong;
                continue;
            }
            const double error = std::abs(double{result[i]} - expected) / reference::ulp(expected);
            if (error > out.error_ulp) out = {.error_ulp = error, .at = x[i], .wrong = out.wrong};
        }
    }
    return out;
}

}  // namespace

TEST_CASE("exp_f32 errs by at most 1.1 ulp on a sample of all floats") {
    const worst found = exp_errors(1, 4'099);
    CAPTURE(found.at);
    CHECK(found.error_ulp <= 1.1);
    CHECK(found.wrong == 0);
}

// Minutes: run it with --no-skip --test-case='*on all floats' after a change of the polynomial.
TEST_CASE("exp_f32 errs by at most 1.1 ulp on all floats" * doctest::skip()) {
    const worst found = exp_errors(0, 1);
    std::printf("worst error of exp_f32: %.4f ulp at %a\n", found.error_ulp, double{found.at});
    CHECK(found.error_ulp <= 1.1);
    CHECK(found.wrong == 0);
}

TEST_CASE("exp_f32 of no elements touches nothing") {
    kernels::exp_f32({}, {});
}

TEST_CASE("exp_f32 of special values") {
    const std::vector<float> x{0.0F,         -0.0F,     infinity,    -infinity, 89.0F, -104.0F,
                               from_bits(1), 88.72283F, -103.97208F, 1e30F,     -1e30F};
    const std::vector<float> expected{1.0F,      1.0F,     infinity, 0.0F,
                                      infinity,  0.0F,     1.0F,     0x1.ffff08p127F,
                                      0x1p-149F, infinity, 0.0F};
    std::vector<float> result(x.size());
    kernels::exp_f32(x, result);
    for (std::size_t i = 0; i < x.size(); ++i) {
        CAPTURE(x[i]);
        CHECK(bits(result[i]) == bits(expected[i]));
    }
    // Results below the normal range are denormals, not zero.
    const std::vector<float> small(64, -100.0F);
    std::vector<float> denormal(64);
    kernels::exp_f32(small, denormal);
    CHECK(denormal[63] == doctest::Approx(std::exp(-100.0)).epsilon(0.05));
    CHECK(std::fpclassify(denormal[0]) == FP_SUBNORMAL);
}

TEST_CASE(
    "exp_f32 has portable's bits at every length, offset and kind of value, and stays inside its "
    "arrays") {
    check_map_sweep("exp_f32", kernels::exp_f32);
}

TEST_CASE("exp_f32 gives an element the same bits wherever it stands") {
    // A full group takes a shorter way when all its elements are ordinary: no result may show which
    // way it went.
    std::vector<float> x(64);
    for (std::uint32_t sample = 0; sample < 20'000; ++sample) {
        const float value = from_bits(sample * 214'729U);
        std::fill(x.begin(), x.end(), value);
        std::vector<float> alone(1);
        std::vector<float> together(64);
        kernels::exp_f32({x.data(), 1}, alone);
        kernels::exp_f32(x, together);
        CAPTURE(value);
        CHECK(bits(together[0]) == bits(alone[0]));
        CHECK(bits(together[63]) == bits(alone[0]));
    }
}

TEST_CASE("the catalogue runs exp_f32") {
    std::vector<float> x(1000);
    kernels::generate(kernels::element_type::f32, 5, 0, 0, x.size(), x.data());
    std::vector<float> result(1000);
    kernels::exp_f32(x, result);
    check_run("exp_f32", {1000}, bytes_of(std::span(result)));
}
