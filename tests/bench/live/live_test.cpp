// From a Prometheus' answers to counts by window: resets count, gaps are neither zero nor bridged,
// duplicates are named, and what is no answer is said.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

#include "bench/live/gathering.hpp"
#include "bench/live/presets.hpp"
#include "bench/live/prometheus.hpp"

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
    std::vector<std::string> asked;

    range_answer operator()(const std::string& promql, const time_range& over) {
        asked.push_back(promql);
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
            if (!emulated.empty()) add({{"arch", emulated}}, {1});
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
