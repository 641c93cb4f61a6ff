// Inputs made from a seed: the same for the same question, kept within bounds, the oldest given up.
#include "server/calls/generated_inputs.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

using namespace lanewise::server;
namespace kernels = lanewise::kernels;

namespace {

const kernels::kernel& kernel_of(const char* name) {
    const auto* const found = kernels::find_kernel(name);
    REQUIRE(found != nullptr);
    return *found;
}

struct fixture {
    explicit fixture(std::size_t bytes_max) : inputs(bodies, bytes_max) {}

    bool make(std::uint64_t n, std::uint64_t seed) {
        return inputs.get(kernel_of("sum_f32"), std::vector{n}, seed).has_value();
    }
    [[nodiscard]] bool holds(std::uint64_t n, std::uint64_t seed) const {
        return inputs.holds(kernel_of("sum_f32"), std::vector{n}, seed);
    }

    body_pool bodies{64 << 20};
    generated_inputs inputs;
};

constexpr std::uint64_t elements = 25'000;
constexpr std::size_t bytes = elements * sizeof(float);

}  // namespace

TEST_CASE("the same kernel, sizes and seed have the same inputs, and any other has others") {
    fixture here(1 << 20);
    const std::vector<std::uint64_t> n{1'000}, more{1'001};
    const auto& dot = kernel_of("dot_f32");
    const auto first = here.inputs.get(dot, n, 1);
    REQUIRE(first.has_value());
    REQUIRE((*first)->arrays.size() == 2);
    CHECK(*here.inputs.get(dot, n, 1) == *first);
    CHECK(*here.inputs.get(dot, n, 2) != *first);
    CHECK(*here.inputs.get(dot, more, 1) != *first);
    CHECK(*here.inputs.get(kernel_of("squared_distance_f32"), n, 1) != *first);
    // The two inputs of one call differ, and a seed's are others.
    CHECK(std::memcmp((*first)->arrays[0], (*first)->arrays[1], 4'000) != 0);
    CHECK(std::memcmp((*first)->arrays[0], (*here.inputs.get(dot, n, 2))->arrays[0], 4'000) != 0);
    // Made again, they have the same bytes.
    const std::string kept(static_cast<const char*>((*first)->arrays[1]), 4'000);
    while (here.inputs.forget_one()) {
    }
    CHECK_FALSE(here.inputs.holds(dot, n, 1));
    CHECK(std::memcmp((*here.inputs.get(dot, n, 1))->arrays[1], kept.data(), 4'000) == 0);
}

TEST_CASE("what was asked for last is kept within the bound, and the longest unused goes first") {
    fixture here(3 * bytes);
    for (const std::uint64_t seed : {1, 2, 3}) REQUIRE(here.make(elements, seed));
    for (const std::uint64_t seed : {1, 2, 3}) CHECK(here.holds(elements, seed));
    REQUIRE(here.make(elements, 1));  // used again
    REQUIRE(here.make(elements, 4));
    CHECK_FALSE(here.holds(elements, 2));
    for (const std::uint64_t seed : {1, 3, 4}) CHECK(here.holds(elements, seed));
    REQUIRE(here.make(2 * elements, 5));  // in the place of two
    CHECK(here.holds(elements, 4));
    CHECK(here.holds(2 * elements, 5));
    CHECK_FALSE(here.holds(elements, 1));
    CHECK_FALSE(here.holds(elements, 3));
}

TEST_CASE("inputs beyond the bound are made and not kept, and what was kept stays") {
    fixture here(3 * bytes);
    REQUIRE(here.make(elements, 1));
    REQUIRE(here.make(4 * elements, 2));
    CHECK_FALSE(here.holds(4 * elements, 2));
    CHECK(here.holds(elements, 1));
    CHECK(here.make(3 * elements, 3));
    CHECK(here.holds(3 * elements, 3));
}

TEST_CASE("however small they are, not more are kept than can be searched quickly") {
    fixture here(1 << 20);
    std::size_t kept = 0;
    for (std::uint64_t seed = 0; seed < 1'000; ++seed) REQUIRE(here.make(1, seed));
    for (std::uint64_t seed = 0; seed < 1'000; ++seed) kept += here.holds(1, seed) ? 1 : 0;
    CHECK(kept > 1);
    CHECK(kept < 1'000);
    CHECK(here.holds(1, 999));
}

TEST_CASE("what is forgotten goes back to the pool once nobody uses it") {
    fixture here(3 * bytes);
    auto used = here.inputs.get(kernel_of("sum_f32"), std::vector{elements}, 1);
    REQUIRE(used.has_value());
    REQUIRE(here.make(elements, 2));
    CHECK(here.bodies.bytes_in_use() >= 2 * bytes);
    CHECK(here.inputs.forget_one());
    CHECK(here.inputs.forget_one());
    CHECK_FALSE(here.inputs.forget_one());
    CHECK(here.bodies.bytes_in_use() >= bytes);
    *used = nullptr;
    CHECK(here.bodies.bytes_in_use() == 0);
}
