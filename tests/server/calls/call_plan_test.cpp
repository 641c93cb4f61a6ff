#include "server/calls/call_plan.hpp"

#include <doctest/doctest.h>

#include "server/calls/kernel_run.hpp"

using namespace lanewise::server;
namespace kernels = lanewise::kernels;

namespace {

// Two nanoseconds for each item of every kernel, and three threads that help.
struct fixture {
    body_pool bodies{64 << 20};
    generated_inputs generated{bodies, 16 << 20};
    compute_pool threads{3, 10};
    kernel_runner runner{
        bodies, generated, 1 << 20, {}, std::vector<double>(kernels::catalogue().size(), 2.0)};

    kernel_query query(const char* kernel, kernel_query::input from) const {
        kernel_query result;
        result.kernel = kernels::find_kernel(kernel);
        REQUIRE(result.kernel != nullptr);
        result.from = from;
        result.given.resize(result.kernel->parameters.size());
        return result;
    }
};

}  // namespace

TEST_CASE("a body of octets is planned by its length, and one that fits no size has no plan") {
    const fixture here;
    const auto query = here.query("sum_f32", kernel_query::input::octets);
    const auto plan = plan_call(query, 4'000, here.runner);
    REQUIRE(plan.has_value());
    CHECK(plan->sizes[0] == 1'000);
    CHECK(plan->run_nanoseconds == 2'000);
    CHECK_FALSE(plan->answers_in_octets);  // one number
    CHECK(plan->parts == 1);
    const auto unfit = plan_call(query, 4'001, here.runner);
    REQUIRE_FALSE(unfit.has_value());
    CHECK(unfit.error().status == 422);
    CHECK(plan_call(query, 4 << 20, here.runner).has_value());  // as many elements as there may be
    const auto large = plan_call(query, (4 << 20) + 4, here.runner);
    REQUIRE_FALSE(large.has_value());
    CHECK(large.error().status == 413);
}

TEST_CASE("the answer has the form of the question, where the client takes either") {
    const fixture here;
    CHECK(plan_call(here.query("exp_f32", kernel_query::input::octets), 40, here.runner)
              ->answers_in_octets);
    auto generated = here.query("exp_f32", kernel_query::input::generated);
    generated.given[0] = 1'024;
    CHECK_FALSE(plan_call(generated, 0, here.runner)->answers_in_octets);
    generated.given[0] = 1'025;
    CHECK(plan_call(generated, 0, here.runner)->answers_in_octets);
    generated.takes_octets = false;
    CHECK_FALSE(plan_call(generated, 0, here.runner)->answers_in_octets);
    generated.takes_octets = generated.prefers_octets = true;
    generated.given[0] = 1;
    CHECK(plan_call(generated, 0, here.runner)->answers_in_octets);
}

TEST_CASE("a call costs its input, its run and its output, which in text is many times of octets") {
    const fixture here;
    auto query = here.query("exp_f32", kernel_query::input::generated);
    query.given[0] = 1'000;
    const auto text = plan_call(query, 0, here.runner);
    query.prefers_octets = true;
    const auto octets = plan_call(query, 0, here.runner);
    CHECK(text->input_nanoseconds == octets->input_nanoseconds);
    CHECK(text->run_nanoseconds == octets->run_nanoseconds);
    CHECK(text->output_nanoseconds > 20 * octets->output_nanoseconds);
    for (const auto& plan : {text, octets}) {
        CHECK(plan->nanoseconds() > plan->run_nanoseconds + plan->output_nanoseconds);
        CHECK(plan->nanoseconds() > plan->run_nanoseconds + plan->input_nanoseconds);
    }
}

TEST_CASE("a JSON body is planned by its length alone, and settled by the sizes that it states") {
    const fixture here;
    auto plan = plan_call(here.query("sum_f32", kernel_query::input::json), 1'000, here.runner);
    REQUIRE(plan.has_value());
    CHECK(plan->sizes.empty());
    CHECK(plan->run_nanoseconds == 1'000);  // at least two bytes an element
    CHECK(plan->input_nanoseconds > 1'000);
    REQUIRE(settle(*plan, {100}, here.runner).has_value());
    CHECK(plan->run_nanoseconds == 200);
    CHECK(settle(*plan, {2 << 20}, here.runner).error().status == 413);
}

TEST_CASE(
    "generated inputs cost their making unless they are there, and have bounds of their own") {
    fixture here;
    auto query = here.query("sum_f32", kernel_query::input::generated);
    CHECK(plan_call(query, 0, here.runner).error().status == 422);  // n is missing
    query.given[0] = 10'000;
    CHECK(plan_call(query, 0, here.runner)->input_nanoseconds > 0);
    const auto plan = plan_call(query, 0, here.runner);
    REQUIRE(run_call(*plan, {}, here.runner, {}).has_value());
    CHECK(plan_call(query, 0, here.runner)->input_nanoseconds == 0);
    query.given[0] = 2 << 20;
    CHECK(plan_call(query, 0, here.runner).error().status == 422);
}

TEST_CASE("a call is split into as many parts as it asks for, where it is long and can be split") {
    fixture here;
    auto query = here.query("exp_f32", kernel_query::input::generated);
    query.given[0] = 200'000;
    query.threads = 3;
    CHECK(plan_call(query, 0, here.runner)->parts == 1);  // nobody helps
    here.runner.compute = &here.threads;
    CHECK(plan_call(query, 0, here.runner)->parts == 3);
    query.threads = 1;
    CHECK(plan_call(query, 0, here.runner)->parts == 1);
    query.threads = 3;
    query.given[0] = 25'000;
    CHECK(plan_call(query, 0, here.runner)->parts == 1);  // too short
}
