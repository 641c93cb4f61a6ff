// From a Prometheus' answers to counts by window: resets count, gaps are neither zero nor bridged,
// duplicates are named, and what is no answer is said.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <string_view>

#include "bench/live/gathering.hpp"
#include "bench/live/presets.hpp"
#include "bench/live/prometheus.hpp"
#include "tests/bench/load/scripted_server.hpp"

using namespace lanewise::bench;
using namespace lanewise::bench::live;

namespace {

constexpr double missing = -1;

/// A process' counters at the ends of windows; `missing`: no sample.
struct process {
    std::string pool, name;
    std::vector<double> requests, errors, cpu;
    std::vector<double> resets{}, increase{};
    std::string job = "shop";
};

/// Answers as a Prometheus does whose processes are these.
class stand_in {
public:
    std::vector<process> processes;
    std::vector<std::pair<std::string, std::vector<double>>> buckets;  ///< "amd64 0.1" and counts
    std::vector<std::string> warnings;
    std::string emulated;
    bool errors_exist = true;
    double emulated_value = 1;
    std::vector<std::string> asked;
    std::vector<time_range> ranges;

    range_answer operator()(const std::string& promql, const time_range& over) {
        asked.push_back(promql);
        ranges.push_back(over);
        range_answer made;
        made.warnings = warnings;
        const auto has = [&](const char* part) { return promql.find(part) != std::string::npos; };
        const auto add = [&](std::map<std::string, std::string> labels,
                             const std::vector<double>& values) {
            time_series series{std::move(labels), {}};
            for (std::size_t i = 0; i < values.size(); ++i) {
                if (values[i] != missing)
                    series.values.emplace_back(over.start + static_cast<double>(i) * over.step,
                                               values[i]);
            }
            if (!series.values.empty()) made.series.push_back(std::move(series));
        };
        if (has("emulated")) {
            if (!emulated.empty()) add({{"arch", emulated}}, {emulated_value});
            return made;
        }
        if (has("count(")) {
            if (errors_exist) add({}, {1});
            return made;
        }
        if (has(", le)")) {
            for (const auto& [name, counts] : buckets) {
                const auto space = name.find(' ');
                add({{"arch", name.substr(0, space)}, {"le", name.substr(space + 1)}}, counts);
            }
            return made;
        }
        for (const auto& one : processes) {
            std::map<std::string, std::string> labels{{"instance", one.name}, {"job", one.job}};
            if (!one.pool.empty()) labels["arch"] = one.pool;
            const bool errors = has("5xx") || has("_failed");
            if (has("resets(")) {
                add(labels, one.resets);
            } else if (has("increase(")) {
                add(labels, errors || has("cpu") ? std::vector<double>{} : one.increase);
            } else if (has("cpu")) {
                add(labels, one.cpu);
            } else {
                add(labels, errors ? one.errors : one.requests);
            }
        }
        return made;
    }
};

live_section gathered(stand_in& from, std::size_t windows, const std::string& preset = "lanewise") {
    gather_options options;
    options.series = preset_named(preset);
    options.start = 1'000'000;
    options.window_seconds = 60;
    options.windows = windows;
    return gather(options,
                  [&](const auto& promql, const auto& over) { return from(promql, over); });
}

std::uint64_t omitted(const live_section& section, const std::string& what) {
    for (const auto& one : section.omissions) {
        if (one.what.find(what) != std::string::npos) return one.count;
    }
    return 0;
}

const live_pool& pool(const live_section& section, std::string_view name) {
    return *std::ranges::find(section.pools, name, &live_pool::name);
}

/// The message of what was thrown.
template <class Act>
std::string complaint(const Act& act) {
    try {
        act();
    } catch (const std::exception& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("counts are differences of what the processes said, added up by pool") {
    stand_in from;
    from.processes = {{"amd64", "a1", {100, 160, 260}, {1, 1, 3}, {5, 6, 8}},
                      {"amd64", "a2", {10, 20, 30}, {0, 0, 0}, {1, 2, 3}},
                      {"arm64", "b1", {7, 8, 10}, {}, {2, 2.5, 3}}};
    const auto made = gathered(from, 2);
    CHECK(made.baseline == "amd64");
    CHECK(made.candidate == "arm64");
    const auto& amd64 = pool(made, "amd64");
    CHECK(amd64.targets == 2);
    CHECK(amd64.requests[0] == 70.0);
    CHECK(amd64.requests[1] == 110.0);
    CHECK(amd64.errors[0] == 0.0);
    CHECK(amd64.errors[1] == 2.0);
    CHECK(amd64.cpu_seconds[1] == 3.0);
    // A class of status without a series has no count: no error, not "unknown".
    CHECK(pool(made, "arm64").errors[1] == 0.0);
    CHECK(made.omissions.empty());
}

TEST_CASE("an error class whose series begins is counted from zero") {
    stand_in from;
    from.processes = {{"amd64", "a", {0, 10, 20}, {missing, missing, 4}, {}},
                      {"arm64", "b", {0, 10, 20}, {}, {}}};
    const auto made = gathered(from, 2);
    CHECK(pool(made, "amd64").errors[0] == 0.0);
    CHECK(pool(made, "amd64").errors[1] == 4.0);
}

TEST_CASE("a counter that was reset counts from there on, and is named") {
    stand_in from;
    from.processes = {{"amd64", "a", {100, 200, 30, 90}, {9, 9, 2, 2}, {50, 60, 3, 9}},
                      {"arm64", "b", {1, 2, 3, 4}, {}, {1, 2, 3, 4}}};
    auto made = gathered(from, 3);
    CHECK(pool(made, "amd64").requests[1] == 30.0);
    CHECK(pool(made, "amd64").errors[1] == 2.0);
    CHECK(pool(made, "amd64").cpu_seconds[1] == 3.0);
    CHECK(pool(made, "amd64").requests[2] == 60.0);
    CHECK(omitted(made, "counter reset") == 1);
    // What the Prometheus knows from the samples within the window is more.
    from.processes[0].increase = {missing, 100, 75, 60};
    CHECK(pool(gathered(from, 3), "amd64").requests[1] == 75.0);
    // A restart that overtook the old count shows in its resets alone.
    from.processes[0].requests = {100, 200, 230, 290};
    from.processes[0].resets = {0, 0, 1, 0};
    from.processes[0].increase = {missing, 100, 250, 60};
    CHECK(pool(gathered(from, 3), "amd64").requests[1] == 250.0);
}

TEST_CASE("a gap is neither zero nor bridged") {
    stand_in from;
    from.processes = {{"amd64", "a", {10, 20, missing, 500, 510}, {}, {1, 2, missing, 4, 5}},
                      {"arm64", "b", {1, 2, 3, 4, 5}, {}, {1, 2, 3, 4, 5}}};
    const auto made = gathered(from, 4);
    const auto& amd64 = pool(made, "amd64");
    CHECK(amd64.requests[0] == 10.0);
    CHECK_FALSE(amd64.requests[1]);
    CHECK_FALSE(amd64.requests[2]);
    CHECK(amd64.requests[3] == 10.0);
    CHECK(omitted(made, "has a gap") == 1);
}

TEST_CASE("a process that vanishes leaves no window, and a new one begins with what is known") {
    stand_in from;
    from.processes = {{"amd64", "a", {10, 20, 30, 40}, {}, {}},
                      {"arm64", "b", {10, 20, missing, missing}, {}, {}},
                      {"arm64", "c", {missing, missing, 1000, 1020}, {}, {}}};
    from.processes[2].increase = {missing, missing, 15, 20};
    const auto made = gathered(from, 3);
    const auto& arm64 = pool(made, "arm64");
    CHECK(arm64.targets == 2);
    CHECK(arm64.requests[0] == 10.0);
    CHECK(arm64.requests[1] == 15.0);  // not 1,000: it may have begun before it was scraped
    CHECK(arm64.requests[2] == 20.0);
    CHECK(omitted(made, "gap") == 0);
}

TEST_CASE("a window in which one process lacks its CPU time has none for the pool") {
    stand_in from;
    from.processes = {{"amd64", "a", {1, 2, 3}, {}, {1, 2, 3}},
                      {"amd64", "b", {1, 2, 3}, {}, {1, missing, 3}},
                      {"arm64", "c", {1, 2, 3}, {}, {1, 2, 3}}};
    const auto made = gathered(from, 2);
    CHECK_FALSE(pool(made, "amd64").cpu_seconds[0]);
    CHECK_FALSE(pool(made, "amd64").cpu_seconds[1]);
    CHECK(pool(made, "arm64").cpu_seconds[1] == 1.0);
    CHECK(omitted(made, "without all CPU seconds") == 2);
}

TEST_CASE("a process that two jobs scrape counts once") {
    stand_in from;
    from.processes = {{"amd64", "a", {1, 11}, {}, {}},
                      {"amd64", "a", {1, 11}, {}, {}, {}, {}, "shop-too"},
                      {"arm64", "b", {1, 2}, {}, {}}};
    const auto made = gathered(from, 1);
    CHECK(pool(made, "amd64").requests[0] == 10.0);
    CHECK(omitted(made, "another job") == 1);
}

TEST_CASE("series without a pool, and other pools, are left out and counted") {
    stand_in from;
    from.processes = {{"amd64", "a", {1, 2}, {}, {}},
                      {"arm64", "b", {1, 2}, {}, {}},
                      {"s390x", "c", {1, 2}, {}, {}},
                      {"", "d", {1, 2}, {}, {}}};
    const auto made = gathered(from, 1);
    CHECK(made.pools.size() == 2);
    CHECK(omitted(made, "pools beside") == 1);
    CHECK(omitted(made, "without the label arch") > 0);
}

TEST_CASE("buckets come in any order, their bounds are numbers, and all lie within each other") {
    stand_in from;
    from.processes = {{"amd64", "a", {0, 100}, {}, {}}, {"arm64", "b", {0, 100}, {}, {}}};
    from.buckets = {{"amd64 +Inf", {0, 100}}, {"amd64 0.5", {0, 90}},  {"amd64 0.05", {0, 40}},
                    {"arm64 0.5", {0, 95}},   {"arm64 +Inf", {0, 99}}, {"arm64 5e-2", {0, 20}},
                    {"arm64 0.050", {0, 5}},  {"arm64 2", {0, 99}},    {"arm64 soon", {0, 99}}};
    const auto made = gathered(from, 1);
    REQUIRE(made.bounds_seconds == std::vector<double>{0.05, 0.5});  // 2 is one pool's alone
    CHECK(pool(made, "amd64").buckets[0] == std::vector<double>{40, 90, 100});
    CHECK(pool(made, "arm64").buckets[0] == std::vector<double>{25, 95, 99});
    CHECK(omitted(made, "without a bound that is a number") == 1);
}

TEST_CASE("what is no histogram says nothing of latencies") {
    stand_in from;
    from.processes = {{"amd64", "a", {0, 100}, {}, {}}, {"arm64", "b", {0, 100}, {}, {}}};
    SUBCASE("no bucket for all") {
        from.buckets = {{"amd64 0.5", {0, 90}}, {"arm64 0.5", {0, 90}}};
        const auto made = gathered(from, 1);
        CHECK(made.bounds_seconds.empty());
        CHECK(omitted(made, "lack a bucket for all") == 1);
    }
    SUBCASE("a larger bucket that counts less") {
        from.buckets = {{"amd64 0.5", {0, 90}},
                        {"amd64 +Inf", {0, 40}},
                        {"arm64 0.5", {0, 90}},
                        {"arm64 +Inf", {0, 89.5}}};
        const auto made = gathered(from, 1);
        CHECK(pool(made, "amd64").buckets[0].empty());
        CHECK(pool(made, "arm64").buckets[0] == std::vector<double>{90, 90});
        CHECK(omitted(made, "no histogram") == 1);
    }
    SUBCASE("none at all") {
        CHECK(gathered(from, 1).bounds_seconds.empty());
    }
}

TEST_CASE("durations of a preset in milliseconds are told in seconds") {
    stand_in from;
    CHECK(preset_named("envoy").duration_unit_seconds == 1e-3);
    CHECK(preset_named("istio").duration_unit_seconds == 1e-3);
}

TEST_CASE("an emulated pool is marked") {
    stand_in from;
    from.processes = {{"amd64", "a", {0, 1}, {}, {}}, {"arm64", "b", {0, 1}, {}, {}}};
    from.emulated = "arm64";
    const auto made = gathered(from, 1);
    CHECK(pool(made, "arm64").emulated);
    CHECK_FALSE(pool(made, "amd64").emulated);
}

TEST_CASE("an error counter that does not exist is a failure, never no errors") {
    stand_in from;
    from.processes = {{"amd64", "a", {0, 1}, {}, {}}, {"arm64", "b", {0, 1}, {}, {}}};
    from.errors_exist = false;
    gather_options options;
    options.series =
        parse_preset("own", R"({"requests": "rq_total", "errors": "rq_failed_total"})");
    options.window_seconds = 60;
    options.windows = 1;
    const auto told = complaint([&] {
        (void)gather(options, [&](const auto& q, const auto& over) { return from(q, over); });
    });
    CHECK(told.find("no series of rq_failed_total") != std::string::npos);
}

TEST_CASE("no data is a failure; a pool that has not begun is none") {
    stand_in from;
    CHECK(complaint([&] { (void)gathered(from, 1); }).find("has no series of") !=
          std::string::npos);
    from.processes = {{"amd64", "a", {0, 1}, {}, {}}};
    const auto made = gathered(from, 1);
    CHECK(made.candidate == "arm64");
    CHECK(pool(made, "arm64").targets == 0);
    CHECK_FALSE(pool(made, "arm64").requests[0]);
}

TEST_CASE("pools of names that say no architecture must be named") {
    stand_in from;
    from.processes = {{"blue", "a", {0, 1}, {}, {}}, {"green", "b", {0, 1}, {}, {}}};
    CHECK(complaint([&] { (void)gathered(from, 1); }) ==
          "--baseline is needed: the label arch has blue, green");
}

TEST_CASE("matchers join a selector's own") {
    CHECK(with_matchers("a_total", "") == "a_total");
    CHECK(with_matchers("a_total", "x=\"1\"") == "a_total{x=\"1\"}");
    CHECK(with_matchers("a_total{b=~\"5..\"}", "x=\"1\"") == "a_total{b=~\"5..\",x=\"1\"}");
    CHECK(complaint([] { (void)with_matchers("rate(a[5m])", ""); }).find("no selector") !=
          std::string::npos);
}

TEST_CASE("a preset of a file is judged by its members") {
    const auto one =
        parse_preset("f", R"({"requests": "a", "errors": "a{code=\"5\"}", "pool_label": "zone",
                "target_labels": ["pod"], "durations": "b_bucket", "duration_unit_seconds": 0.001})");
    CHECK(one.pool_label == "zone");
    CHECK(one.target_labels == std::vector<std::string>{"pod"});
    const std::pair<const char*, const char*> wrong[]{
        {"[]", "is no JSON object"},
        {R"({"errors": "a"})", "field requests: is missing"},
        {R"({"requests": "a"})", "field errors: is missing"},
        {R"x({"requests": "rate(a[1m])", "errors": "a"})x", "is no selector"},
        {R"({"requests": "a", "errors": "a", "erors": "a"})", "did you mean"},
        {R"({"requests": "a", "errors": "a", "pool_label": "a b"})", "no name of a label"},
        {R"({"requests": "a", "errors": "a", "target_labels": []})", "is no list of labels"},
        {R"({"requests": "a", "errors": "a", "duration_unit_seconds": 0})", "is no number"},
        {R"({"requests": 5, "errors": "a"})", "is no text"}};
    for (const auto& [text, words] : wrong) {
        CAPTURE(text);
        CHECK(complaint([&] { (void)parse_preset("f", text); }).find(words) != std::string::npos);
    }
    CHECK(complaint([] { (void)preset_named("envoi"); }).find("did you mean \"envoy\"") !=
          std::string::npos);
}

TEST_CASE("an answer's values are numbers in text; what is not finite is counted") {
    const auto answer = read_range_answer(
        R"({"status":"success","warnings":["partial"],"data":{"resultType":"matrix","result":[
            {"metric":{"arch":"amd64"},"values":[[1.5,"1e3"],[2.5,"NaN"],[3.5,"+Inf"],[4.5,"-7"]]},
            {"metric":{"arch":"amd64"},"values":[[1.5,"1"]]},
            {"metric":{},"histograms":[[1,{}]]}]}})");
    REQUIRE(answer.series.size() == 1);
    CHECK(answer.series[0].values ==
          std::vector<std::pair<double, double>>{{1.5, 1000}, {4.5, -7}});
    CHECK(answer.not_finite == 2);
    CHECK(answer.duplicates == 1);
    CHECK(answer.native_histograms == 1);
    CHECK(answer.warnings == std::vector<std::string>{"partial"});
}

