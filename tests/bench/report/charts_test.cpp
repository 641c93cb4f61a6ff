// The charts of a report: their points are the documents' figures, held against them by hand.
#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <functional>

#include "bench/documents/http_section.hpp"
#include "bench/documents/sweeps_section.hpp"
#include "bench/documents/typed.hpp"
#include "bench/figures/statistics.hpp"
#include "bench/report/report.hpp"
#include "tests/bench/claims/example_documents.hpp"

using namespace lanewise::bench;

namespace {

report of_examples() {
    return make_report({example_documents(), {}}, price_table::built_in(), "2026-11-24");
}

const report_chart& chart_of(const report& made, std::string_view title) {
    const auto found = std::ranges::find_if(
        made.charts, [&](const report_chart& one) { return one.title.starts_with(title); });
    REQUIRE(found != made.charts.end());
    return *found;
}

const report_chart::series& line_of(const report_chart& chart, std::string_view name) {
    const auto found = std::ranges::find(chart.lines, name, &report_chart::series::name);
    REQUIRE(found != chart.lines.end());
    return *found;
}

/// The median rate of a case of the first document, as it stands there.
double rate_of(std::string_view kind, std::string_view name, std::string_view level,
               std::string_view placement) {
    const auto sweeps = section_of<sweeps_section>(example_documents().front()).value();
    for (const auto& one : sweeps.cases) {
        if (one.kind != kind || one.name != name || one.level != level ||
            one.placement != placement)
            continue;
        std::vector<double> rates;
        for (const auto& round : one.rounds) rates.push_back(round.rate);
        return median(rates);
    }
    FAIL("no such case");
    return 0;
}

}  // namespace

TEST_CASE(
    "the chart of SMT has bars for each kernel of a hyperthreaded machine, within intervals") {
    const auto made = of_examples();
    const auto& chart = chart_of(made, "SMT on m7i.2xlarge amd64-1");
    CHECK(chart.labels == std::vector<std::string>{"dot_f32 L1", "dot_f32 DRAM", "sum_f32 L1",
                                                   "sum_f32 DRAM", "exp_f32 L1", "exp_f32 DRAM"});
    REQUIRE(chart.lines.size() == 3);
    for (const auto& line : chart.lines) {
        REQUIRE(line.y.size() == chart.labels.size());
        REQUIRE(line.low.size() == line.y.size());
        REQUIRE(line.high.size() == line.y.size());
        for (std::size_t i = 0; i < line.y.size(); ++i) {
            CHECK(line.low[i] <= line.y[i]);
            CHECK(line.y[i] <= line.high[i]);
        }
    }
    const auto kernel = [](const char* placement) {
        return rate_of("kernel", "exp_f32", "L1", placement);
    };
    CHECK(line_of(chart, "SMT yield").y[4] ==
          doctest::Approx(100 * (kernel("all") / kernel("one_per_core") - 1)));
    CHECK(line_of(chart, "neighbour penalty").y[4] ==
          doctest::Approx(100 * (1 - kernel("neighbour_same") / kernel("one"))));
    CHECK(line_of(chart, "penalty beside a memory reader").y[4] ==
          doctest::Approx(100 * (1 - kernel("neighbour_memory") / kernel("one"))));
    for (const auto& one : made.charts) CHECK_FALSE(one.title.starts_with("SMT on m7g"));
}

TEST_CASE("the chart of scaling begins with one thread, as once the speed of one") {
    const auto made = of_examples();
    const auto& chart = chart_of(made, "Scaling on m7i.2xlarge amd64-1");
    REQUIRE(chart.lines.size() == 6);
    for (const auto& line : chart.lines) {
        CHECK(line.x.front() == 1);
        CHECK(line.y.front() == doctest::Approx(1));
        CHECK(std::ranges::is_sorted(line.x));
    }
    const auto& dot = line_of(chart, "dot_f32 L1");
    CHECK(dot.x == std::vector<double>{1, 2, 4, 8});
    CHECK(dot.y.back() == doctest::Approx(rate_of("kernel", "dot_f32", "L1", "all") /
                                          rate_of("kernel", "dot_f32", "L1", "one")));
}

