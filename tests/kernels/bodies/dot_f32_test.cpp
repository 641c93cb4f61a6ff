// dot_f32: against the reference, and to the last bit.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/generate.hpp"
#include "tests/kernels/golden.hpp"
#include "tests/kernels/kernel_call.hpp"
#include "tests/kernels/kernel_values.hpp"
#include "tests/kernels/reference.hpp"

TEST_CASE("dot_f32 is within its bound of the reference") {
    for (const std::size_t count : {1UL, 2UL, 63UL, 64UL, 65UL, 100UL, 768UL, 4096UL, 100'003UL}) {
        std::vector<float> x(count);
        std::vector<float> y(count);
        fill(x, values::uniform, count);
        fill(y, values::uniform, count + 1);
        const auto expected = reference::dot_f32(x, y);
        // One rounding a step of a lane's chain, and six levels of the tree.
        const double bound =
            (static_cast<double>(count / 64 + 1) + 6) * 0x1p-24 * expected.magnitude;
        CAPTURE(count);
        CHECK(std::abs(double{kernels::dot_f32(x, y)} - expected.value) <= bound);
    }
}

TEST_CASE("the dot product of no elements is +0") {
    CHECK(bits(kernels::dot_f32({}, {})) == 0);
}

TEST_CASE("a zero dot product is +0, whatever the signs of its terms") {
    for (std::size_t count = 1; count < lengths_end; ++count) {
        const std::vector<float> negative_zero(count, -0.0F);
        const std::vector<float> tiny(count, -1e-30F);
        const std::vector<float> also_tiny(count, 1e-30F);  // their products underflow to -0
        CAPTURE(count);
        CHECK(bits(kernels::dot_f32(negative_zero, also_tiny)) == 0);
        CHECK(bits(kernels::dot_f32(tiny, also_tiny)) == 0);
    }
}

TEST_CASE("a NaN anywhere makes a dot product the canonical NaN, and so do opposite infinities") {
    for (std::size_t count = 1; count < lengths_end; ++count) {
        std::vector<float> x(count, 1.0F);
        const std::vector<float> y(count, 1.0F);
        const std::size_t place = count * 7919 % count;
        x[place] = from_bits(0xff812345);
        CAPTURE(count);
        CHECK(bits(kernels::dot_f32(x, y)) == canonical_nan);
        CHECK(bits(kernels::dot_f32(y, x)) == canonical_nan);
        x[place] = infinity;
        CHECK(kernels::dot_f32(y, x) == infinity);
        if (count > 1) {
            x[(place + 1) % count] = -infinity;
            CHECK(bits(kernels::dot_f32(y, x)) == canonical_nan);
        }
    }
    const std::vector<float> zero{0.0F};
    const std::vector<float> infinite{infinity};
    CHECK(bits(kernels::dot_f32(zero, infinite)) == canonical_nan);
}

TEST_CASE(
    "dot_f32 has portable's bits at every length, offset and kind of value, and stays inside its "
    "arrays") {
    std::uint64_t all = hash_of_nothing;
    sweep(2, [&](const auto& arrays, const std::string& where) {
        CAPTURE(where);
        const auto call = [&] { return kernels::dot_f32(arrays[0], arrays[1]); };
        const float got = call();
        CHECK(bits(got) == bits(on_portable(call)));
        all = hash(bytes_of(std::span(&got, 1)), all);
    });
    check_sweep("dot_f32", all);
}

TEST_CASE("the catalogue runs dot_f32") {
    std::vector<float> x(1000);
    kernels::generate(kernels::element_type::f32, 5, 0, 0, x.size(), x.data());
    std::vector<float> y(1000);
    kernels::generate(kernels::element_type::f32, 5, 1, 0, y.size(), y.data());
    const float dot = kernels::dot_f32(x, y);
    check_run("dot_f32", {1000}, bytes_of(std::span(&dot, 1)));
}