TEST_CASE("what is no answer is a failure with the server's own words") {
    const std::pair<const char*, const char*> wrong[]{
        {"", "sent no JSON"},
        {"<html>", "sent no JSON"},
        {"[]", "sent no JSON"},
        {"{}", "no answer to a query"},
        {R"({"status":"error","errorType":"bad_data","error":"unexpected end"})",
         "refused the question (bad_data): unexpected end"},
        {R"({"status":"success","data":{"resultType":"vector","result":[]}})", "another kind"},
        {R"({"status":"success","data":{"resultType":"matrix","result":{}}})", "no list"},
        {R"({"status":"success","data":{"resultType":"matrix","result":[{}]}})", "without labels"},
        {R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":1}}]}})",
         "a label that is no text"},
        {R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[1]}]}})",
         "a value that is none"},
        {R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"x"]]}]}})",
         "no number"},
        {R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,2]]}]}})",
         "no number"},
        {R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[2,"1"],[1,"1"]]}]}})",
         "not in the order of time"},
        {"{\"a\":[[[[[[[[[[[[[[]]]]]]]]]]]]]]}", "sent no JSON"}};
    for (const auto& [body, words] : wrong) {
        CAPTURE(body);
        CHECK(complaint([&] { (void)read_range_answer(body); }).find(words) != std::string::npos);
    }
    CHECK(read_range_answer(R"({"status":"success","data":{"resultType":"matrix","result":[]}})")
              .series.empty());
}