TEST_CASE("a roof is the read rate until the peak bounds it; a kernel lies at its own figures") {
    const auto made = of_examples();
    const auto& chart = chart_of(made, "Roofline of m7i.2xlarge amd64-1");
    CHECK(chart.logarithmic);
    const double peak = rate_of("multiply_add", "multiply_add", "registers", "one");
    for (const auto* level : {"L1", "L2", "DRAM"}) {
        CAPTURE(level);
        const double read = rate_of("read", "read", level, "one");
        const auto& roof = line_of(chart, std::string{"roof of "} + level);
        CHECK(roof.bound);
        REQUIRE(roof.x.size() == 3);
        CHECK(roof.y[0] == doctest::Approx(roof.x[0] * read));
        CHECK(roof.x[0] < roof.x[1]);
        CHECK(roof.x[1] == doctest::Approx(peak / read));
        CHECK(roof.y[1] == doctest::Approx(peak));
        CHECK(roof.x[2] > roof.x[1]);
        CHECK(roof.y[2] == doctest::Approx(peak));
    }
    // exp_f32: 20 operations an element, which is read and written: 8 bytes.
    const auto& exp = line_of(chart, "exp_f32 L1");
    CHECK_FALSE(exp.bound);
    REQUIRE(exp.x.size() == 1);
    CHECK(exp.x[0] == doctest::Approx(20.0 / 8));
    CHECK(exp.y[0] == doctest::Approx(20 * rate_of("kernel", "exp_f32", "L1", "one")));
}

TEST_CASE("latency and CPU use are those of the curve's steps, in the order of what was answered") {
    const auto made = of_examples();
    const auto curve = http_entries(example_documents().front()).front().curve;
    const auto& latency = chart_of(made, "Latency over load");
    CHECK(latency.lines.size() == 6);
    const auto& line = line_of(latency, "m7i.2xlarge amd64-1");
    REQUIRE(line.x.size() == curve.size());
    CHECK(std::ranges::is_sorted(line.x));
    for (const auto& step : curve) {
        const auto at = std::ranges::find(line.x, step.achieved) - line.x.begin();
        REQUIRE(at < static_cast<std::ptrdiff_t>(line.x.size()));
        CHECK(line.y[static_cast<std::size_t>(at)] == step.p99_ms);
    }
    for (const auto& busy : chart_of(made, "Requests over CPU use").lines) {
        CHECK(busy.x.size() == curve.size());
        for (const double share : busy.x) {
            CHECK(share > 5);  // of a hundred: the curve begins at a tenth of what the server holds
            CHECK(share <= 100);
        }
        // More CPU answers more, while the server is not full.
        CHECK(std::ranges::is_sorted(busy.x));
    }
}

TEST_CASE("cost over utilisation is the cost at full use over the share that is used") {
    const auto made = of_examples();
    const auto& chart = chart_of(made, "Cost over utilisation");
    REQUIRE(chart.lines.size() == 2);
    for (const auto& line : chart.lines) {
        CHECK(line.x == std::vector<double>{10, 20, 30, 40, 50, 60, 70, 80, 90, 100});
        for (std::size_t i = 0; i < line.y.size(); ++i)
            CHECK(line.y[i] == doctest::Approx(line.y.back() * 100 / line.x[i]));
    }
    // The price of the table over some 160,000 requests a second, of a million.
    const double price = price_table::built_in().find("m7i.2xlarge")->usd_per_hour;
    CHECK(line_of(chart, "m7i.2xlarge").y.back() ==
          doctest::Approx(price / 3600 / 160'000 * 1e6).epsilon(0.03));
}

TEST_CASE("a looser p99 target never costs more, and a target that nothing meets has no point") {
    const auto made = of_examples();
    const auto& chart = chart_of(made, "Cost against the p99 target");
    REQUIRE(chart.lines.size() == 2);
    for (const auto& line : chart.lines) {
        REQUIRE_FALSE(line.y.empty());
        CHECK(std::ranges::is_sorted(line.y, std::greater{}));
        CHECK(line.y.size() == line.x.size());
        CHECK(line.x.front() == 0.5);
        CHECK(line.x.back() == 50);
    }
    // At 5 ms: what the rounds confirmed, of a node the most, of the nodes the median.
    std::vector<double> most;
    for (const auto& one : example_documents()) {
        const auto http = http_entries(one);
        if (one.file.find("amd64") == std::string::npos) continue;
        double best = 0;
        const auto look = [&](const http_step& step) {
            if (step.verdict == "held" && step.p99_ms <= 5) best = std::max(best, step.achieved);
        };
        for (const auto& round : http.front().rounds) {
            if (round.confirmed) look(*round.confirmed);
            std::ranges::for_each(round.steps, look);
        }
        std::ranges::for_each(http.front().curve, look);
        most.push_back(best);
    }
    const double price = price_table::built_in().find("m7i.2xlarge")->usd_per_hour;
    const auto& line = line_of(chart, "m7i.2xlarge");
    const auto at = static_cast<std::size_t>(std::ranges::find(line.x, 5.0) - line.x.begin());
    CHECK(line.y.at(at) == doctest::Approx(price / 3600 / median(most) * 1e6));
}
