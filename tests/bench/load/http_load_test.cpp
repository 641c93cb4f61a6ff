// The measurement of servers as a whole, down to its document, against a small server of the test's
// own, on loopback.
#include "bench/load/http_load.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <chrono>
#include <memory>

#include "bench/documents/document.hpp"
#include "bench/documents/http_section.hpp"
#include "bench/load/http_subject.hpp"
#include "bench/machine/listener_cpus.hpp"
#include "bench/machine/measured_machine.hpp"
#include "kernels/machine/affinity.hpp"
#include "scripted_server.hpp"
#include "tests/bench/machine/package_counter.hpp"

using namespace lanewise::bench;

namespace {

constexpr auto good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

}  // namespace

TEST_CASE("the process that listens is found, and with it the cores to stay away from") {
    scripted_server server{good};
    CHECK(find_destination(parse_url(server.url()), {}).local);
    const auto facts = lanewise::machine::read();
    const auto port = parse_url(server.url()).port;
    if (facts.emulated != true) CHECK(cpus_of_listener(port) == facts.cpuset);
    CHECK(cpus_of_listener(port, LANEWISE_TEST_DATA "/machines/epyc-guest/").empty());
}

TEST_CASE(
    "the document of a load fits the schema, says that a core was shared, and refuses a dead URL") {
    scripted_server server{good};
    const auto facts = lanewise::machine::read();
    auto content = new_document(std::vector<std::string>{"lanewise-bench", "http"});
    http_options options;
    options.pools = {http_pool{server.url("/x"), {}, {}, {}, {}}};
    options.p99_ms = 60'000;
    options.seconds = 0.1;
    options.rounds = 2;
    options.connections = 2;
    options.rate_first = 1000;
    options.rate_max = 2000;
    put_http(content, facts, "here", options);
    const auto parsed = parse_document("a.json", document_text(content));
    if (const auto* bad = std::get_if<std::vector<bad_document>>(&parsed))
        FAIL(bad->front().sentence());
    const auto& one = content.at("http").at(0);
    CHECK(one.at("generator").at("shared").as_bool());  // this process is client and server
    CHECK(one.at("rounds").as_array().size() == 2);
    CHECK(one.at("server").is_null());  // the reply to /v1/identity is no JSON object
    options.pools = {http_pool{"http://127.0.0.1:1/", {}, {}, {}, {}}};
    CHECK_THROWS_AS(put_http(content, facts, "here", options), std::runtime_error);
}

TEST_CASE("CPU time, bytes and the warming up stand in the document, where they were asked for") {
    scripted_server server{good};
    auto content = new_document(std::vector<std::string>{"lanewise-bench", "http"});
    http_options options;
    options.pools = {http_pool{server.url("/x"), "here", {}, "z1", {}}};
    options.pools[0].cpu.pid = getpid();
    options.p99_ms = 60'000;
    options.seconds = 0.1;
    options.rounds = 1;
    options.connections = 2;
    options.rate_first = options.rate_max = 500;
    options.curve = false;
    options.warm_up_seconds = 0.1;
    put_http(content, lanewise::machine::read(), "elsewhere", options);
    const auto parsed = parse_document("a.json", document_text(content));
    REQUIRE(std::holds_alternative<document>(parsed));
    const auto one = http_entries(std::get<document>(parsed)).at(0);
    CHECK(one.pool == "here");
    CHECK(one.instance == "z1");
    REQUIRE(one.cpu);
    CHECK(one.cpu->source.starts_with("process "));
    REQUIRE(one.warm_up);
    CHECK(one.warm_up->given);
    CHECK(one.warm_up->seconds == doctest::Approx(0.1));
    REQUIRE(!one.rounds.at(0).steps.empty());
    const auto& step = one.rounds[0].steps[0];
    CHECK(step.cpu_seconds.value_or(0) > 0);
    CHECK(step.cpu_ms_per_request.value_or(0) > 0);
    CHECK(step.cpu_ms_per_request.value_or(0) / 1000 * static_cast<double>(step.requests) <=
          step.cpu_seconds.value_or(0));
    CHECK(step.bytes_received.value_or(0) > 0);
    options.warm_up_seconds = 0;
    options.pools[0].cpu.pid = 0;
    put_http(content, lanewise::machine::read(), "elsewhere", options);
    CHECK(content.at("http").at(0).at("warm_up").is_null());
    CHECK(content.at("http").at(0).at("cpu").is_null());
}

TEST_CASE("a server that gets faster is warmed up for as long as it does") {
    // As a service that compiles as it runs: from 600 ms to none over its first 100 requests. Eight
    // windows have some 80 of them, and so a fall that a machine with other work does not hide.
    std::atomic<int> asked_for = 0;
    scripted_server server{[&](const asked&) {
        const int slow = std::max(0, 100 - asked_for++) * 6;
        return answer{{good}, answer::end::stay, std::chrono::milliseconds{slow}};
    }};
    auto content = new_document(std::vector<std::string>{"lanewise-bench", "http"});
    http_options options;
    options.pools = {http_pool{server.url("/x"), {}, {}, {}, {}}};
    options.p99_ms = 60'000;
    options.seconds = 0.2;  // so that a window takes 0.1 s
    options.rounds = 1;
    options.connections = 64;
    options.rate_first = options.rate_max = 100;
    options.curve = false;
    put_http(content, lanewise::machine::read(), "here", options);
    const auto parsed = parse_document("a.json", document_text(content));
    REQUIRE(std::holds_alternative<document>(parsed));
    const auto one = http_entries(std::get<document>(parsed)).at(0);
    REQUIRE(one.warm_up);
    const auto& windows = one.warm_up->p99_ms;
    CHECK(!one.warm_up->given);
    CHECK(windows.size() == one.warm_up->achieved.size());
    CHECK(windows.size() > 8);  // the first eight had a trend: it went on
    CHECK(windows.size() <= 60);
    CHECK(one.warm_up->seconds == doctest::Approx(0.1 * static_cast<double>(windows.size())));
    CHECK(windows.front() > 150);
    CHECK((one.warm_up->steady || windows.size() == 60));
}