TEST_CASE("a query is percent-encoded whole") {
    CHECK(percent_encoded("a{b=~\"5..\"}[5m] + 1") == "a%7Bb%3D~%225..%22%7D%5B5m%5D%20%2B%201");
    CHECK(percent_encoded("\xc3\xa4&\n") == "%C3%A4%26%0A");
}

TEST_CASE("an address of a Prometheus is its root, whatever is copied from a browser") {
    const auto name = [](const char* url) { return prometheus{{url, "", {}, {}}}.name(); };
    CHECK(name("http://p:9090") == "http://p:9090");
    CHECK(name("http://p:9090/") == "http://p:9090");
    CHECK(name("http://p:9090/graph") == "http://p:9090");
    CHECK(name("http://p:9090/prom/api/v1/") == "http://p:9090/prom");
    CHECK(complaint([&] { (void)name("http://p:9090/?x=1"); }).find("without a query") !=
          std::string::npos);
    CHECK_FALSE(complaint([&] { (void)name("http://user:secret@p:9090"); }).empty());
}

TEST_CASE("nodes of an architecture are counted by instance type, OpenCost's dollars beside them") {
    gather_options options;
    options.window_seconds = 60;
    options.windows = 2;
    const auto nodes = nodes_seen(options, [](const std::string& promql, const time_range& over) {
        range_answer made;
        if (promql.find("kube_node_labels") != std::string::npos) {
            made.series = {{{{"label_kubernetes_io_arch", "arm64"},
                             {"label_node_kubernetes_io_instance_type", "m7g.xlarge"}},
                            {{over.start, 2}, {over.end, 4}}},
                           {{{"label_kubernetes_io_arch", "amd64"}}, {{over.start, 2}}}};
        } else {
            made.series = {{{{"arch", "arm64"}}, {{over.start, 0.4}, {over.end, 0.6}}}};
        }
        return made;
    });
    REQUIRE(nodes.contains("arm64"));
    CHECK(nodes.at("arm64").by_instance.at("m7g.xlarge") == 3);
    CHECK(nodes.at("arm64").usd_per_hour == doctest::Approx(0.5));
    CHECK_FALSE(nodes.contains("amd64"));
}

