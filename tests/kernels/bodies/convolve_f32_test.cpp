// convolve_f32: against the reference, and to the last bit around borders, tiles and blocks.
#include <doctest/doctest.h>

#include <algorithm>
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

// The pixel that a tap reaches: those beyond a border are the last within.
std::size_t near(std::size_t at, std::size_t by, std::size_t size) {
    return std::min(std::max(at + by, std::size_t{2}) - 2, size - 1);
}

}  // namespace

TEST_CASE("convolve_f32 is within its bound of the reference") {
    const std::size_t shapes[][2] = {{1, 1}, {2, 3}, {5, 5}, {17, 40}, {64, 64}, {9, 2100}};
    for (const auto& shape : shapes) {
        const std::size_t height = shape[0];
        const std::size_t width = shape[1];
        std::vector<float> image(height * width);
        std::vector<float> weights(25);
        std::vector<float> result(image.size());
        fill(image, values::uniform, height);
        fill(weights, values::uniform, width);
        kernels::convolve_f32(height, width, image, std::span<const float, 25>(weights), result);
        std::size_t wrong = 0;
        for (std::size_t y = 0; y < height; ++y) {
            for (std::size_t x = 0; x < width; ++x) {
                const auto expected = reference::convolve_f32(height, width, image, weights, y, x);
                const double bound = 25 * 0x1p-24 * expected.magnitude;
                const double error = std::abs(double{result[y * width + x]} - expected.value);
                wrong += error <= bound ? 0 : 1;
            }
        }
        CAPTURE(height);
        CAPTURE(width);
        CHECK(wrong == 0);
    }
}

TEST_CASE("convolve_f32 with one weight moves the image, its borders as wide as need be") {
    const std::size_t height = 7;
    const std::size_t width = 11;
    std::vector<float> image(height * width);
    for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<float>(i + 1);
    std::vector<float> result(image.size());
    for (std::size_t tap = 0; tap < 25; ++tap) {
        std::vector<float> weights(25, 0.0F);
        weights[tap] = 1;
        kernels::convolve_f32(height, width, image, std::span<const float, 25>(weights), result);
        std::size_t wrong = 0;
        for (std::size_t y = 0; y < height; ++y) {
            for (std::size_t x = 0; x < width; ++x) {
                const float expected =
                    image[near(y, tap / 5, height) * width + near(x, tap % 5, width)];
                wrong += result[y * width + x] == expected ? 0 : 1;
            }
        }
        CAPTURE(tap);
        CHECK(wrong == 0);
    }
}

TEST_CASE(
    "convolve_f32 is one chain of fma per element, to the last bit, and stays inside its arrays") {
    const guarded<float> images(40 * 1024);
    const guarded<float> results(40 * 1024);
    const guarded<float> taps(1024);
    std::uint64_t all = hash_of_nothing;
    std::uint64_t seed = 0;
    const auto check = [&](std::size_t height, std::size_t width) {
        const guard side = ++seed % 2 == 0 ? guard::before : guard::after;
        const auto image = images.at(side, height * width, seed % 16);
        const auto result = results.at(side, height * width, seed % 5);
        const auto weights = taps.at(side, 25, seed % 3);
        fill(image, all_values[seed % std::size(all_values)], seed);
        fill(weights, seed % 4 == 0 ? values::mixed : values::uniform, seed + 1);
        kernels::convolve_f32(height, width, image, std::span<const float, 25>(weights), result);
        std::size_t wrong = 0;
        for (std::size_t y = 0; y < height; ++y) {
            for (std::size_t x = 0; x < width; ++x) {
                float expected = 0.0F;
                for (std::size_t i = 0; i < 5; ++i) {
                    for (std::size_t j = 0; j < 5; ++j) {
                        expected = std::fma(image[near(y, i, height) * width + near(x, j, width)],
                                            weights[i * 5 + j], expected);
                    }
                }
                if (std::isnan(expected)) expected = from_bits(canonical_nan);
                wrong += bits(result[y * width + x]) != bits(expected) ? 1 : 0;
            }
        }
        CAPTURE(height);
        CAPTURE(width);
        CHECK(wrong == 0);
        all = hash(bytes_of(result), all);
    };
    for (std::size_t height = 0; height <= 21; ++height) check(height, 37);
    for (std::size_t width = 0; width <= 140; ++width) check(5, width);
    for (std::size_t size = 1; size <= 6; ++size) {
        for (std::size_t other = 1; other <= 6; ++other) check(size, other);
    }
    for (const std::size_t width : {1983UL, 1984UL, 1985UL, 2500UL, 3968UL, 4100UL})
        check(6, width);
    check(101, 70);
    check_sweep("convolve_f32", all);
}

TEST_CASE("the catalogue runs convolve_f32") {
    std::vector<float> image(24 * 50);
    std::vector<float> weights(25);
    std::vector<float> result(image.size());
    kernels::generate(kernels::element_type::f32, 5, 0, 0, image.size(), image.data());
    kernels::generate(kernels::element_type::f32, 5, 1, 0, weights.size(), weights.data());
    kernels::convolve_f32(24, 50, image, std::span<const float, 25>(weights), result);
    check_run("convolve_f32", {24, 50}, bytes_of(std::span(result)));
}
