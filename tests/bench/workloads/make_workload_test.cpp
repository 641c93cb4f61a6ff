// Files of any kind in, a workload out: what each file is taken for, what can't stand together, and
// what is said of it.
#include "bench/workloads/make_workload.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/workloads/gathering.hpp"
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

/// A gathering of some requests, which a test adds to.
struct gathered : gathering {
    explicit gathered(gathering_options options = {}) : gathering{std::move(options)} {
        begin("some.log", "access log", "line");
    }
    void add(const std::string& path, std::optional<int> status = {},
             std::string_view origin = "http://a") {
        next_unit(1);
        request one;
        one.path = path;
        count(one, origin, status);
    }
    /// Why a request of that size is left out; empty: it is not.
    std::string left_out_of(std::size_t head, std::size_t body) {
        next_unit(1);
        request one;
        one.method = one.path = "/";
        one.path.resize(head - 1, 'a');
        one.has_body = true;
        one.body.assign(body, 'b');
        count(one, "", {});
        const auto made = finish(true);
        const auto& reasons = made.sources.at(0).left_out;
        return reasons.empty() ? "" : reasons.back().reason;
    }
};

/// What counts as a success of requests that were answered with these statuses.
std::string successes(const std::vector<int>& statuses) {
    gathered some;
    for (const auto status : statuses) some.add("/", status);
    std::string text;
    const auto made = some.finish(false);
    for (const auto& range : made.requests.at(0).success)
        text += (text.empty() ? "" : " ") + std::to_string(range.first) + "-" +
                std::to_string(range.last);
    return text;
}

}  // namespace

TEST_CASE("what a request was answered with is what counts as its success") {
    CHECK(successes({200}) == "200-299");
    CHECK(successes({200, 299, 500}) == "200-299");
    for (const int redirect : {300, 399})
        CHECK(successes({200, redirect, 200}) == "200-299 300-399");
    for (const int usual : {400, 404, 499})
        CHECK(successes({usual}) ==
              "200-299 " + std::to_string(usual) + "-" + std::to_string(usual));
    CHECK(successes({500}) == "200-299");
    CHECK(successes({404, 200, 200}) == "200-299");
    CHECK(successes({404, 404, 200}) == "200-299 404-404");
    CHECK(successes({404, 410}) == "200-299 404-404");  // the first of as many
    gathered unknown;
    unknown.add("/");
    CHECK(unknown.finish(false).requests.at(0).success.size() == 2);
    gathered failing;
    for (const int status : {499, 500, 503}) failing.add("/", status);
    CHECK(failing.finish(false).sources.at(0).remarks.at(0).count == 2);
}

TEST_CASE(
    "a request of more than 256 KiB besides its body, or with one of more than 8 MiB, is left "
    "out") {
    constexpr std::size_t head = std::size_t{256} << 10, body = std::size_t{8} << 20;
    const auto left_out = [](std::size_t of_head, std::size_t of_body) {
        gathered some;
        some.add("/kept");
        return some.left_out_of(of_head, of_body);
    };
    CHECK(left_out(head, 1) == "");
    CHECK(left_out(head + 1, 1) == "its headers and its target take more than 256 KiB");
    CHECK(left_out(100, body) == "");
    CHECK(left_out(100, body + 1) == "its body takes more than 8 MiB");
}

TEST_CASE("names and reasons are told one by one up to a number, and the rest together") {
    gathered some;
    some.add("/");
    for (int i = 0; i < 102; ++i) some.drop("name" + std::to_string(i));
    for (int i = 0; i < 203; ++i) some.leave_out("reason " + std::to_string(i));
    some.leave_out("reason 7");
    const auto made = some.finish(false);
    CHECK(made.dropped.size() == 101);
    CHECK(std::ranges::find(made.dropped, "others", [](const auto& one) {
              return one.first;
          })->second == 2);
    const auto& reasons = made.sources.at(0).left_out;
    CHECK(reasons.size() == 200);
    CHECK(reasons.at(198).reason == "reason 198");
    CHECK(reasons.back().reason == "other reasons");
    CHECK(reasons.back().count == 4);
    CHECK(reasons.at(7).count == 2);
    CHECK(reasons.at(7).places.size() == 2);
}

TEST_CASE("requests come by how often they were sent, of as many the first one first") {
    gathered some;
    for (const auto* path : {"/a", "/b", "/c", "/c", "/b", "/d", "/c"}) some.add(path);
    const auto made = some.finish(false);
    names paths;
    for (const auto& one : made.requests) paths.push_back(one.what.path);
    CHECK(paths == names{"/c", "/b", "/a", "/d"});
    CHECK(made.requests.at(0).weight == 3);
    CHECK(made.origin == "http://a");
    CHECK(made.notes.empty());
}

