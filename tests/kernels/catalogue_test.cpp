// The list of kernels: what its rows hold, what inputs are made for them, and the golden hashes of
// each.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "golden.hpp"
#include "kernel_call.hpp"
#include "kernel_values.hpp"
#include "kernels/generate.hpp"
#include "reference.hpp"

namespace {

const kernels::variant& variant_named(std::string_view name) {
    const auto list = kernels::variants();
    const auto found =
        std::find_if(list.begin(), list.end(), [&](const auto& each) { return each.name == name; });
    REQUIRE(found != list.end());
    return *found;
}

}  // namespace

TEST_CASE("the catalogue's names are unique, and its rows whole") {
    std::set<std::string_view> names;
    for (const auto& kernel : kernels::catalogue()) {
        CAPTURE(kernel.name);
        CHECK(names.insert(kernel.name).second);
        CHECK(kernels::find_kernel(kernel.name) == &kernel);
        CHECK((kernel.run == nullptr) == (kernel.run_rows != nullptr));
        CHECK(!kernel.summary.empty());
        CHECK(!kernel.outputs.empty());
    }
    CHECK(kernels::find_kernel("dot_f33") == nullptr);
}

TEST_CASE("a kernel that has rows gives the bits of the whole in any number of parts") {
    std::size_t splittable = 0;
    for (const auto& kernel : kernels::catalogue()) {
        CAPTURE(kernel.name);
        CHECK((kernel.rows == nullptr) == (kernel.run_rows == nullptr));
        if (kernel.rows == nullptr) continue;
        ++splittable;
        for (const std::uint64_t size : {1ULL, 2ULL, 17ULL, 31ULL, 100ULL, 203ULL}) {
            std::vector<std::uint64_t> parameters(kernel.parameters.size());
            for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i] = size + 3 * i;
            call whole(kernel, parameters);
            whole.generate(size);
            const auto expected = whole.run();
            for (const std::size_t parts : {1UL, 2UL, 3UL, 7UL}) {
                call split(kernel, parameters);
                split.generate(size);
                CAPTURE(size);
                CAPTURE(parts);
                CHECK(split.run_in_parts(parts) == expected);
            }
        }
    }
    CHECK(splittable >= 4);
}

TEST_CASE("extent saturates where a product overflows") {
    const kernels::dimension shape[] = {
        {.parameter = 0}, {.parameter = 1}, {.parameter = -1, .constant = 4}};
    const std::uint64_t small[] = {3, 5};
    const std::uint64_t large[] = {1ULL << 40, 1ULL << 40};
    CHECK(kernels::extent(shape, small) == 60);
    CHECK(kernels::extent(shape, large) == SIZE_MAX);
    CHECK(kernels::extent({}, small) == 1);
}

TEST_CASE("generated input is splitmix64, as documented") {
    // splitmix64's first outputs from state 1234567, as its author publishes them.
    const std::uint64_t published[] = {6457827717110365317U, 3203168211198807973U,
                                       9817491932198370423U};
    constexpr std::uint64_t step = 0x9e3779b97f4a7c15;
    const auto mix = [](std::uint64_t z) {
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        return z ^ z >> 31;
    };
    for (std::uint64_t i = 0; i < 3; ++i) CHECK(mix(1234567 + (i + 1) * step) == published[i]);

    for (const std::uint64_t seed : {0ULL, 1ULL, ~0ULL}) {
        for (std::uint64_t array = 0; array < 3; ++array) {
            std::uint64_t words[50];
            float floats[50];
            std::int8_t bytes[50];
            kernels::generate(kernels::element_type::u64, seed, array, 0, 50, words);
            kernels::generate(kernels::element_type::f32, seed, array, 0, 50, floats);
            kernels::generate(kernels::element_type::i8, seed, array, 0, 50, bytes);
            for (std::uint64_t i = 0; i < 50; ++i) {
                CHECK(words[i] == mix(mix(seed + (array + 1) * step) + (i + 1) * step));
                CHECK(double{floats[i]} == static_cast<double>(words[i] >> 40) * 0x1p-23 - 1);
                CHECK(bytes[i] == static_cast<std::int8_t>(words[i] >> 56));
            }
            std::uint64_t later[20];
            kernels::generate(kernels::element_type::u64, seed, array, 30, 20, later);
            CHECK(std::equal(later, later + 20, words + 30));
        }
    }
}

TEST_CASE("an array is generated within its range, and keeps the generator's bits without one") {
    const kernels::array plain{"x", kernels::element_type::f32, {}};
    const kernels::array ranged{"x", kernels::element_type::f32, {}, {.least = 10, .below = 10.5F}};
    std::vector<float> bits_alone(1000);
    std::vector<float> values(1000);
    kernels::generate(kernels::element_type::f32, 3, 1, 0, bits_alone.size(), bits_alone.data());
    kernels::generate(plain, 3, 1, 0, values.size(), values.data());
    CHECK(values == bits_alone);
    kernels::generate(ranged, 3, 1, 0, values.size(), values.data());
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    CHECK(*least >= 10);
    CHECK(*least < 10.01F);
    CHECK(*most <= 10.5F);
    CHECK(*most > 10.49F);
    for (std::size_t i = 0; i < values.size(); ++i)
        CHECK(values[i] == 10.25F + bits_alone[i] * 0.25F);
}

TEST_CASE(
    "generated text is well-formed at every length, has characters of every size, and is "
    "the same in parts") {
    const kernels::array text{"x", kernels::element_type::u8, {}, {.text = true}};
    std::vector<std::uint8_t> all(4000);
    kernels::generate(text, 9, 0, 0, all.size(), all.data());
    int of_size[5] = {};
    for (std::size_t length = 0; length < 200; ++length) {
        std::vector<std::uint8_t> bytes(length);
        kernels::generate(text, length, 0, 0, length, bytes.data());
        CAPTURE(length);
        CHECK(reference::utf8_validate(bytes) == length);
    }
    for (const auto byte : all) {
        ++of_size[byte < 0x80 ? 1 : byte < 0xc0 ? 0 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4];
    }
    for (const int many : of_size) CHECK(many > 100);
    std::vector<std::uint8_t> part(400);
    kernels::generate(text, 9, 0, 1200, part.size(), part.data());
    CHECK(std::equal(part.begin(), part.end(), all.begin() + 1200));
}

TEST_CASE("results have the golden hashes, on every architecture") {
    std::map<std::string_view, int> rows_of;
    for (const auto& row : read_golden()) {
        if (row.sweep) continue;
        const auto& kernel = *kernels::find_kernel(row.kernel);
        ++rows_of[kernel.name];
        call made(kernel, row.parameters);
        made.generate(row.seed);
        const std::string got =
            hexadecimal(hash(made.run(&variant_named(kernels::active_variant()))));
        std::ostringstream now;
        now << row.kernel;
        for (const auto parameter : row.parameters) now << ' ' << parameter;
        now << ' ' << row.seed << ' ' << got;
        CHECK_MESSAGE(got == row.hash, "now: ", now.str());
    }
    for (const auto& kernel : kernels::catalogue()) {
        CAPTURE(kernel.name);
        CHECK(rows_of[kernel.name] >= 5);
    }
}