TEST_CASE("a question goes from the first window's begin to the last one's end") {
    stand_in from;
    from.processes = {{"amd64", "a", {0, 1, 2}, {}, {}}, {"arm64", "b", {0, 1, 2}, {}, {}}};
    from.warnings = {"partial", "old"};
    const auto made = gathered(from, 2);
    CHECK(made.start == 1'000'000);
    CHECK(made.windows == 2);
    CHECK(made.window_seconds == 60);
    for (const auto& one : from.ranges) {
        CHECK(one.start == 1'000'000);
        CHECK(one.end == 1'000'120);
        CHECK(one.step == 60);
    }
    CHECK(made.warnings == std::vector<std::string>{"partial", "old"});  // each once
}

TEST_CASE("values off the grid of windows, before it or behind it do not count") {
    stand_in from;
    from.processes = {{"amd64", "a", {0, 10, 20}, {}, {}}, {"arm64", "b", {0, 10, 20}, {}, {}}};
    const auto requests_with = [&](double shift, std::size_t which) {
        gather_options options;
        options.series = preset_named("lanewise");
        options.start = 1'000'000;
        options.window_seconds = 60;
        options.windows = 2;
        const auto made = gather(options, [&](const std::string& promql, const auto& over) {
            auto answer = from(promql, over);
            for (auto& one : answer.series) {
                if (which < one.values.size()) one.values[which].first += shift;
            }
            return answer;
        });
        return pool(made, "amd64").requests;
    };
    using counts = std::vector<std::optional<double>>;
    CHECK(requests_with(0, 0) == counts{10, 10});
    CHECK(requests_with(0.5, 1) == counts{10, 10});
    CHECK(requests_with(-0.5, 1) == counts{10, 10});
    CHECK(requests_with(1, 2)[1] == std::nullopt);
    CHECK(requests_with(-1, 2)[1] == std::nullopt);
    CHECK(requests_with(60, 2)[1] == std::nullopt);
    CHECK(requests_with(-60, 0)[0] == 0.0);  // one that begins: of it nothing more is known
    CHECK(requests_with(0.5, 2) == counts{10, 10});
}

