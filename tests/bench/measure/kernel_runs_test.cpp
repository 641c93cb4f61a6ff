#include "bench/measure/kernel_runs.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <set>

#include "bench/claims/claims_kernels.hpp"
#include "bench/documents/document.hpp"
#include "bench/measure/time_budget.hpp"
#include "bench/measure/workload.hpp"

using namespace lanewise::bench;
namespace kernels = lanewise::kernels;

namespace {

lanewise::machine::facts small_machine() {
    lanewise::machine::facts machine;
    machine.caches = {{1, 8 << 10, 1}, {2, 64 << 10, 1}};
    machine.memory_bytes = std::uint64_t{64} << 20;
    machine.cpuset = lanewise::machine::read().cpuset;
    return machine;
}

}  // namespace

TEST_CASE("data fills half of each cache and a multiple of the last one") {
    lanewise::machine::facts machine;
    machine.caches = {{1, 32 << 10, 1}, {2, 1 << 20, 1}, {3, 32 << 20, 2}};
    machine.memory_bytes = std::uint64_t{32} << 30;
    const auto levels = levels_of(machine, false);
    REQUIRE(levels.size() == 4);
    CHECK(levels[0].name == "L1");
    CHECK(levels[0].bytes == 16 << 10);
    CHECK(levels[2].bytes == 16 << 20);
    CHECK(levels[3].name == "DRAM");
    CHECK(levels[3].bytes == 128 << 20);
    CHECK(levels_of({}, false).size() == 4);  // caches unknown
}