TEST_CASE("more different requests than are kept become a sample, and that is said") {
    gathered some{{.keep_secrets = false, .origins = {}, .requests_max = 50}};
    for (int i = 0; i < 50; ++i) some.add("/" + std::to_string(i));
    CHECK(some.finish(false).notes.empty());
    CHECK(some.finish(false).requests.size() == 50);
    for (int i = 50; i < 1000; ++i) some.add("/" + std::to_string(i));
    const auto made = some.finish(false);
    CHECK(made.requests.size() <= 50);
    CHECK(made.requests.size() > 5);
    REQUIRE(made.notes.size() == 1);
    CHECK(
        made.notes[0].starts_with("there are more than 50 different requests, or they take more "
                                  "than 16 MiB: a uniform sample of 1 in "));
    CHECK(made.notes[0].ends_with(" stands for all 1000"));
    gathered large{
        {.keep_secrets = false, .origins = {}, .requests_max = 1000, .bytes_max = 1 << 20}};
    for (int i = 0; i < 40; ++i) large.add("/" + std::to_string(i) + std::string(100'000, 'a'));
    CHECK(large.finish(false).requests.size() <= 10);
    CHECK(large.finish(false).notes.at(0).find("or they take more than 1 MiB") !=
          std::string::npos);
}

TEST_CASE("requests of several origins are one server's by Host, or the user chooses") {
    const auto filled = [](gathering_options options) {
        gathered some{std::move(options)};
        some.add("/", {}, "https://b.example");
        some.add("/", {}, "https://b.example");
        some.add("/", {}, "a.example");
        some.add("/", {}, "http://a.example");
        some.add("/", {}, "");
        return some;
    };
    const auto all = filled({}).finish(true);
    REQUIRE(all.requests.size() == 4);
    CHECK(all.origin.empty());
    CHECK(all.requests.at(0).what.headers.at(0).value == "b.example");
    CHECK(all.requests.at(1).what.headers.at(0).value == "a.example");
    CHECK(all.requests.at(3).what.headers.empty());
    CHECK(all.notes.at(0).ends_with(
        "there are https://b.example (2 requests), a.example (1 request), http://a.example (1 "
        "request)"));
    CHECK_THROWS_WITH_AS((void)filled({}).finish(false),
                         doctest::Contains("the requests were sent to 3 origins; choose with "
                                           "--origin https://b.example: there are "),
                         unusable);
    const auto chosen = [&](const std::string& origin) {
        gathering_options options;
        options.origins = {origin};
        try {
            const auto made = filled(options).finish(false);
            return made.origin + ", " + made.notes.at(0);
        } catch (const unusable& error) {
            return std::string{error.what()};
        }
    };
    CHECK(chosen("https://B.example/") ==
          "https://b.example, 3 requests of other origins are left out");
    CHECK(chosen("http://a.example").find("were sent to 2 origins") != std::string::npos);
    CHECK(chosen("https://a.example") == "a.example, 4 requests of other origins are left out");
    CHECK(chosen("http://c")
              .starts_with("--origin http://c: no request was sent there; there are "
                           "https://b.example (2 requests)"));
    gathering_options only_one;
    only_one.origins = {"http://a"};
    gathered same{only_one};
    same.add("/");
    CHECK(same.finish(false).notes.empty());
    gathering_options wish;
    wish.origins = {"http://c"};
    gathered nowhere{wish};
    nowhere.add("/", {}, "");
    CHECK_THROWS_WITH_AS((void)nowhere.finish(false),
                         "--origin http://c: no request was sent there; the input names no origin",
                         unusable);
    gathered many;
    for (int i = 10; i < 31; ++i) many.add("/", {}, "http://h" + std::to_string(i));
    CHECK_THROWS_WITH_AS((void)many.finish(false), doctest::Contains("h29 (1 request) and 1 more"),
                         unusable);
    gathered twenty;
    for (int i = 10; i < 30; ++i) twenty.add("/", {}, "http://h" + std::to_string(i));
    const auto notes = twenty.finish(true).notes.at(0);
    CHECK(notes.ends_with("h29 (1 request)"));
    // A Host that the input names is kept.
    gathered named;
    request one;
    one.headers = {{"hOST", "own.example"}};
    named.count(one, "http://a", {});
    named.add("/", {}, "http://b");
    CHECK(named.finish(true).requests.at(0).what.headers.size() == 1);
}

TEST_CASE("sources that give nothing are named, with the first reason") {
    const auto why = [](const gathered& from) {
        auto copy = from;
        try {
            (void)copy.finish(false);
        } catch (const unusable& error) {
            return std::string{error.what()};
        }
        return std::string{};
    };
    gathered none;
    CHECK(why(none) == "some.log: is empty");
    none.next_unit(1);
    CHECK(why(none) == "some.log: none of its 1 line is a request");
    none.next_unit(2);
    none.leave_out("a comment");
    CHECK(why(none) == "some.log: none of its 2 lines is a request: a comment");
    none.begin("b.har", "HAR", "entry");
    none.next_unit(1);
    none.next_unit(1);
    CHECK(why(none) ==
          "some.log: none of its 2 lines is a request: a comment; b.har: none of its 2 entries is "
          "a request");
    CHECK_THROWS_WITH_AS((void)gathering{{}}.finish(false), "there is no request", unusable);
}

TEST_CASE("bodies that the input lacks are counted by method") {
    gathered some;
    some.add("/");
    for (const auto* method : {"PUT", "POST", "POST"}) some.lacks_body(method);
    CHECK(some.finish(false).notes.at(0) ==
          "the input lacks the bodies of requests, which are sent without: POST 2, PUT 1");
}

TEST_CASE("a body that names a secret is kept, and said to be") {
    const auto remarks = [](bool has_body, const std::string& body, bool keep) {
        gathered some{{.keep_secrets = keep, .origins = {}}};
        some.next_unit(1);
        request one;
        one.has_body = has_body;
        one.body = body;
        some.count(one, "", {});
        return some.finish(false).sources.at(0).remarks.size();
    };
    CHECK(remarks(true, "password=x", false) == 1);
    CHECK(remarks(true, "password=x", true) == 0);
    CHECK(remarks(true, "a=x", false) == 0);
}

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
    CHECK(kind_of_file("# a comment\n" + std::string{log_line}) == log);
    CHECK(kind_of_file(std::string{log_line} + curl_line) == log);
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

TEST_CASE("a source has the name that the user gave it") {
    const temporary_folder here;
    const auto log = here.with("a.log", log_line), har = here.with("a.har", har_text);
    const auto name_in = [](const workload_sources& sources) {
        return gather_workload(sources).sources.at(0).name;
    };
    CHECK(name_in(of({log})) == log);
    CHECK(name_in(of({}, {log})) == log);
    CHECK(name_in(of({}, {}, {har})) == har);
    CHECK(name_in(of({}, {}, {}, {"curl https://a.example/a"})) == "--from-curl");
}

TEST_CASE("command lines of curl take 16 MiB at most") {
    const temporary_folder here;
    const auto said = [&](std::size_t bytes) {
        std::string text = std::string{curl_line} + "#";
        text.resize(bytes, 'x');
        return refusal(of({here.with("a.sh", text)}));
    };
    constexpr std::size_t most = std::size_t{16} << 20;
    CHECK(said(most) == "taken");
    CHECK(
        said(most + 1).ends_with("a.sh: is larger than 16 MiB, which no list of curl command "
                                 "lines is"));
}

TEST_CASE("the summary names entries with their lines, secrets, and two hundred places at most") {
    const temporary_folder here;
    const auto summary = [&](const std::string& entries) {
        return summary_of(gather_workload(
            of({}, {}, {here.with("a.har", "{\"log\":{\"entries\":[" + entries + "]}}")})));
    };
    const std::string plain = R"({"request":{"method":"GET","url":"https://a.example/a"}})",
                      secret =
                          R"({"request":{"method":"GET","url":"https://a.example/a","headers":)"
                          R"([{"name":"Cookie","value":"a"}]}})";
    CHECK(summary(plain).find(": HAR, 1 entry, 1 request\n") != std::string::npos);
    const auto two = summary(plain + ",\n7," + secret + ",\n7");
    CHECK(two.find(": HAR, 4 entries, 2 requests\n") != std::string::npos);
    CAPTURE(two);
    CHECK(two.find("left out 2 entries: no JSON object: entries 2 (line 2), 4 (line 3)\n") !=
          std::string::npos);
    CHECK(two.find("dropped Cookie: 1 time (--keep-secrets takes secrets over)\n") !=
          std::string::npos);
    CHECK(summary(secret + "," + secret).find("dropped Cookie: 2 times (") != std::string::npos);

    std::string text;
    for (int i = 0; i < 120; ++i) text += log_line;
    const auto log = [&](const std::string& lines) {
        return summary_of(gather_workload(of({}, {here.with("a.log", lines)})));
    };
    CHECK(log(text).find(": access log, 120 lines, 120 requests\n") != std::string::npos);
    CHECK(log(text + R"({"method":"GET","path":"/a","status":500})" + "\n")
              .find("note on 1 line: was answered by a server error") != std::string::npos);
    std::string broken;
    for (int i = 0; i < 200; ++i) broken += "x\n" + std::string{log_line};
    CHECK(log(broken).find(", 399\n") != std::string::npos);
    CHECK(log(broken + "x\n").find(", 399 and 1 more\n") != std::string::npos);
}
