// squared_distance_f32: against the reference, and to the last bit.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/generate.hpp"
#include "tests/kernels/golden.hpp"
#include "tests/kernels/kernel_call.hpp"
#include "tests/kernels/kernel_values.hpp"
#include "tests/kernels/reference.hpp"

TEST_CASE("squared_distance_f32 is within its bound of the reference") {
    for (const std::size_t count : {1UL, 2UL, 63UL, 64UL, 65UL, 100UL, 768UL, 4096UL, 100'003UL}) {
        std::vector<float> x(count);
        std::vector<float> y(count);
        fill(x, values::uniform, count);
        fill(y, values::uniform, count + 1);
        const auto expected = reference::squared_distance_f32(x, y);
        // One rounding a step of a lane's chain, six levels of the tree, and two of a squared
        // difference.
        const double bound =
            (static_cast<double>(count / 64 + 1) + 6 + 2) * 0x1p-24 * expected.magnitude;
        CAPTURE(count);
        CHECK(std::abs(double{kernels::squared_distance_f32(x, y)} - expected.value) <= bound);
    }
}

TEST_CASE("the squared distance of no elements, and of equal ones, is +0") {
    CHECK(bits(kernels::squared_distance_f32({}, {})) == 0);
    for (std::size_t count = 1; count < lengths_end; ++count) {
        std::vector<float> x(count);
        fill(x, values::uniform, count);
        CAPTURE(count);
        CHECK(bits(kernels::squared_distance_f32(x, x)) == 0);
        const std::vector<float> zeros(count, 0.0F);
        const std::vector<float> negative_zeros(count, -0.0F);
        CHECK(bits(kernels::squared_distance_f32(zeros, negative_zeros)) == 0);
    }
}

TEST_CASE("a squared distance is infinite beside an infinity, and the canonical NaN beside a NaN") {
    for (std::size_t count = 1; count < lengths_end; ++count) {
        std::vector<float> x(count, 1.0F);
        std::vector<float> y(count, 2.0F);
        const std::size_t place = count * 7919 % count;
        CAPTURE(count);
        x[place] = -infinity;
        CHECK(kernels::squared_distance_f32(x, y) == infinity);
        y[place] = -infinity;
        CHECK(bits(kernels::squared_distance_f32(x, y)) == canonical_nan);
        x[place] = from_bits(0xff812345);
        CHECK(bits(kernels::squared_distance_f32(x, y)) == canonical_nan);
        CHECK(bits(kernels::squared_distance_f32(y, x)) == canonical_nan);
    }
}

TEST_CASE(
    "squared_distance_f32 has portable's bits at every length, offset and kind of value, and stays "
    "inside its arrays") {
    std::uint64_t all = hash_of_nothing;
    sweep(2, [&](const auto& arrays, const std::string& where) {
        CAPTURE(where);
        const auto call = [&] { return kernels::squared_distance_f32(arrays[0], arrays[1]); };
        const float got = call();
        CHECK(bits(got) == bits(on_portable(call)));
        all = hash(bytes_of(std::span(&got, 1)), all);
    });
    check_sweep("squared_distance_f32", all);
}

TEST_CASE("the catalogue runs squared_distance_f32") {
    std::vector<float> x(1000);
    kernels::generate(kernels::element_type::f32, 5, 0, 0, x.size(), x.data());
    std::vector<float> y(1000);
    kernels::generate(kernels::element_type::f32, 5, 1, 0, y.size(), y.data());
    const float distance = kernels::squared_distance_f32(x, y);
    check_run("squared_distance_f32", {1000}, bytes_of(std::span(&distance, 1)));
}
