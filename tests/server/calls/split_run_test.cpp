// One call computed by several threads: each row once, in memory of its part alone.
#include "server/calls/split_run.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <latch>
#include <memory>
#include <numeric>
#include <vector>

using namespace lanewise;
using namespace lanewise::server;

namespace {

constexpr std::size_t scratch_bytes = 256;

std::latch* all_run = nullptr;  // parts wait for it, where a test sets it

// A kernel for the test alone: counts in its output how often each row was computed, if nobody
// else wrote to the part's scratch memory meanwhile.
void count_rows(const kernels::table&, const kernels::arguments& call, std::size_t first,
                std::size_t last) {
    auto* const counts = static_cast<std::uint8_t*>(call.outputs[0]);
    const auto mark = static_cast<int>(first % 251 + 1);
    if (call.scratch != nullptr) std::memset(call.scratch, mark, scratch_bytes);
    if (all_run != nullptr) all_run->arrive_and_wait();
    if (call.scratch != nullptr) {
        const auto* const bytes = static_cast<const std::uint8_t*>(call.scratch);
        for (std::size_t i = 0; i < scratch_bytes; ++i) {
            if (bytes[i] != mark) return;
        }
    }
    for (std::size_t row = first; row < last; ++row) ++counts[row];
}

const kernels::kernel& kernel_of_rows() {
    static const kernels::kernel made = [] {
        kernels::kernel one = *kernels::find_kernel("exp_f32");
        one.rows = [](std::span<const std::uint64_t> parameters) -> std::size_t {
            return parameters[0];
        };
        one.run_rows = count_rows;
        return one;
    }();
    return made;
}

std::vector<std::uint8_t> counts_of(std::uint64_t rows, std::size_t parts, compute_pool& pool,
                                    bool with_scratch = true) {
    std::vector<std::uint8_t> counts(rows);
    std::vector<std::byte> scratch(with_scratch ? parts * scratch_bytes : 0);
    const std::uint64_t sizes[] = {rows};
    void* const outputs[] = {counts.data()};
    split_run(kernel_of_rows(),
              {.parameters = sizes,
               .inputs = {},
               .outputs = outputs,
               .scratch = with_scratch ? scratch.data() : nullptr},
              parts, scratch_bytes, pool);
    return counts;
}

}  // namespace

TEST_CASE("each row is computed once, in however many parts and with however few threads") {
    for (const std::size_t threads : {1, 3}) {
        compute_pool pool(threads, 10);
        for (const std::size_t rows : {1, 2, 7, 64, 1'000}) {
            for (std::size_t parts = 1; parts <= std::min<std::size_t>(rows, 9); ++parts) {
                CAPTURE(rows);
                CAPTURE(parts);
                CHECK(counts_of(rows, parts, pool) == std::vector<std::uint8_t>(rows, 1));
                CHECK(counts_of(rows, parts, pool, false) == std::vector<std::uint8_t>(rows, 1));
            }
        }
    }
}

TEST_CASE("parts that run at the same time have scratch memory of their own") {
    compute_pool pool(3, 10);
    std::latch together(4);
    all_run = &together;
    const auto counts = counts_of(100, 4, pool);
    all_run = nullptr;
    CHECK(counts == std::vector<std::uint8_t>(100, 1));
}

TEST_CASE("a call needs no thread of the pool: all parts are computed where it was asked") {
    compute_pool pool(1, 10);
    std::latch held(1), started(1);
    REQUIRE(pool.submit([&] {
        started.count_down();
        held.wait();
    }));
    started.wait();
    CHECK(counts_of(100, 4, pool) == std::vector<std::uint8_t>(100, 1));
    held.count_down();
    pool.stop();
    CHECK(counts_of(100, 4, pool) == std::vector<std::uint8_t>(100, 1));
}
