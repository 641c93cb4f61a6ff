// GET /metrics: what is counted, where it is shown, and that the text is Prometheus' own.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <sstream>
#include <thread>

#include "server/endpoints/metrics.hpp"
#include "server/endpoints/routes.hpp"
#include "tests/server/http_peer.hpp"

using namespace lanewise;
using namespace lanewise::server;

namespace {

// The value of a sample, by its whole name with labels; nullopt if it is not there.
std::optional<double> sample(const std::string& text, const std::string& name) {
    const auto at = text.find("\n" + name + " ");
    if (at == std::string::npos) return std::nullopt;
    return std::stod(text.substr(at + name.size() + 2));
}

// The port that shows metrics.
std::uint16_t port_of_metrics(const running_server& server) {
    const auto apart = static_cast<std::uint16_t>(server.shared.settings.metrics_port);
    return apart == 0 ? server.port() : apart;
}

// All metrics.
std::string scrape(const running_server& server, const std::string& fields = "") {
    return peer(port_of_metrics(server)).ask(get("/metrics", fields)).body;
}

}  // namespace

TEST_CASE("requests are counted by route and class of status, and timed once each") {
    running_server server;
    peer client(server.port());
    for (int i = 0; i < 3; ++i) client.ask(get("/v1/identity"));
    client.ask(get("/v1/kernels/nope"));
    client.ask(get("/nowhere"));
    client.ask(get("/nowhere/else"));
    const auto text = scrape(server);
    CHECK(sample(text, R"(lanewise_http_requests_total{route="/v1/identity",code="2xx"})") == 3);
    CHECK(sample(text, R"(lanewise_http_requests_total{route="/v1/kernels/",code="4xx"})") == 1);
    CHECK(sample(text, R"(lanewise_http_requests_total{route="other",code="4xx"})") == 2);
    CHECK(sample(text, R"(lanewise_http_request_duration_seconds_count{route="/v1/identity"})") ==
          3);
    CHECK(sample(
              text,
              R"(lanewise_http_request_duration_seconds_bucket{route="/v1/identity",le="+Inf"})") ==
          3);
    CHECK(*sample(text, R"(lanewise_http_request_duration_seconds_sum{route="/v1/identity"})") > 0);
    CHECK(sample(text, "lanewise_connections") == 2);  // the client and the scraper
    CHECK(sample(text, "lanewise_ready") == 1);
}

TEST_CASE("pipelined requests and those that are no requests are counted too") {
    running_server server;
    peer client(server.port());
    client.send(get("/healthz") + get("/healthz") + "nonsense\r\n\r\n");
    for (int i = 0; i < 3; ++i) client.receive();
    const auto text = scrape(server);
    CHECK(sample(text, R"(lanewise_http_requests_total{route="/healthz",code="2xx"})") == 2);
    CHECK(sample(text, R"(lanewise_http_request_duration_seconds_count{route="/healthz"})") == 2);
    CHECK(sample(text, R"(lanewise_http_requests_total{route="other",code="4xx"})") == 1);
}

TEST_CASE("kernel calls, their time and their wait are counted, on either kind of thread") {
    running_server server;
    peer client(server.port());
    client.ask(get("/v1/kernels/sum_f32?n=16"));
    client.ask(get("/v1/kernels/sum_f32?n=3000000"));
    const auto text = scrape(server);
    const auto labels =
        R"({kernel="sum_f32",isa=")" + std::string(kernels::active_variant()) + "\"}";
    CHECK(sample(text, "lanewise_kernel_calls_total" + labels) == 2);
    CHECK(*sample(text, "lanewise_kernel_seconds_total" + labels) > 0);
    CHECK(sample(text, "lanewise_compute_wait_seconds_count") == 1);
    CHECK(sample(text, "lanewise_compute_queue_depth") == 0);
}