TEST_CASE("thousands of processes are nobody's service") {
    stand_in from;
    for (int i = 0; i <= 2'000; ++i)
        from.processes.push_back({"amd64", std::to_string(i), {0, 1}, {}, {}});
    CHECK(complaint([&] { (void)gathered(from, 1); }) ==
          "more than 2000 processes answer; narrow them down by --match");
    from.processes.pop_back();
    CHECK(pool(gathered(from, 1), "amd64").targets == 2'000);
}

namespace {

live_section gathered_of(stand_in& from, const std::string& baseline, const std::string& candidate,
                         preset series = preset_named("lanewise")) {
    gather_options options;
    options.series = std::move(series);
    options.baseline = baseline, options.candidate = candidate;
    options.window_seconds = 60;
    options.windows = 2;
    return gather(options,
                  [&](const auto& promql, const auto& over) { return from(promql, over); });
}

}  // namespace

TEST_CASE("a named pool that no series has is warned of, where there are others to take it for") {
    stand_in from;
    from.processes = {{"amd64", "a", {0, 1, 2}, {}, {}}, {"blue", "b", {0, 1, 2}, {}, {}}};
    CHECK(gathered_of(from, "", "green").warnings ==
          std::vector<std::string>{"No series has arch=\"green\"; there are amd64, blue."});
    CHECK(gathered_of(from, "", "blue").warnings.empty());
    CHECK(complaint([&] { (void)gathered_of(from, "", ""); }) ==
          "--candidate is needed: the label arch has amd64, blue");
    CHECK(complaint([&] { (void)gathered_of(from, "blue", "blue"); }) ==
          "--baseline and --candidate both name blue");
    from.processes.pop_back();
    CHECK(gathered_of(from, "", "green").warnings.empty());  // it may not have begun
    from.processes = {{"arm64", "a", {0, 1, 2}, {}, {}}};
    CHECK(gathered_of(from, "", "").baseline == "amd64");
    from.processes = {{"blue", "a", {0, 1, 2}, {}, {}}};
    CHECK(complaint([&] { (void)gathered_of(from, "", ""); }) ==
          "--baseline is needed: the label arch has blue. Where the scraper gives its targets that "
          "label too, the page's own is --pool-label exported_arch");
    for (int i = 0; i < 9; ++i)
        from.processes.push_back({"p" + std::to_string(i), "a", {0, 1, 2}, {}, {}});
    CHECK(complaint([&] { (void)gathered_of(from, "", ""); }) ==
          "--baseline is needed: the label arch has blue, p0, p1, p2, p3, p4, p5, p6, ...");
}

TEST_CASE("processes are told apart by every label, where none of them is the scrape job") {
    stand_in from;
    from.processes = {{"amd64", "a", {1, 11, 21}, {}, {}},
                      {"amd64", "a", {1, 11, 21}, {}, {}, {}, {}, "shop-too"},
                      {"arm64", "b", {1, 2, 3}, {}, {}}};
    auto series = preset_named("lanewise");
    const auto other_names = [&](const std::string& promql, const time_range& over) {
        auto answer = from(promql, over);
        for (auto& one : answer.series) one.labels["pod"] = one.labels["job"];
        return answer;
    };
    gather_options options;
    options.series = series;
    options.series.target_labels = {"pod", "instance"};
    options.window_seconds = 60;
    options.windows = 2;
    CHECK(pool(gather(options, other_names), "amd64").targets == 2);
    options.series.target_labels = {"job", "instance"};
    CHECK(pool(gather(options, other_names), "amd64").targets == 1);
}

TEST_CASE("a pool keeps its CPU time where the other one lacks it") {
    stand_in from;
    from.processes = {{"amd64", "a", {1, 2, 3, 4}, {}, {1, 2, 3, 4}},
                      {"arm64", "b", {1, 2, 3, 4}, {}, {1, 2, 3, missing}}};
    const auto made = gathered(from, 3);
    using counts = std::vector<std::optional<double>>;
    CHECK(pool(made, "amd64").cpu_seconds == counts{1, 1, 1});
    CHECK(pool(made, "arm64").cpu_seconds == counts{1, 1, std::nullopt});
    CHECK(omitted(made, "without all CPU seconds") == 1);
}

TEST_CASE("every spelling of an endless bound is one, and a bound is a number from 0 on") {
    for (const auto* endless : {"+Inf", "Inf", "inf", "+inf"}) {
        CAPTURE(endless);
        stand_in from;
        from.processes = {{"amd64", "a", {0, 9}, {}, {}}, {"arm64", "b", {0, 9}, {}, {}}};
        from.buckets = {{"amd64 0", {0, 1}},   {"arm64 0", {0, 2}},   {"amd64 -1", {0, 1}},
                        {"amd64 1x", {0, 1}},  {"amd64 NaN", {0, 1}}, {"amd64 ", {0, 1}},
                        {"amd64 0.25", {0, 5}}};
        for (const std::string pool : {"amd64 ", "arm64 "})
            from.buckets.emplace_back(pool + endless, std::vector<double>{0, 9});
        const auto made = gathered(from, 1);
        CHECK(made.bounds_seconds == std::vector<double>{0});  // 0.25 is one pool's alone
        CHECK(pool(made, "arm64").buckets[0] == std::vector<double>{2, 9});
        CHECK(omitted(made, "without a bound that is a number") == 4);
    }
}

TEST_CASE("bounds are told in seconds, and a pool without a histogram has none") {
    stand_in from;
    from.processes = {{"amd64", "a", {0, 9}, {}, {}}, {"arm64", "b", {0, 9}, {}, {}}};
    from.buckets = {{"amd64 5", {0, 4}}, {"amd64 +Inf", {0, 9}}};
    gather_options options;
    options.series = preset_named("lanewise");
    options.series.duration_unit_seconds = 1e-3;
    options.window_seconds = 60;
    options.windows = 1;
    const auto made =
        gather(options, [&](const auto& q, const auto& over) { return from(q, over); });
    CHECK(made.bounds_seconds == std::vector<double>{0.005});
    CHECK(pool(made, "amd64").buckets[0] == std::vector<double>{4, 9});
    CHECK(pool(made, "arm64").buckets[0].empty());
}

TEST_CASE("a bucket may fall short by rounding, a hundredth and one, and no window lacks one") {
    stand_in from;
    from.processes = {{"amd64", "a", {0, 9, 9, 9}, {}, {}}, {"arm64", "b", {0, 9, 9, 9}, {}, {}}};
    from.buckets = {{"amd64 0.5", {0, 100, 100, 100}},  {"amd64 1", {0, 98, 97.9, missing}},
                    {"amd64 +Inf", {0, 100, 100, 100}}, {"arm64 0.5", {0, -3, 1, 1}},
                    {"arm64 1", {0, 2, 2, 2}},          {"arm64 +Inf", {0, 3, 3, 3}}};
    const auto made = gathered(from, 3);
    const auto& buckets = pool(made, "amd64").buckets;
    CHECK(buckets[0] == std::vector<double>{100, 100, 100});
    CHECK(buckets[1].empty());
    CHECK(buckets[2].empty());
    CHECK(pool(made, "arm64").buckets[0] == std::vector<double>{0, 2, 3});
    CHECK(omitted(made, "no histogram") == 1);
}

TEST_CASE("a pool whose series says 0 is not emulated") {
    stand_in from;
    from.processes = {{"amd64", "a", {0, 1}, {}, {}}, {"arm64", "b", {0, 1}, {}, {}}};
    from.emulated = "arm64";
    from.emulated_value = 0;
    CHECK_FALSE(pool(gathered(from, 1), "arm64").emulated);
}

TEST_CASE("nodes are those of the windows' ends") {
    gather_options options;
    options.start = 1'000;
    options.window_seconds = 60;
    options.windows = 3;
    (void)nodes_seen(options, [](const std::string&, const time_range& over) {
        CHECK(over.start == 1'060);
        CHECK(over.end == 1'180);
        CHECK(over.step == 60);
        return range_answer{};
    });
}

TEST_CASE("a label's name has letters, digits behind the first, and no colon") {
    for (const auto* name : {"a", "z", "A", "Z", "_", "a0", "a9", "zone_B"}) {
        CAPTURE(name);
        CHECK(complaint([&] { check_label(name); }).empty());
    }
    for (const auto* name : {"", "0a", "9", "a:b", "a-b", "a`", "a{", "a@", "a[", "a/"}) {
        CAPTURE(name);
        CHECK_FALSE(complaint([&] { check_label(name); }).empty());
    }
    CHECK(with_matchers("a:b9", "") == "a:b9");
    const auto unit = [](const char* seconds) {
        return complaint([&] {
            (void)parse_preset("f", std::string{R"({"requests": "a", "errors": "a",
                "duration_unit_seconds": )"} +
                                        seconds + "}");
        });
    };
    CHECK(unit("1").empty());
    CHECK(unit("1e-9").empty());
    for (const auto* none : {"1.01", "-1", "\"1\""})
        CHECK(unit(none) == "f: field duration_unit_seconds: is no number such as 0.001");
}

TEST_CASE("an answer that is whole but for one thing is none") {
    const auto of_values = [](const std::string& values) {
        return R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":)" +
               values + "}]}}";
    };
    CHECK(read_range_answer(of_values(R"([[1,"+2"],[2,"1e999"]])")).not_finite == 1);
    CHECK(read_range_answer(of_values("[]")).series.empty());
    const std::pair<std::string, const char*> wrong[]{
        {of_values(R"([[1,"1",2]])"), "a value that is none"},
        {of_values(R"([["1","1"]])"), "a value that is none"},
        {of_values(R"([[1,"1x"]])"), "no number"},
        {of_values(R"([[1,""]])"), "no number"},
        {of_values(R"([[1,"1"],[1,"2"]])"), "not in the order of time"},
        {of_values("7"), "a series without values"},
        {R"({"status":"other","data":{"resultType":"matrix","result":[]}})",
         "no answer to a query"},
        {R"({"status":"success"})", "no answer to a query"},
        {R"({"status":"success","data":[]})", "no answer to a query"},
        {R"({"status":"success","data":{"resultType":"matrix"}})", "no list"},
        {R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":7}]}})",
         "without labels"},
        {R"({"status":"success","data":{"resultType":"matrix","result":[7]}})", "without labels"}};
    for (const auto& [body, words] : wrong) {
        CAPTURE(body);
        CHECK(complaint([&, text = body] { (void)read_range_answer(text); }).find(words) !=
              std::string::npos);
    }
}

TEST_CASE("a server's own words are kept, twenty of them and three hundred letters of each") {
    std::string warnings = "7";
    for (int i = 0; i < 25; ++i) warnings += ",\"" + std::string(300 + i % 2, 'x') + "\"";
    const auto answer = read_range_answer(
        R"({"status":"success","data":{"resultType":"matrix","result":[]},"warnings":[)" +
        warnings + "]}");
    REQUIRE(answer.warnings.size() == 20);
    CHECK(answer.warnings[0] == std::string(300, 'x'));
    CHECK(answer.warnings[1] == std::string(300, 'x') + " ...");
    CHECK(read_range_answer(R"({"status":"success","data":{"resultType":"matrix","result":[]},
        "warnings":"none"})")
              .warnings.empty());
}

namespace {

answer http(const std::string& status, const std::string& body) {
    return {{"HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) +
             "\r\n\r\n" + body}};
}

}  // namespace

TEST_CASE("a Prometheus is asked for a range, in seconds with three digits behind the point") {
    std::string head;
    scripted_server server{[&](const asked& request) {
        head = request.head;
        return http("200 OK",
                    R"({"status":"success","data":{"resultType":"matrix","result":[
                        {"metric":{"arch":"arm64"},"values":[[1,"2"]]}]}})");
    }};
    prometheus from{{server.url("/prom"), "", {}, std::chrono::seconds{60}}};
    const auto answer = from.range("up{a=\"b\"}", {1'000.5, 2'000, 60});
    REQUIRE(answer.series.size() == 1);
    CHECK(answer.series[0].values.at(0).second == 2);
    CHECK(
        head.starts_with("GET /prom/api/v1/query_range?query=up%7Ba%3D%22b%22%7D&start=1000.500&"
                         "end=2000.000&step=60.000 HTTP/1.1\r\n"));
}

