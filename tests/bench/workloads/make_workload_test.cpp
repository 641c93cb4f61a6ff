// Files of any kind in, a workload out: what each file is taken for, what can't stand together, and
// what is said of it.
#include "bench/workloads/make_workload.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "bench/workloads/text_input.hpp"
#include "tests/bench/temporary_folder.hpp"

using namespace lanewise::bench::workloads;

namespace {

constexpr const char* log_line =
    "192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\" 200 5\n";
constexpr const char* har_text =
    R"({"log":{"entries":[{"request":{"method":"GET","url":"https://a.example/a"}}]}})";
constexpr const char* curl_line = "curl https://a.example/a\n";

using names = std::vector<std::string>;

/// Sources that are named by their kind, or (files) found to be of one.
workload_sources of(const names& files, const names& logs = {}, const names& hars = {},
                    const names& curls = {}) {
    workload_sources made;
    made.files = files, made.logs = logs, made.hars = hars, made.curls = curls;
    return made;
}

/// The kind that a file of this text is taken for.
std::string kind_of_file(const std::string& text) {
    const temporary_folder here;
    return gather_workload(of({here.with("input", text)})).sources.at(0).kind;
}

std::string refusal(const workload_sources& sources) {
    try {
        (void)gather_workload(sources);
    } catch (const unusable& error) {
        return error.what();
    }
    return "taken";
}

}  // namespace

TEST_CASE("a file is a log, a HAR or curl command lines by how it starts") {
    const auto log = kind_of_file(log_line), har = kind_of_file(har_text),
               curl = kind_of_file(curl_line);
    CHECK(log != har);
    CHECK(har != curl);
    CHECK(curl != log);
    const std::string entries = har_text;
    CHECK(kind_of_file("{\n" + entries.substr(1)) == har);
    CHECK(kind_of_file(" { \"log\" : " + entries.substr(7)) == har);
    CHECK(kind_of_file("{\"log\":\"" + std::string{"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "} +
                       R"(\"GET /a HTTP/1.1\" 200 5\n","stream":"stdout"})" + "\n") == log);
    for (const auto* before : {"$ ", "/usr/bin/", "#!/bin/sh\n", "# a comment\n"})
        CHECK(kind_of_file(std::string{before} + curl_line) == curl);
    CHECK(kind_of_file("CURL.exe https://a.example/a\n") == curl);
}

TEST_CASE("one kind of source makes a workload, two never do, named or found") {
    const temporary_folder here;
    const auto log = here.with("a.log", log_line), har = here.with("a.har", har_text),
               curl = here.with("a.sh", curl_line);
    const auto with = [](workload_sources sources, int kind, bool named, const std::string& file) {
        if (!named) {
            sources.files.push_back(file);
        } else if (kind == 2) {
            sources.curls.emplace_back("curl https://a.example/a");
        } else {
            (kind == 0 ? sources.logs : sources.hars).push_back(file);
        }
        return sources;
    };
    const std::array files{log, har, curl};
    for (int first = 0; first < 3; ++first) {
        for (int second = 0; second < 3; ++second) {
            for (const bool first_named : {false, true}) {
                for (const bool second_named : {false, true}) {
                    CAPTURE(first);
                    CAPTURE(second);
                    const auto both = with(
                        with({}, first, first_named, files.at(static_cast<std::size_t>(first))),
                        second, second_named, files.at(static_cast<std::size_t>(second)));
                    const auto said = refusal(both);
                    if (first == second) {
                        CHECK(said == "taken");
                    } else {
                        CHECK(said.find("are mixed") != std::string::npos);
                    }
                }
            }
        }
    }
}

TEST_CASE("a source that is not there, or standard input twice, is refused before any is read") {
    const temporary_folder here;
    CHECK(refusal({}).starts_with("nothing to read"));
    CHECK(refusal(of({here.with("a.log", log_line), "/none/b.log"})).find("No such file") !=
          std::string::npos);
    CHECK(refusal(of({"-", "-"})).find("more than once") != std::string::npos);
    CHECK(refusal(of({}, {"-"}, {}, {"-"})).find("more than once") != std::string::npos);
    CHECK(refusal(of({"-"}, {}, {"-"})).find("more than once") != std::string::npos);
}

TEST_CASE("a log that lacks Accept-Encoding is said to, and no other source is") {
    const temporary_folder here;
    CHECK(gather_workload(of({}, {here.with("a.log", log_line)})).notes.size() == 1);
    CHECK(gather_workload(of({}, {}, {here.with("a.har", har_text)})).notes.empty());
    CHECK(gather_workload(of({}, {}, {}, {"curl https://a.example/a"})).notes.empty());
}

TEST_CASE(
    "the summary counts, in the words of what was read, and tells where what was left out is") {
    const temporary_folder here;
    std::string text;
    for (int i = 0; i < 1200; ++i) text += log_line;
    const auto many = summary_of(gather_workload(of({}, {here.with("many.log", text)})));
    CHECK(many.find("1,200 lines, 1,200 requests\n") != std::string::npos);
    CHECK(many.ends_with("1,200 requests, 1 different\n"));

    text = std::string{log_line} + "x\n" + "y\n" + log_line + "z\n";
    const auto some = summary_of(gather_workload(of({}, {here.with("some.log", text)})));
    CHECK(some.find("5 lines, 2 requests\n") != std::string::npos);
    CHECK(some.find("left out 3 lines: ") != std::string::npos);
    CHECK(some.find(": lines 2-3, 5\n") != std::string::npos);

    const auto one = summary_of(gather_workload(of({}, {}, {}, {"curl https://a.example/a"})));
    CHECK(one.find("1 command, 1 request\n") != std::string::npos);
    CHECK(one.ends_with("1 request, 1 different, sent to https://a.example\n"));
}