TEST_CASE("times are seconds, memory is bytes: none is more than this process has had") {
    const auto start = std::chrono::steady_clock::now();
    running_server server;
    peer client(server.port());
    client.ask(get("/v1/kernels/sum_f32?n=16"));
    client.ask(get("/v1/kernels/sum_f32?n=3000000"));
    const auto cpu_seconds = [] {
        rusage used{};
        getrusage(RUSAGE_SELF, &used);
        const auto of = [](const timeval& time) {
            return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
        };
        return of(used.ru_utime) + of(used.ru_stime);
    };
    const auto before = cpu_seconds();
    const auto text = scrape(server);
    const auto after = cpu_seconds();
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    const auto labels =
        R"({kernel="sum_f32",isa=")" + std::string(kernels::active_variant()) + "\"}";
    CHECK(*sample(text, "lanewise_kernel_seconds_total" + labels) > 0);
    CHECK(*sample(text, "lanewise_kernel_seconds_total" + labels) <= passed.count());
    CHECK(*sample(text, "lanewise_compute_wait_seconds_sum") <= passed.count());
    CHECK(*sample(text, R"(lanewise_http_request_duration_seconds_sum{route="/v1/kernels/"})") <=
          passed.count());
    // Both have microseconds: what a sum of two rounds away.
    CHECK(*sample(text, "process_cpu_seconds_total") >= before - 2e-6);
    CHECK(*sample(text, "process_cpu_seconds_total") <= after + 2e-6);
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    // Kernels count pages by CPU, and add them up roughly.
    CHECK(*sample(text, "process_resident_memory_bytes") > 1 << 20);
    CHECK(*sample(text, "process_resident_memory_bytes") <=
          4.0 * 1024 * static_cast<double>(used.ru_maxrss));
    rlimit descriptors{};
    getrlimit(RLIMIT_NOFILE, &descriptors);
    CHECK(sample(text, "process_max_fds") == static_cast<double>(descriptors.rlim_cur));
}

