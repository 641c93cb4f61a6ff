// GET /metrics: what is counted, where it is shown, and that the text is Prometheus' own.
#include <algorithm>
#include <optional>
#include <sstream>

#include "server/endpoints/metrics.hpp"
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

// All metrics, from the port that shows them.
std::string scrape(const running_server& server) {
    const auto apart = static_cast<std::uint16_t>(server.shared.settings.metrics_port);
    return peer(apart == 0 ? server.port() : apart).ask(get("/metrics")).body;
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
    histogram.observe(std::chrono::microseconds(51), 2);
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
