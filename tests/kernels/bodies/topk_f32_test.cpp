// topk_f32: exact against the reference, in any order of the input.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/catalogue.hpp"
#include "kernels/generate.hpp"
#include "tests/kernels/golden.hpp"
#include "tests/kernels/kernel_call.hpp"
#include "tests/kernels/kernel_values.hpp"
#include "tests/kernels/reference.hpp"

namespace {

// Values' bits, then indexes: the result of topk_f32, and what it should be.
std::string topk(std::span<const float> x, std::size_t k) {
    std::vector<float> values(k);
    std::vector<std::uint32_t> indexes(k);
    kernels::topk_f32(x, values, indexes);
    return std::string{bytes_of(std::span(values))} + std::string{bytes_of(std::span(indexes))};
}

std::string topk_expected(std::span<const float> x, std::size_t k) {
    auto indexes = reference::topk_f32(x, k);
    std::vector<float> values;
    values.reserve(k);
    for (const auto index : indexes) {
        values.push_back(std::isnan(x[index]) ? from_bits(canonical_nan) : x[index]);
    }
    return std::string{bytes_of(std::span(values))} + std::string{bytes_of(std::span(indexes))};
}

}  // namespace

TEST_CASE("topk_f32 finds the largest in any order of the input, ties by index") {
    for (const std::size_t count : {1UL, 2UL, 257UL, 1000UL, 20'000UL}) {
        std::vector<float> x(count);
        for (int order = 0; order < 8; ++order) {
            fill(x, order < 6 ? all_values[order] : values::uniform, count);
            if (order == 6) std::sort(x.begin(), x.end());
            if (order == 7) std::sort(x.rbegin(), x.rend());
            for (const std::size_t k :
                 {std::size_t{1}, std::size_t{10}, std::size_t{300}, count / 2, count}) {
                if (k == 0 || k > count) continue;
                CAPTURE(count);
                CAPTURE(order);
                CAPTURE(k);
                CHECK(topk(x, k) == topk_expected(x, k));
            }
        }
        std::fill(x.begin(), x.end(), 1.0F);
        CHECK(topk(x, count) == topk_expected(x, count));
        std::fill(x.begin(), x.end(), from_bits(0xffc00001));
        CHECK(topk(x, count / 2) == topk_expected(x, count / 2));
        x[count - 1] = -infinity;  // one number among NaNs, at the very end
        CHECK(topk(x, 1) == topk_expected(x, 1));
    }
    CHECK(topk({}, 0).empty());
}

TEST_CASE(
    "topk_f32 is right at every length, offset and kind of value, and stays inside its array") {
    std::uint64_t all = hash_of_nothing;
    sweep(1, [&](const auto& arrays, const std::string& where) {
        CAPTURE(where);
        const std::size_t k = arrays[0].size() < 7 ? arrays[0].size() : 7;
        const std::string got = topk(arrays[0], k);
        CHECK(got == topk_expected(arrays[0], k));
        all = hash(got, all);
    });
    check_sweep("topk_f32", all);
}

TEST_CASE("the catalogue runs topk_f32") {
    std::vector<float> x(1000);
    kernels::generate(kernels::element_type::f32, 5, 0, 0, x.size(), x.data());
    check_run("topk_f32", {1000, 10}, topk(x, 10));
    const auto* kernel = kernels::find_kernel("topk_f32");
    REQUIRE(kernel);
    CHECK(kernel->refuses(std::vector<std::uint64_t>{10, 10}).empty());
    CHECK(kernel->refuses(std::vector<std::uint64_t>{10, 11}) ==
          "k is 11; it has to be from 1 to n, which is 10");
}