TEST_CASE(
    "levels that the cgroup's memory limit has no room for are left out, with what they need") {
    lanewise::machine::facts machine;
    machine.caches = {{1, 32 << 10, 1}, {2, 1 << 20, 1}, {3, 32 << 20, 2}};
    machine.memory_bytes = std::uint64_t{32} << 30;
    const auto names = [&](std::uint64_t limit_mib) {
        machine.memory_limit_bytes = limit_mib << 20;
        std::string text;
        for (const auto& one : levels_of(machine, true)) text += one.name + " ";
        return text;
    };
    CHECK(names(32'768) == "L1 L2 L3 DRAM ");
    CHECK(levels_left_out(machine, true).empty());
    CHECK(names(128) == "L1 L2 ");
    const auto left_out = levels_left_out(machine, true);
    REQUIRE(left_out.size() == 2);
    CHECK(left_out[0].what.name == "L3");
    CHECK(left_out[1].what.name == "DRAM");
    // With the limit that is asked for, the level is there; with a MiB less, it is not.
    for (const auto& one : left_out) {
        CAPTURE(one.what.name);
        const auto mebibytes = (one.limit_bytes_needed >> 20) + 1;
        CHECK(names(mebibytes).find(one.what.name) != std::string::npos);
        CHECK(names(mebibytes - 2).find(one.what.name) == std::string::npos);
    }
    CHECK(names(1) == "L1 ");
    // DRAM's data leave the last cache twice over, or there is no such level.
    for (std::uint64_t limit = 64; limit < 4096; limit *= 2) {
        machine.memory_limit_bytes = limit << 20;
        for (const auto& one : levels_of(machine, false)) {
            CHECK((one.name != "DRAM" || one.bytes >= 64 << 20));
            CHECK((one.name == "L1" || one.bytes <= *bytes_of_call_max(machine, 1)));
        }
    }
    machine.memory_limit_bytes.reset();
    CHECK(bytes_of_call_max(machine, 4) == std::nullopt);
    CHECK(levels_of(machine, false).size() == 4);
}

TEST_CASE("parameters come as near to the bytes as the kernel lets them, for every kernel") {
    for (const auto& kernel : kernels::catalogue()) {
        CAPTURE(std::string{kernel.name});
        const auto parameters = parameters_for(kernel, 1 << 20);
        REQUIRE(parameters);
        const auto size = size_of_call(kernel, *parameters);
        CHECK(size.bytes <= 1 << 20);
        CHECK(size.bytes >= 0.5 * (1 << 20));
        CHECK(size.items >= 1);
        CHECK((!kernel.refuses || kernel.refuses(*parameters).empty()));
    }
}

TEST_CASE("dot_f32 splits the bytes between its two arrays, in whole vectors") {
    const auto* kernel = kernels::find_kernel("dot_f32");
    REQUIRE(kernel);
    const auto parameters = parameters_for(*kernel, 16 << 10);
    REQUIRE(parameters);
    CHECK(parameters->front() ==
          2048 - 64);  // 2,048 pairs and the result would be four bytes too many
    CHECK(size_of_call(*kernel, *parameters).text == "n:1984");
    CHECK(parameters_for(*kernel, 3) == std::nullopt);
}

TEST_CASE("workloads share one pool: arrays of a call lie apart, and stay where they are") {
    data_pool pool{std::size_t{1} << 20};
    auto* floats = pool.inputs(kernels::element_type::f32, 100);
    const auto first = *reinterpret_cast<const float*>(floats);
    CHECK(first >= -1);
    CHECK(first < 1);
    CHECK(pool.inputs(kernels::element_type::f32, std::size_t{1} << 20) == floats);
    CHECK(*reinterpret_cast<const float*>(floats) == first);
    CHECK(pool.inputs(kernels::element_type::i8, 100) != floats);
    CHECK(pool.outputs(std::size_t{1} << 20) != floats);
    CHECK_THROWS_AS(static_cast<void>(pool.outputs(std::size_t{4} << 20)), std::bad_alloc);
    // Every kernel runs in it at the size that fills it, one after the other.
    for (const auto& kernel : kernels::catalogue()) {
        CAPTURE(std::string{kernel.name});
        const auto parameters = parameters_for(kernel, std::size_t{1} << 16);
        REQUIRE(parameters);
        workload{kernel, *parameters, pool}.run(kernels::variants().front().runnable
                                                    ? kernels::variants().front()
                                                    : kernels::variants().back());
    }
    CHECK(*reinterpret_cast<const float*>(floats) == first);  // inputs are read only
}

TEST_CASE("the time of a run is shared out by its budget, not by the number of kernels") {
    // 44 or 176 cases, nine times each: what they are given fits half of the budget.
    for (const std::size_t cases : {44UL, 176UL, 1000UL}) {
        CAPTURE(cases);
        const double each = seconds_of_repetition(60, cases * 9);
        CHECK((each * static_cast<double>(cases) * 9 <= 30.0001 || each == 0.002));
        CHECK(each <= 0.02);
    }
    CHECK(seconds_of_repetition(60, 0) == 0.02);
    CHECK(seconds_of_call_max(60, 9) == doctest::Approx(0.2));
}

TEST_CASE("a run has every runnable variant at every level, in Google Benchmark's own JSON") {
    kernel_run_options options;
    options.kernels = {"sum_f32"};
    options.repetitions = 3;
    options.seconds = 0.0001;
    auto content = new_document(std::vector<std::string>{"lanewise-bench", "run"});
    content["kernels"] = run_kernels(small_machine(), options);
    const auto parsed = parse_document("a.json", document_text(content));
    REQUIRE(std::holds_alternative<document>(parsed));

    std::set<std::pair<std::string, std::string>> found;
    const auto rates = kernel_rates(std::get<document>(parsed));
    for (const auto& rate : rates) {
        CHECK(rate.kernel == "sum_f32");
        CHECK(rate.items_per_second.count == 3);
        CHECK(rate.items_per_second.median > 0);
        CHECK(rate.bytes_per_second > 0);
        CHECK(rate.unranked);  // three repetitions are too few
        found.emplace(rate.variant, rate.level);
    }
    std::size_t runnable = 0;
    for (const auto& variant : kernels::variants()) runnable += variant.runnable ? 1 : 0;
    CHECK(found.size() == runnable * 3);
    CHECK(rates.size() == found.size());
}