TEST_CASE(
    "the generator stays off the cores that the server may run on, unless the user places it") {
    auto facts = lanewise::machine::read();
    if (facts.cpuset.size() < 2 || facts.emulated == true) {
        MESSAGE("no second hardware thread, or an emulated one: nothing is placed here");
        return;
    }
    const int of_server = facts.cpuset[0], other = facts.cpuset[1];
    facts.cpuset = {of_server, other};
    facts.core_threads = {{of_server}, {other}};
    scripted_server server{good};
    http_options options;
    options.pools = {http_pool{server.url("/x"), {}, {}, {}, {}}};
    facts.quota_cpus.reset();
    bool own = false;  // CPUs of the generator's, for itself alone
    const auto placed = [&](std::vector<int> by_the_user) {
        options.cpus = std::move(by_the_user);
        // This process is the server's: it may run where its first thread may.
        const auto before = lanewise::machine::allowed_cpus();
        REQUIRE(!lanewise::machine::confine_to(std::vector{of_server}));
        auto subjects = prepare_subjects(facts, "here", options);
        REQUIRE(!lanewise::machine::confine_to(before));
        own = subjects.at(0).own_cpus;
        return subjects.at(0).entry.generator;
    };
    const auto found = placed({});
    CHECK(found.cpus == std::vector{other});
    CHECK_FALSE(found.shared);
    CHECK(own);
    CHECK(found.pinning ==
          "server on " + cpu_list({of_server}) + ", generator on " + cpu_list({other}));
    CHECK_FALSE(placed({other}).shared);
    CHECK(placed({of_server}).cpus == std::vector{of_server});
    CHECK(placed({of_server}).shared);
    CHECK(placed({of_server, other}).shared);
    CHECK_FALSE(own);
    facts.quota_cpus = 2;
    CHECK_FALSE(placed({other}).shared);
    CHECK_FALSE(own);  // a generator that never sleeps would be stopped by the quota
    facts.core_threads = {{of_server, other}};  // no core is left for it
    CHECK(placed({}).cpus.empty());
    CHECK(placed({}).shared);
    CHECK(placed({other}).shared);
}

TEST_CASE("a generator that could not be pinned is not said to be") {
    scripted_server server{good};
    auto content = new_document(std::vector<std::string>{"lanewise-bench", "http"});
    http_options options;
    options.pools = {http_pool{server.url("/x"), {}, {}, {}, {}}};
    options.p99_ms = 60'000;
    options.seconds = 0.1;
    options.connections = 1;
    options.rate_first = 500;
    options.rate_max = 500;
    options.cpus = {lanewise::machine::read().cpuset.front(), 999'999};  // no machine has that one
    put_http(content, lanewise::machine::read(), "here", options);
    const auto& generator = content.at("http").at(0).at("generator");
    CHECK(generator.at("cpus").as_array().empty());
    CHECK(generator.at("shared").as_bool());
    CHECK(std::string{generator.at("pinning").as_string()}.ends_with(
        "; the system refused to pin the generator"));
}

TEST_CASE("joules a request come from the packages' counters, where the server runs here") {
    auto package = std::make_unique<package_counter>();
    scripted_server server{good};
    auto content = new_document(std::vector<std::string>{"lanewise-bench", "http"});
    http_options options;
    options.pools = {http_pool{server.url("/x"), {}, {}, {}, {}}};
    options.p99_ms = 60'000;
    options.seconds = 0.2;
    options.rounds = 1;
    options.connections = 2;
    options.rate_first = options.rate_max = 1000;
    options.curve = false;
    options.root = package->root();
    put_http(content, lanewise::machine::read(), "here", options);
    CHECK(std::holds_alternative<document>(parse_document("a.json", document_text(content))));
    CHECK(content.at("energy").at("source").as_string() == "powercap");
    CHECK(content.at("http").at(0).at("curve").as_array().empty());
    double joules = 0;
    for (const auto& one : content.at("http").at(0).at("rounds").at(0).at("steps").as_array()) {
        CHECK(one.at("joules_per_request").to_number<double>() > 0);
        joules += one.at("joules_per_request").to_number<double>() *
                  one.at("requests").to_number<double>();
    }
    CHECK(joules <= package->joules());

    package.reset();
    auto without = new_document(std::vector<std::string>{"lanewise-bench", "http"});
    put_http(without, lanewise::machine::read(), "here", options);
    CHECK(without.at("energy").is_null());
    CHECK(without.at("http")
              .at(0)
              .at("rounds")
              .at(0)
              .at("steps")
              .at(0)
              .at("joules_per_request")
              .is_null());
}
