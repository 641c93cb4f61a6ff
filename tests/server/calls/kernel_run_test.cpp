// The run of a planned call: the same results in however many parts, in memory that is counted.
#include "server/calls/kernel_run.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace lanewise::server;
namespace kernels = lanewise::kernels;

namespace {

struct fixture {
    explicit fixture(std::size_t bytes_max) : bodies(bytes_max) {}

    body_pool of_inputs{64 << 20};
    body_pool bodies;
    generated_inputs generated{of_inputs, 16 << 20};
    compute_pool threads{3, 10};
    kernel_runner runner{
        bodies,  generated, 1 << 20, {}, std::vector<double>(kernels::catalogue().size(), 1.0),
        &threads};

    outcome<reply> run(const char* kernel, const std::vector<std::uint64_t>& sizes,
                       std::size_t parts) const {
        kernel_query query;
        query.kernel = kernels::find_kernel(kernel);
        REQUIRE(query.kernel != nullptr);
        for (const auto size : sizes) query.given.push_back(size);
        query.prefers_octets = true;
        auto plan = plan_call(query, 0, runner);
        REQUIRE(plan.has_value());
        plan->parts = parts;
        plan->answers_in_octets = true;
        return run_call(*plan, {}, runner, {});
    }
};

}  // namespace

TEST_CASE("a call in parts has the results of a call alone, byte for byte") {
    const fixture here(64 << 20);
    for (const auto& [kernel, sizes] :
         {std::pair{"gemm_f32", std::vector<std::uint64_t>{37, 65, 130}},
          {"gemm_i8", {37, 65, 130}},
          {"exp_f32", {1'003}}}) {
        CAPTURE(kernel);
        const auto alone = here.run(kernel, sizes, 1);
        REQUIRE(alone.has_value());
        const std::string expected{alone->body()};
        CHECK_FALSE(expected.empty());
        for (const std::size_t parts : {2, 3, 4}) {
            const auto together = here.run(kernel, sizes, parts);
            REQUIRE(together.has_value());
            CHECK(together->body() == expected);
        }
    }
}

TEST_CASE("each part's own memory counts: where it is more than all bodies may have, it is 503") {
    const std::vector<std::uint64_t> sizes{8, 512, 512};
    const auto each = kernels::find_kernel("gemm_f32")->scratch_bytes(sizes);
    const fixture here(2 * each);
    CHECK(here.run("gemm_f32", sizes, 1).has_value());
    const auto refused = here.run("gemm_f32", sizes, 4);
    REQUIRE(refused.has_error());
    CHECK(refused.error().status == 503);
    CHECK(here.bodies.bytes_in_use() == 0);
}

TEST_CASE("an item takes less than to measure it, and what could not be measured is called long") {
    body_pool bodies(64 << 20);
    const auto begin = std::chrono::steady_clock::now();
    const auto measured = measure_kernels(bodies);
    const std::chrono::duration<double, std::nano> all = std::chrono::steady_clock::now() - begin;
    REQUIRE(measured.size() == kernels::catalogue().size());
    for (std::size_t i = 0; i < measured.size(); ++i) {
        CAPTURE(kernels::catalogue()[i].name);
        CHECK(measured[i] >= 0);
        CHECK(measured[i] < all.count());
    }
    // None that could not be measured is called short.
    body_pool none(0);
    for (const auto each : measure_kernels(none)) CHECK(each > all.count());
}