TEST_CASE("what the process runs on is told as its identity has it") {
    auto settings = test_settings();
    settings.node = "a\"b\\c";
    settings.pod = "pod-7";
    running_server server(settings);
    const auto text = scrape(server);
    const auto at = text.find("\nlanewise_node_info{");
    REQUIRE(at != std::string::npos);
    const auto line = text.substr(at + 1, text.find('\n', at + 1) - at);
    const auto& machine = server.shared.machine;
    CHECK(line.find(R"({node="a\"b\\c",pod="pod-7",)") != std::string::npos);
    CHECK(line.find("architecture=\"" + machine.architecture + '"') != std::string::npos);
    const std::string emulated = !machine.emulated   ? "unknown"
                                 : *machine.emulated ? "true"
                                                     : "false";
    CHECK(line.find("emulated=\"" + emulated + '"') != std::string::npos);
}

TEST_CASE("bytes are counted as they go over the socket") {
    running_server server;
    peer client(server.port());
    const auto request = get("/v1/identity");
    const auto reply = client.ask(request);
    const auto scrape = get("/metrics");
    const auto text = client.ask(scrape).body;
    CHECK(sample(text, "lanewise_http_received_bytes_total") == request.size() + scrape.size());
    CHECK(sample(text, "lanewise_http_sent_bytes_total") == reply.head.size() + reply.body.size());
}

TEST_CASE("with a port of their own, metrics are there and not on the port of all") {
    auto settings = test_settings();
    settings.metrics_port = free_port();
    running_server server(settings);
    peer client(server.port());
    CHECK(client.ask(get("/metrics")).status == 404);
    peer scraper(static_cast<std::uint16_t>(settings.metrics_port));
    const auto reply = scraper.ask(get("/metrics"));
    CHECK(reply.status == 200);
    CHECK(reply.fields.at("content-type") == "text/plain; version=0.0.4; charset=utf-8");
    CHECK(scraper.ask(get("/readyz")).status == 200);
    CHECK(scraper.ask(get("/healthz")).status == 200);
    CHECK(scraper.ask(get("/v1/identity")).status == 404);
    CHECK(server.here.open_connections() == 2);  // of either port
}

TEST_CASE("every family has one HELP, one TYPE, and its samples right behind them") {
    running_server server;
    std::istringstream lines(scrape(server));
    std::string line, family;
    std::vector<std::string> families;
    while (std::getline(lines, line)) {
        if (line.starts_with("# HELP ")) {
            family = line.substr(7, line.find(' ', 7) - 7);
            CHECK_MESSAGE(std::ranges::find(families, family) == families.end(), family);
            families.push_back(family);
        } else if (line.starts_with("# TYPE ")) {
            CHECK(line.substr(7, family.size() + 1) == family + " ");
        } else {
            CHECK_MESSAGE(line.starts_with(family), line);
        }
    }
    CHECK(families.size() > 20);
}

TEST_CASE("a duration counts in the first bucket whose bound it does not pass") {
    duration_histogram histogram;
    histogram.observe(std::chrono::microseconds(50));
    for (int i = 0; i < 2; ++i) histogram.observe(std::chrono::microseconds(51));
    histogram.observe(std::chrono::seconds(11));
    CHECK(histogram.in_bucket(0) == 1);
    CHECK(histogram.in_bucket(1) == 2);
    CHECK(histogram.in_bucket(duration_histogram::bounds_seconds.size()) == 1);
    CHECK(histogram.sum_seconds() == doctest::Approx(11.000152));
}

TEST_CASE("a well-formed traceparent comes back, on every kind of reply; others do not") {
    running_server server;
    peer client(server.port());
    const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const auto line = "traceparent: " + trace + "\r\n";
    for (const char* target :
         {"/v1/identity", "/nowhere", "/v1/kernels/sum_f32?n=4", "/v1/kernels/sum_f32?n=3000000"}) {
        CHECK(client.ask(get(target, line)).fields.at("traceparent") == trace);
        CHECK_FALSE(client.ask(get(target)).fields.contains("traceparent"));
    }
    for (const char* wrong : {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
                              "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                              "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                              "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                              "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", ""}) {
        CHECK_FALSE(client.ask(get("/healthz", "traceparent: " + std::string{wrong} + "\r\n"))
                        .fields.contains("traceparent"));
    }
    CHECK_FALSE(client.ask(get("/healthz", line + line)).fields.contains("traceparent"));
}

namespace {

constexpr std::string_view open_metrics_type =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

std::string accepting(const std::string& accept) {
    return "Accept: " + accept + "\r\n";
}

std::string traced(const std::string& trace, const char* flags) {
    return "traceparent: 00-" + trace + "-b7ad6b7169203331-" + flags + "\r\n";
}

/// The lines of a family's buckets for one route.
std::vector<std::string> buckets_of(const std::string& text, const std::string& route) {
    std::vector<std::string> found;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("lanewise_http_request_duration_seconds_bucket{route=\"" + route +
                             "\""))
            found.push_back(line);
    }
    return found;
}

}  // namespace

