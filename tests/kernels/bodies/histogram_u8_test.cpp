// histogram_u8: exact against the reference.
#include <doctest/doctest.h>

#include <algorithm>
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

// Not zero before: the kernel sets all of it.
std::vector<std::uint64_t> counted(std::span<const std::uint8_t> x) {
    std::vector<std::uint64_t> counts(256, 99);
    kernels::histogram_u8(x, std::span<std::uint64_t, 256>(counts));
    return counts;
}

}  // namespace

TEST_CASE("histogram_u8 counts random bytes, one value, two values, and runs among others") {
    for (const std::size_t count : {0UL, 1UL, 767UL, 768UL, 831UL, 832UL, 4096UL, 100'003UL}) {
        CAPTURE(count);
        std::vector<std::uint8_t> x(count);
        kernels::generate(kernels::element_type::u8, count, 0, 0, count, x.data());
        CHECK(counted(x) == reference::histogram_u8(x));
        for (auto& value : x) value = value < 128 ? 255 : 0;
        CHECK(counted(x) == reference::histogram_u8(x));
        for (std::size_t i = 0; i < count; ++i) x[i] = static_cast<std::uint8_t>(i / 100);
        CHECK(counted(x) == reference::histogram_u8(x));
        for (const int value : {0, 1, 128, 255}) {
            std::fill(x.begin(), x.end(), static_cast<std::uint8_t>(value));
            CHECK(counted(x) == reference::histogram_u8(x));
            // One other among them, wherever in its block.
            if (count == 0) continue;
            x[count * 7919 % count] = 77;
            x[count - 1] = 78;
            CHECK(counted(x) == reference::histogram_u8(x));
        }
    }
}

TEST_CASE("histogram_u8 is exact at every length and offset, and stays inside its array") {
    const guarded<std::uint8_t> xs(4096);
    std::uint64_t all = hash_of_nothing;
    for (std::size_t length = 0; length < lengths_end; ++length) {
        // Around the length from which blocks are counted, too.
        for (const std::size_t count : {length, 600 + length}) {
            const guard side = length % 2 == 0 ? guard::before : guard::after;
            const auto x = xs.at(side, count, length * 5 % 64);
            kernels::generate(kernels::element_type::u8, length, 0, 0, count, x.data());
            CAPTURE(count);
            const auto counts = counted(x);
            CHECK(counts == reference::histogram_u8(x));
            all = hash(bytes_of(std::span(counts)), all);
        }
    }
    check_sweep("histogram_u8", all);
}

TEST_CASE("the catalogue runs histogram_u8") {
    std::vector<std::uint8_t> x(1000);
    kernels::generate(kernels::element_type::u8, 5, 0, 0, x.size(), x.data());
    const auto counts = counted(x);
    check_run("histogram_u8", {1000}, bytes_of(std::span(counts)));
}
