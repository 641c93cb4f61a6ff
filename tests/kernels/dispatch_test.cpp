// Which variant is chosen, and what force_variant refuses.
#include <doctest/doctest.h>

#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "kernels/kernels.hpp"

namespace kernels = lanewise::kernels;

namespace {

// Chosen before main, which is too late for a static object: a call must work there too.
const float early_sum = [] {
    const float ones[] = {1.0F, 1.0F, 1.0F};
    return kernels::sum_f32(ones);
}();

}  // namespace

TEST_CASE("the kernels answer in another file's initialiser") {
    CHECK(early_sum == 3.0F);
}

TEST_CASE("portable is last and always runs; each variant that does not says what is missing") {
    const auto list = kernels::variants();
    REQUIRE(list.size() >= 2);
    CHECK(list.back().name == "portable");
    CHECK(list.back().runnable);
    std::set<std::string_view> names;
    for (const auto& each : list) {
        CAPTURE(each.name);
        CHECK(names.insert(each.name).second);
        CHECK(each.runnable == each.lacks.empty());
    }
}

TEST_CASE("the first that runs is chosen") {
    if (std::getenv("LANEWISE_ISA")) return;
    for (const auto& each : kernels::variants()) {
        if (!each.runnable) continue;
        CHECK(kernels::active_variant() == each.name);
        break;
    }
    // The test's environment knows which CPU it runs on.
    if (const char* expected = std::getenv("LANEWISE_TEST_CHOICE"))
        CHECK(kernels::active_variant() == expected);
}

TEST_CASE("an unknown name is refused with the names that exist, and changes nothing") {
    const std::string before(kernels::active_variant());
    for (const char* name : {"", "sse9", "AVX2", "portable "}) {
        const auto problem = kernels::force_variant(name);
        REQUIRE(problem);
        CHECK(problem->find(std::string{"'"} + name + "'") != std::string::npos);
        for (const auto& each : kernels::variants())
            CHECK(problem->find(each.name) != std::string::npos);
    }
    CHECK(kernels::active_variant() == before);
}

TEST_CASE(
    "a variant that runs can be forced; one that does not is refused with what it lacks and what "
    "runs") {
    const std::string before(kernels::active_variant());
    for (const auto& each : kernels::variants()) {
        CAPTURE(each.name);
        const std::string active(kernels::active_variant());
        const auto problem = kernels::force_variant(each.name);
        if (each.runnable) {
            CHECK_FALSE(problem);
            CHECK(kernels::active_variant() == each.name);
        } else {
            REQUIRE(problem);
            CHECK(problem->find(each.lacks) != std::string::npos);
            CHECK(problem->find("it runs ") != std::string::npos);
            CHECK(problem->find("portable") != std::string::npos);
            CHECK(kernels::active_variant() == active);
        }
    }
    REQUIRE_FALSE(kernels::force_variant(before));
}

TEST_CASE("at most one SVE length runs, the machine's own") {
    std::set<std::string_view> lengths;  // "sve256" of sve256 and sve256_i8mm
    for (const auto& each : kernels::variants()) {
        if (each.name.starts_with("sve") && each.runnable)
            lengths.insert(each.name.substr(0, each.name.find('_')));
    }
    CHECK(lengths.size() <= 1);
    if (const char* refused = std::getenv("LANEWISE_TEST_REFUSED")) {
        const auto problem = kernels::force_variant(refused);
        REQUIRE(problem);
        if (const char* why = std::getenv("LANEWISE_TEST_REFUSED_WHY")) {
            CHECK(problem->find(why) != std::string::npos);
        }
    }
}