TEST_CASE("of the exemplars that threads have for a bucket the latest is shown") {
    running_server server;
    const auto& routes = route_names();
    const auto route =
        static_cast<std::size_t>(std::ranges::find(routes, "/v1/identity") - routes.begin());
    const auto put = [&](std::size_t thread, char letter, int milliseconds) {
        exemplar one{{}, std::chrono::milliseconds(7), std::chrono::milliseconds(milliseconds)};
        one.of.trace.fill(letter);
        one.of.span.fill('1');
        server.shared.metrics[thread]
            ->exemplars[route][duration_histogram::bucket_of(one.duration)]
            .put(one);
    };
    const auto shows = [&](char letter) {
        return scrape(server, accepting("application/openmetrics-text"))
                   .find(std::string(32, letter)) != std::string::npos;
    };
    put(0, 'a', 2'000);
    put(1, 'b', 1'000);
    CHECK(shows('a'));
    CHECK_FALSE(shows('b'));
    put(1, 'c', 3'000);
    CHECK(shows('c'));
    CHECK_FALSE(shows('a'));
}

TEST_CASE("OpenMetrics comes where Accept names it and rates it no lower than text") {
    running_server server;
    peer client(port_of_metrics(server));
    const auto type_for = [&](const std::string& accept) {
        const auto reply = client.ask(get("/metrics", accepting(accept)));
        CHECK(reply.status == 200);
        CHECK(reply.fields.at("vary") == "Accept");
        return reply.fields.at("content-type");
    };
    for (const char* accept :
         {"application/openmetrics-text", "application/openmetrics-text; version=1.0.0",
          "application/openmetrics-text;version=\"1.0.0\"", "Application/OpenMetrics-Text;q=0.1",
          "application/openmetrics-text;q=0.5, text/plain;q=0.5",
          "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
          "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
          "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
          "encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;"
          "escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
          "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,"
          "*/*;q=0.1"}) {
        CAPTURE(accept);
        CHECK(type_for(accept) == open_metrics_type);
    }
    for (const char* accept :
         {"*/*", "application/*", "text/plain", "", "application/openmetrics-text;q=0",
          "application/openmetrics-text;version=0.0.1",
          "application/openmetrics-text;version=2.0.0",
          "application/openmetrics-text;q=0.2, text/plain;q=0.3",
          "application/openmetrics-text;q=0.2, */*", "application/openmetrics-textual", ";;,,"}) {
        CAPTURE(accept);
        CHECK(type_for(accept) == "text/plain; version=0.0.4; charset=utf-8");
    }
    CHECK(client.ask(get("/metrics")).fields.at("content-type") ==
          "text/plain; version=0.0.4; charset=utf-8");
}

TEST_CASE("OpenMetrics names families without the suffix of their samples, and ends with EOF") {
    running_server server;
    peer client(server.port());
    client.ask(get("/v1/identity"));
    const auto text = scrape(server, accepting("application/openmetrics-text"));
    CHECK(text.ends_with("\n# EOF\n"));
    CHECK(text.find("\n\n") == std::string::npos);
    CHECK(sample(text, R"(lanewise_http_requests_total{route="/v1/identity",code="2xx"})") == 1);
    std::istringstream lines(text);
    std::string line, family, type;
    std::vector<std::string> families;
    while (std::getline(lines, line)) {
        if (line == "# EOF") break;
        if (line.starts_with("# HELP ")) {
            family = line.substr(7, line.find(' ', 7) - 7);
            CHECK_MESSAGE(std::ranges::find(families, family) == families.end(), family);
            families.push_back(family);
            CHECK_FALSE(family.ends_with("_total"));
            CHECK_FALSE(family.ends_with("_info"));
        } else if (line.starts_with("# TYPE ")) {
            REQUIRE(line.starts_with("# TYPE " + family + " "));
            type = line.substr(8 + family.size());
        } else {
            const auto name = line.substr(0, line.find_first_of("{ "));
            const auto suffix = name.substr(std::min(name.size(), family.size()));
            CAPTURE(line);
            CHECK(name.starts_with(family));
            if (type == "counter") CHECK(suffix == "_total");
            if (type == "info") CHECK(suffix == "_info");
            if (type == "gauge") CHECK(suffix.empty());
            if (type == "histogram")
                CHECK((suffix == "_bucket" || suffix == "_sum" || suffix == "_count"));
        }
    }
    CHECK(families.size() > 20);
    // Canonical numbers of le: with a point or an exponent.
    const auto buckets = buckets_of(text, "/v1/identity");
    REQUIRE(buckets.size() == 17);
    CHECK(buckets[0].find("le=\"5e-05\"") != std::string::npos);
    CHECK(buckets[1].find("le=\"0.0001\"") != std::string::npos);
    CHECK(buckets[13].find("le=\"1.0\"") != std::string::npos);
    CHECK(buckets[15].find("le=\"10.0\"") != std::string::npos);
    CHECK(buckets[16].find("le=\"+Inf\"") != std::string::npos);
}

TEST_CASE("a sampled request is an exemplar of its bucket; text shows none") {
    running_server server;
    peer client(server.port());
    const std::string trace = "0af7651916cd43dd8448eb211c80319c";
    client.ask(get("/v1/identity", traced(trace, "01")));
    client.ask(get("/v1/kernels", traced("1bf7651916cd43dd8448eb211c80319c", "00")));
    client.ask(
        get("/v1/kernels/sum_f32?n=3000000", traced("2cf7651916cd43dd8448eb211c80319c", "03")));
    const auto text = scrape(server, accepting("application/openmetrics-text"));
    int seen = 0;
    for (const auto& line : buckets_of(text, "/v1/identity")) {
        const auto at = line.find(" # ");
        if (at == std::string::npos) continue;
        ++seen;
        const auto labels = " # {trace_id=\"" + trace + "\",span_id=\"b7ad6b7169203331\"} ";
        REQUIRE(line.substr(at, labels.size()) == labels);
        std::istringstream numbers(line.substr(at + labels.size()));
        double value = 0, when = 0;
        REQUIRE(static_cast<bool>(numbers >> value >> when));
        const auto le = line.find("le=\"") + 4;
        const auto bound = line.substr(le, line.find('"', le) - le);
        CHECK((bound == "+Inf" || value <= std::stod(bound)));
        CHECK(value > 0);
        CHECK(when > 1.7e9);
        CHECK(when < 1e11);  // seconds, until the year 5138
        // The bucket counts it.
        CHECK(std::stod(line.substr(line.find("} ") + 2)) == 1);
    }
    CHECK(seen == 1);
    CHECK(text.find("1bf7651916cd43dd8448eb211c80319c") == std::string::npos);
    CHECK(text.find("2cf7651916cd43dd8448eb211c80319c") != std::string::npos);
    CHECK(scrape(server).find("trace_id") == std::string::npos);
}

TEST_CASE("exemplars are bounded: the latest of a bucket, however many requests were sampled") {
    running_server server;
    peer client(server.port());
    std::string all;
    for (int i = 0; i < 40; ++i) {
        std::string trace(32, 'a');
        trace[30] = static_cast<char>('0' + i / 10), trace[31] = static_cast<char>('0' + i % 10);
        all += get("/healthz", traced(trace, "01"));
    }
    client.send(all);
    for (int i = 0; i < 40; ++i) client.receive();
    const auto text = scrape(server, accepting("application/openmetrics-text"));
    const auto buckets = buckets_of(text, "/healthz");
    const auto exemplars = std::ranges::count_if(
        buckets, [](const std::string& line) { return line.find(" # ") != std::string::npos; });
    CHECK(exemplars >= 1);
    CHECK(exemplars <= 17);
    CHECK(text.find("aaaaaaaa39\"") != std::string::npos);
}

TEST_CASE("an exemplar is read whole or not at all while another is written") {
    exemplar_slot slot;
    CHECK_FALSE(slot.get());
    const auto made_of = [](char letter, std::int64_t number) {
        exemplar one{{}, std::chrono::nanoseconds(number), std::chrono::milliseconds(number)};
        one.of.trace.fill(letter);
        one.of.span.fill(letter);
        return one;
    };
    slot.put(made_of('0', 0));
    std::atomic<bool> done = false;
    std::thread writer([&] {
        for (int i = 0; i < 200'000; ++i) slot.put(made_of("0123456789abcdef"[i % 16], i % 16));
        done = true;
    });
    std::size_t read = 0, torn = 0;
    while (!done || read == 0) {
        const auto found = slot.get();
        if (!found) continue;
        ++read;
        const char letter = "0123456789abcdef"[found->at.count()];
        const auto same = [&](char one) { return one == letter; };
        if (!std::ranges::all_of(found->of.trace, same) ||
            !std::ranges::all_of(found->of.span, same) ||
            found->duration.count() != found->at.count())
            ++torn;
    }
    writer.join();
    CHECK(torn == 0);
}
