// sum_f32: against the reference, and to the last bit.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/generate.hpp"
#include "tests/kernels/golden.hpp"
#include "tests/kernels/kernel_call.hpp"
#include "tests/kernels/kernel_values.hpp"
#include "tests/kernels/reference.hpp"

TEST_CASE("sum_f32 is within its bound of the reference") {
    for (const std::size_t count : {1UL, 2UL, 127UL, 128UL, 129UL, 1000UL, 4096UL, 100'003UL}) {
        std::vector<float> x(count);
        fill(x, values::uniform, count);
        const auto expected = reference::sum_f32(x);
        const double bound =
            (static_cast<double>(count / 128 + 1) + 7) * 0x1p-24 * expected.magnitude;
        CAPTURE(count);
        CHECK(std::abs(double{kernels::sum_f32(x)} - expected.value) <= bound);
    }
}

TEST_CASE("no elements give a sum of +0") {
    CHECK(bits(kernels::sum_f32({})) == 0);
}

TEST_CASE("a zero sum is +0, whatever the signs of its terms") {
    for (std::size_t count = 1; count < lengths_end; ++count) {
        const std::vector<float> negative_zero(count, -0.0F);
        CAPTURE(count);
        CHECK(bits(kernels::sum_f32(negative_zero)) == 0);
    }
}

TEST_CASE("a NaN anywhere makes a sum the canonical NaN, and so do opposite infinities") {
    for (std::size_t count = 1; count < lengths_end; ++count) {
        std::vector<float> x(count, 1.0F);
        const std::size_t place = count * 7919 % count;
        x[place] = from_bits(0xff812345);
        CAPTURE(count);
        CHECK(bits(kernels::sum_f32(x)) == canonical_nan);
        x[place] = infinity;
        CHECK(kernels::sum_f32(x) == infinity);
        if (count > 1) {
            x[(place + 1) % count] = -infinity;
            CHECK(bits(kernels::sum_f32(x)) == canonical_nan);
        }
    }
}

TEST_CASE(
    "sum_f32 has portable's bits at every length, offset and kind of value, and stays inside its "
    "array") {
    std::uint64_t all = hash_of_nothing;
    sweep(1, [&](const auto& arrays, const std::string& where) {
        CAPTURE(where);
        const auto call = [&] { return kernels::sum_f32(arrays[0]); };
        const float got = call();
        CHECK(bits(got) == bits(on_portable(call)));
        all = hash(bytes_of(std::span(&got, 1)), all);
    });
    check_sweep("sum_f32", all);
}

TEST_CASE("the catalogue runs sum_f32") {
    std::vector<float> x(1000);
    kernels::generate(kernels::element_type::f32, 5, 0, 0, x.size(), x.data());
    const float sum = kernels::sum_f32(x);
    check_run("sum_f32", {1000}, bytes_of(std::span(&sum, 1)));
}