TEST_CASE("what a Prometheus refuses is said with its address, its status and its own words") {
    const auto told = [](const std::string& status, const std::string& body) {
        scripted_server server{[&](const asked&) { return http(status, body); }};
        prometheus from{{server.url(), "", {}, std::chrono::seconds{60}}};
        auto text = complaint([&] { (void)from.range("up", {0, 60, 60}); });
        REQUIRE(text.starts_with(from.name() + ": "));
        return text.substr(from.name().size() + 2);
    };
    CHECK(told("401 Unauthorized", "{\"status\":1}") ==
          "status 401: it asks for an account (--token-file)");
    CHECK(told("403 Forbidden", "") == "status 403: it asks for an account (--token-file)");
    CHECK(told("502 Bad Gateway", "<html>") == "status 502");
    CHECK(told("422 Unprocessable", R"({"status":"error","errorType":"x","error":"too many"})") ==
          "the Prometheus refused the question (x): too many [up]");
    CHECK(told("200 OK", "<html>") ==
          "the Prometheus sent no JSON: is the address that of its root? [up]");
    std::string gone;
    {
        scripted_server server{[](const asked&) { return http("200 OK", ""); }};
        gone = server.url();
    }
    prometheus from{{gone, "", {}, std::chrono::seconds{60}}};
    CHECK(complaint([&] { (void)from.range("up", {0, 60, 60}); }).starts_with(from.name() + ": "));
}
