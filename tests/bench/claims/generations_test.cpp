#include "bench/claims/generations.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <iterator>

#include "bench/report/report.hpp"

using namespace lanewise::bench;
using std::chrono::year;

namespace {

std::string released(const char* instance) {
    const auto found = generation_of(instance);
    if (!found) return "unknown";
    const auto month = static_cast<unsigned>(found->released.month());
    return std::to_string(static_cast<int>(found->released.year())) + (month < 10 ? "-0" : "-") +
           std::to_string(month);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

/// The report of the composed documents, as if their pools were of these instances.
report report_on(const std::string& amd64, const std::string& arm64,
                 const std::vector<std::string>& own_prices = {}) {
    loaded_documents all;
    for (const auto* architecture : {"amd64", "arm64"}) {
        for (const auto* number : {"1", "2", "3"}) {
            const auto file = std::string{"synthetic-"} + architecture + "-" + number + ".json";
            std::ifstream from{std::string{LANEWISE_EXAMPLES "/"} + file};
            const std::string text{std::istreambuf_iterator<char>{from}, {}};
            const auto other = replaced(replaced(text, "m7i.2xlarge", amd64), "m7g.2xlarge", arm64);
            auto parsed =
                parse_document(file, document_text(boost::json::parse(other).as_object()));
            if (const auto* bad = std::get_if<1>(&parsed)) FAIL(bad->front().sentence());
            all.documents.push_back(std::get<document>(std::move(parsed)));
        }
    }
    auto prices = price_table::built_in();
    for (const auto& one : own_prices) prices.set(one);
    return make_report(all, prices, "2026-02-01");
}

std::vector<std::string> about_age(const report& made) {
    std::vector<std::string> found;
    std::ranges::copy_if(made.warnings, std::back_inserter(found), [](const auto& warning) {
        return warning.find(" months older than ") != std::string::npos;
    });
    return found;
}

}  // namespace

TEST_CASE("the CPU of an instance is known by its family, in every size and with every suffix") {
    CHECK(released("m5.large") == "2017-07");
    CHECK(released("m5a.large") == "2017-06");
    CHECK(released("c6gn.16xlarge") == "2020-05");
    CHECK(released("m7i-flex.large") == "2023-01");
    CHECK(released("r8gd.metal-24xl") == "2024-07");
    CHECK(released("n2-standard-4") == "2019-04");
    CHECK(released("n2d-standard-4") == "2019-08");
    CHECK(released("c4-highcpu-8") == "2023-12");
    CHECK(released("c4a-standard-8") == "2024-10");
    CHECK(released("Standard_D8s_v5") == "2021-04");
    CHECK(released("Standard_D96as_v5") == "2021-03");
    CHECK(released("Standard_D8pds_v5") == "2021-05");
    CHECK(released("Standard_D4ps_v6") == "2024-10");
    CHECK(released("VM.Standard.A2.Flex/4ocpu-32gb") == "2023-05");
    CHECK(generation_of("m8g.2xlarge")->cpu == "Graviton4");
}

TEST_CASE("no age is claimed of an instance that the table does not have") {
    for (const auto* name : {"", "m", "m7g", "rack-7", "x1.32xlarge", "Standard_D8s", "*", "[",
                             "github-linux-x64-2", "Intel(R) Xeon(R)"}) {
        CAPTURE(name);
        CHECK(released(name) == "unknown");
    }
    CHECK(released(std::string(100'000, 'm').c_str()) == "unknown");
}

TEST_CASE("every family with a price has an age, but for runners, whose machines vary") {
    const auto prices = price_table::built_in();
    for (const auto& row : prices.rows()) {
        if (row.provider == "github") continue;
        CAPTURE(row.instance);
        const auto found = generation_of(row.instance);
        REQUIRE(found);
        CHECK(found->released.ok());
        CHECK(found->released > year{2010} / 1);
        CHECK(found->released < year{2040} / 1);
    }
}

TEST_CASE("pools whose CPUs came out more than a year apart are compared with a warning") {
    const auto made = report_on("m5.2xlarge", "m7g.2xlarge");
    const auto warnings = about_age(made);
    REQUIRE(warnings.size() == 1);  // once, whatever the number of works
    const std::string sentence =
        "m5.2xlarge (Xeon (Skylake or Cascade Lake), July 2017) is 58 months older than "
        "m7g.2xlarge (Graviton3, May 2022): part of what tells them apart is age, not "
        "architecture.";
    CHECK(warnings[0] == sentence);
    for (const auto& face : {to_terminal(made, false), to_markdown(made), to_html(made)})
        CHECK(face.find(sentence) != std::string::npos);
}

TEST_CASE("the pairs that stand beside each other by default are within a year") {
    CHECK(about_age(report_on("m7i.2xlarge", "m7g.2xlarge")).empty());
    for (const auto* amd64 : {"m8i.2xlarge", "m8a.2xlarge"})
        CHECK(about_age(report_on(amd64, "m8g.2xlarge", {std::string{amd64} + "=0.4"})).empty());
    CHECK(about_age(report_on("c4-standard-8", "c4a-standard-8")).empty());
    CHECK(about_age(report_on("Standard_D8s_v6", "Standard_D4ps_v6", {"Standard_D8s_v6=0.4"}))
              .empty());
    CHECK(about_age(report_on("VM.Standard.E5.Flex/4ocpu-32gb", "VM.Standard.A2.Flex/4ocpu-32gb"))
              .empty());
}

TEST_CASE("a generation apart is warned of, whichever pool is the older") {
    CHECK(about_age(report_on("m7i.2xlarge", "m8g.2xlarge")).size() == 1);
    CHECK(about_age(report_on("m7a.2xlarge", "m8g.2xlarge")).size() == 1);
    CHECK(about_age(report_on("Standard_D8s_v5", "Standard_D4ps_v6")).size() == 1);
    const auto older_arm = about_age(report_on("m8i.2xlarge", "m7g.2xlarge", {"m8i.2xlarge=0.4"}));
    REQUIRE(older_arm.size() == 1);
    CHECK(older_arm[0].starts_with("m7g.2xlarge (Graviton3"));
}

TEST_CASE("a year apart is not warned of, a month more is, and each pair once") {
    const auto warnings_of = [](const std::vector<std::pair<std::string, std::string>>& pairs) {
        std::vector<work_claims> works;
        for (const auto& [first, second] : pairs) {
            work_claims work{"work", "requests", 1e6, true, {}, {}};
            work.pools.resize(2);
            work.pools[0].pool = "x", work.pools[0].instance = first;
            work.pools[1].pool = second;  // known by its pool's name alone
            work.pairs.push_back({0, 1, {}, {}, {}, {}});
            works.push_back(std::move(work));
        }
        return generation_warnings(works);
    };
    // May 2022 and May 2023; November 2022 and December 2023.
    CHECK(warnings_of({{"m7g.large", "VM.Standard.A2.Flex"}}).empty());
    CHECK(warnings_of({{"n4-standard-4", "m7a.large"}, {"n4-standard-4", "m7a.large"}}) ==
          std::vector<std::string>{
              "m7a.large (EPYC 9004 (Genoa), November 2022) is 13 months older than x (5th Xeon "
              "(Emerald Rapids), December 2023): part of what tells them apart is age, not "
              "architecture."});
    CHECK(warnings_of({{"m7a.large", "rack"}}).empty());
    CHECK(warnings_of({{"rack", "m7a.large"}}).empty());
    CHECK(warnings_of({{"m7a.large", "m7a.xlarge"}}).empty());
}
