// The load generator on real sockets, plain and TLS, against a server that does what a test says.
#include "bench/load/http_generator.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "scripted_server.hpp"

using namespace lanewise::bench;
namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

constexpr auto good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

request_mix one(prepared_request request = {}) {
    request_mix mix;
    mix.requests.push_back(std::move(request));
    return mix;
}

load_options small() {
    load_options options;
    options.rate = 200;
    options.seconds = 0.3;
    options.warm_seconds = 0.05;
    options.connections = 2;
    // What comes, comes: a busy machine may take its time.
    options.give_up_seconds = options.first_open_seconds = 60;
    return options;
}

step_counts load(const scripted_server& server, const load_options& options = small(),
                 const request_mix& mix = one(), const tls_options& tls = {}) {
    return generate_load(server.destination(tls), mix, options);
}

/// All came, none failed.
void check_clean(const step_counts& counts) {
    CHECK(counts.intended > 0);
    CHECK(counts.errors == 0);
    CHECK(counts.failures == std::map<std::string, std::uint64_t>{});
    CHECK(counts.latency.count() == counts.intended);
}

/// All failed, in one way, whose words start so.
void check_failed(const step_counts& counts, std::string_view how) {
    CHECK(counts.intended > 0);
    CHECK(counts.errors == counts.intended);
    CHECK(counts.latency.count() == counts.intended);
    for (const auto& [what, times] : counts.failures) {
        CAPTURE(what);
        CHECK(what.starts_with(how));
    }
}

/// Says the same to the first bytes of each connection, whatever they are, and ends.
class blunt_server {
public:
    explicit blunt_server(std::string says) : says_{std::move(says)} {}
    ~blunt_server() {
        over_ = true;
        ::shutdown(acceptor_.native_handle(), SHUT_RDWR);  // wakes accept()
    }
    blunt_server(const blunt_server&) = delete;
    blunt_server& operator=(const blunt_server&) = delete;
    [[nodiscard]] load_destination destination() const {
        load_destination found;
        found.endpoints = {acceptor_.local_endpoint()};
        found.target =
            parse_url("http://127.0.0.1:" + std::to_string(found.endpoints.front().port()) + "/");
        return found;
    }

private:
    void serve() {
        while (!over_) {
            boost::system::error_code error;
            tcp::socket socket{io_};
            acceptor_.accept(socket, error);
            std::array<char, 1000> some;
            if (!error) socket.read_some(asio::buffer(some), error);
            if (!error) asio::write(socket, asio::buffer(says_), error);
            if (!error) socket.shutdown(tcp::socket::shutdown_send, error);
            while (!error) socket.read_some(asio::buffer(some), error);  // lest a reset overtake
        }
    }

    std::string says_;
    asio::io_context io_;
    tcp::acceptor acceptor_{io_, {asio::ip::address_v4::loopback(), 0}};
    std::atomic<bool> over_ = false;
    std::jthread thread_{[this] { serve(); }};
};

/// A port that answers no SYN: its queue of connections is full, and nobody takes from it.
class black_hole {
public:
    black_hole() : acceptor_{io_, tcp::v4()} {
        acceptor_.bind({asio::ip::address_v4::loopback(), 0});
        acceptor_.listen(0);
        const auto where = acceptor_.local_endpoint();
        for (auto& one : fillers_) {
            one.open(tcp::v4());
            one.native_non_blocking(true);
            // Asio's own call would wait for an answer.
            static_cast<void>(
                ::connect(one.native_handle(), where.data(), static_cast<socklen_t>(where.size())));
        }
    }
    [[nodiscard]] load_destination destination() const {
        load_destination found;
        found.endpoints = {acceptor_.local_endpoint()};
        found.target =
            parse_url("http://127.0.0.1:" + std::to_string(found.endpoints.front().port()) + "/");
        return found;
    }

private:
    asio::io_context io_;
    tcp::acceptor acceptor_;
    std::array<tcp::socket, 3> fillers_{tcp::socket{io_}, tcp::socket{io_}, tcp::socket{io_}};
};

}  // namespace

TEST_CASE("a step sends what its schedule holds and counts the replies") {
    scripted_server server{good};
    auto options = small();
    options.rate = 500;
    options.seconds = 1;
    const auto counts = load(server, options);
    check_clean(counts);
    CHECK(counts.intended > 350);
    CHECK(counts.intended < 650);
    CHECK(counts.sent == std::vector<std::uint64_t>{counts.intended});
    CHECK(server.requests >= static_cast<int>(counts.intended));  // the warm part comes on top
    CHECK(server.connections == 2);
    const auto text = wire_text({}, server.destination().target.authority());
    CHECK(counts.bytes_sent == counts.intended * text.size());
    CHECK(counts.bytes_received == counts.intended * std::string_view{good}.size());
}

TEST_CASE("a generator that does not sleep keeps to the same schedule") {
    scripted_server server{good};
    auto options = small();
    options.rate = 500;
    options.seconds = 0.5;
    const auto with_sleep = load(server, options);
    options.sleeps = false;
    const auto without = load(server, options);
    check_clean(without);
    CHECK(without.intended == with_sleep.intended);
    CHECK(without.bytes_received == with_sleep.bytes_received);
}

TEST_CASE("a reply may end in every way there is") {
    const std::map<std::string, answer> ways{
        {"length", {{good}}},
        {"chunks in pieces",
         {{"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2;x=y\r\n", "ok\r\n0\r\nT: v\r\n",
           "\r\n"}}},
        {"close", {{"HTTP/1.1 200 OK\r\n\r\nok"}, answer::end::close}},
        {"close of HTTP/1.0", {{"HTTP/1.0 200 OK\r\n\r\n", "ok"}, answer::end::close}},
        {"length, then close",
         {{"HTTP/1.1 200 OK\r\nConnection: upgrade, Close\r\nContent-Length: 2\r\n\r\nok"},
          answer::end::close}},
        {"length, then close without a word",
         {{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"}, answer::end::close}},
        {"204", {{"HTTP/1.1 204 No Content\r\n\r\n"}}},
        {"interim before it",
         {{"HTTP/1.1 100 Continue\r\n\r\n",
           "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n"
           "Link: </a>\r\n\r\n",
           good}}},
    };
    const test_certificates certificates;
    for (const auto& [name, says] : ways) {
        for (const bool tls : {false, true}) {
            CAPTURE(name);
            CAPTURE(tls);
            scripted_server server{[&says](const asked&) { return says; },
                                   tls ? &certificates : nullptr};
            auto options = small();
            options.rate = 100;
            check_clean(load(server, options, one(), {.ca_file = certificates.file()}));
        }
    }
}

TEST_CASE("a reply to HEAD has no body, and a 304 is a success where it is expected") {
    prepared_request head;
    head.method = "HEAD";
    scripted_server no_body{"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"};
    check_clean(load(no_body, small(), one(head)));
    prepared_request conditional;
    conditional.fields = {{"If-None-Match", "\"a\""}};
    conditional.success = {{304, 304}};
    scripted_server unchanged{"HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n"};
    check_clean(load(unchanged, small(), one(conditional)));
}

TEST_CASE("a request arrives as it was said, a long body whole") {
    prepared_request post;
    post.method = "POST";
    post.target = "/a?b=c";
    post.fields = {{"X-Id", "7"}};
    post.body = std::string(3 << 20, 'x') + "end";  // more than a socket's buffer takes at once
    std::atomic<int> wrong = 0;
    const test_certificates certificates;
    for (const bool tls : {false, true}) {
        scripted_server server{[&](const asked& what) {
                                   if (!what.head.starts_with("POST /a?b=c HTTP/1.1\r\n") ||
                                       what.head.find("\r\nX-Id: 7\r\n") == std::string::npos ||
                                       what.body != post.body)
                                       ++wrong;
                                   return answer{{good}};
                               },
                               tls ? &certificates : nullptr};
        auto options = small();
        options.rate = 20;
        options.seconds = 0.5;
        check_clean(load(server, options, one(post), {.ca_file = certificates.file()}));
        CHECK(wrong == 0);
    }
}

TEST_CASE("an early reply to a body that is still on its way counts, and ends the connection") {
    prepared_request post;
    post.method = "POST";
    post.body = std::string(8 << 20, 'x');
    post.success = {{413, 413}};
    const blunt_server server{
        "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"};
    const auto to = server.destination();
    auto options = small();
    options.connections = 1;
    options.rate = 20;
    options.requests_per_connection = 1;
    const auto counts = generate_load(to, one(post), options);
    check_clean(counts);
}

TEST_CASE("what comes in place of a success is counted in its own words") {
    scripted_server unavailable{"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"};
    check_failed(load(unavailable), "status 503");
    scripted_server redirects{"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /\r\n\r\n"};
    check_failed(load(redirects), "status 302");
    scripted_server nonsense{"nonsense\r\n\r\n"};
    check_failed(load(nonsense), "malformed reply: ");
    const auto says = [](answer what) {
        return [what = std::move(what)](const asked&) { return what; };
    };
    scripted_server cut{
        says({{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"}, answer::end::close})};
    check_failed(load(cut), "connection closed without a whole reply");
    scripted_server silent{says({{}, answer::end::close})};
    check_failed(load(silent), "connection closed without a whole reply");
    scripted_server resets{says({{}, answer::end::reset})};
    check_failed(load(resets), "connection reset");
    // Bound, so that nobody else gets the port, and not listening.
    asio::io_context io;
    asio::ip::tcp::acceptor held{io};
    held.open(asio::ip::tcp::v4());
    held.bind({asio::ip::address_v4::loopback(), 0});
    const auto closed_port = held.local_endpoint().port();
    load_destination nobody;
    nobody.endpoints = {{asio::ip::address_v4::loopback(), closed_port}};
    nobody.target = parse_url("http://127.0.0.1:" + std::to_string(closed_port));
    check_failed(generate_load(nobody, one(), small()), "connection refused");
}

TEST_CASE("a reply that does not come in time is an error that took as long") {
    scripted_server slow{[](const asked&) {
        return answer{{good}, answer::end::stay, std::chrono::milliseconds{1500}};
    }};
    auto options = small();
    options.rate = 50;
    options.give_up_seconds = 0.2;
    const auto counts = load(slow, options);
    CHECK(counts.errors == counts.intended);
    for (const auto& [what, times] : counts.failures) {
        const bool known =
            what == "no reply within 0.2 s" || what == "no free connection within 0.2 s";
        CAPTURE(what);
        // A busy machine may come later than it meant to.
        CHECK((known || what.find(" within ") != std::string::npos));
    }
}

TEST_CASE("where no SYN is answered a step ends at its time, long before the system gives up") {
    const black_hole hole;
    auto options = small();
    options.seconds = 0.4;
    options.first_open_seconds = load_options{}.first_open_seconds;
    auto to = hole.destination();
    auto counts = generate_load(to, one(), options);
    check_failed(counts, "no connection within ");
    CHECK(counts.latency.maximum() < 20'000'000'000);  // Linux gives up after two minutes
    to.tls = std::make_shared<tls_client>(tls_options{}, "localhost");
    counts = generate_load(to, one(), options);
    check_failed(counts, "no TLS connection within ");
    CHECK(counts.latency.maximum() < 20'000'000'000);
}

TEST_CASE("a server that takes connections and never speaks TLS ends no step late") {
    asio::io_context io;
    tcp::acceptor mute{io, {asio::ip::address_v4::loopback(), 0}};  // the system accepts for it
    load_destination to;
    to.endpoints = {mute.local_endpoint()};
    to.target = parse_url("https://localhost:" + std::to_string(to.endpoints.front().port()));
    to.tls = std::make_shared<tls_client>(tls_options{}, "localhost");
    auto options = small();
    options.first_open_seconds = load_options{}.first_open_seconds;
    const auto counts = generate_load(to, one(), options);
    check_failed(counts, "no TLS connection within ");
    CHECK(counts.latency.maximum() < 20'000'000'000);
}

TEST_CASE("failures of a kind without end are kept as one") {
    step_counts counts;
    for (int i = 0; i < 100; ++i) counts.failed("status " + std::to_string(i));
    CHECK(counts.failures.size() == 33);
    CHECK(counts.failures.at("other") == 68);
    step_counts sum;
    sum.add(counts);
    sum.add(counts);
    CHECK(sum.failures.at("other") == 136);
    CHECK(sum.failures.at("status 1") == 2);
}

TEST_CASE("a connection that the server closed meanwhile costs no request that may be repeated") {
    // Each connection answers once, and meets its next request by an end without a word.
    const auto once = [](const asked& what) {
        return what.request == 0 ? answer{{good}} : answer{{}, answer::end::close};
    };
    scripted_server server{once};
    auto options = small();
    options.rate = 50;
    const auto counts = load(server, options);
    check_clean(counts);
    CHECK(counts.repeated > 0);
    CHECK(counts.opened > 0);
    prepared_request post;
    post.method = "POST";
    const auto posted = load(server, options, one(post));
    CHECK(posted.repeated == 0);
    CHECK(posted.errors > 0);
    // What has no answer on a new connection either has none.
    scripted_server silent{[](const asked&) { return answer{{}, answer::end::close}; }};
    const auto lost = load(silent, options);
    CHECK(lost.repeated == 0);
    CHECK(lost.errors == lost.intended);
}

TEST_CASE("every address of a name gets its connections, and one that refuses is passed over") {
    scripted_server first{good}, second{good};
    auto to = first.destination();
    to.endpoints.push_back(second.where());
    auto options = small();
    options.connections = 4;
    check_clean(generate_load(to, one(), options));
    CHECK(first.connections == 2);
    CHECK(second.connections == 2);
    std::uint16_t closed_port = 0;
    {
        scripted_server gone{good};
        closed_port = gone.where().port();
    }
    to.endpoints = {{asio::ip::address_v4::loopback(), closed_port}, first.where()};
    options.requests_per_connection = 1;
    check_clean(generate_load(to, one(), options));
}

TEST_CASE("requests per connection are counted, and opening belongs to a request's latency") {
    const test_certificates certificates;
    for (const bool tls : {false, true}) {
        for (const int each : {1, 3}) {
            CAPTURE(tls);
            CAPTURE(each);
            std::mutex guard;
            std::map<int, int> of_connection;
            std::set<int> last;
            scripted_server server{
                [&](const asked& what) {
                    const std::scoped_lock lock{guard};
                    of_connection[what.connection] = what.request + 1;
                    const bool closes = what.head.find("Connection: close") != std::string::npos;
                    if (closes) last.insert(what.connection);
                    CHECK(closes == (what.request + 1 == each));
                    return answer{{good}, closes ? answer::end::close : answer::end::stay};
                },
                tls ? &certificates : nullptr};
            auto options = small();
            options.rate = 60;
            options.requests_per_connection = each;
            const auto counts = load(server, options, one(), {.ca_file = certificates.file()});
            check_clean(counts);
            CHECK(counts.opened > 0);
            CHECK(counts.opening.count() == counts.opened);
            const std::scoped_lock lock{guard};
            for (const auto& [connection, requests] : of_connection) CHECK(requests <= each);
            CHECK(server.resets == 0);  // the server ends them, and keeps the port that rests
        }
    }
}

TEST_CASE("TLS sessions are taken up again, or not, as was said") {
    const test_certificates certificates;
    std::atomic<int> resumed = 0, whole = 0;
    const auto count = [&](const asked& what) {
        ++(what.resumed ? resumed : whole);
        CHECK(what.name == "localhost");
        return answer{{good}, answer::end::close};
    };
    auto options = small();
    options.connections = 1;
    options.rate = 50;
    options.requests_per_connection = 1;
    {
        scripted_server server{count, &certificates};
        const auto counts = load(server, options, one(), {.ca_file = certificates.file()});
        check_clean(counts);
        CHECK(whole == 1);
        CHECK(resumed > 0);
        CHECK(counts.resumed + 1 >= counts.opened);
    }
    resumed = whole = 0;
    {
        scripted_server server{count, &certificates};
        const auto counts =
            load(server, options, one(), {.ca_file = certificates.file(), .resumption = false});
        check_clean(counts);
        CHECK(resumed == 0);
        CHECK(whole > 0);
        CHECK(counts.resumed == 0);
    }
}

TEST_CASE("a certificate is trusted for what it says, of those who are trusted, while it lasts") {
    const test_certificates certificates, other;
    const test_certificates elsewhere{"DNS:elsewhere.example"};
    const test_certificates ended{"DNS:localhost", -1};
    const auto counts = [](const test_certificates& shown, const tls_options& options) {
        scripted_server server{[](const asked&) { return answer{{good}}; }, &shown};
        auto few = small();
        few.rate = 50;
        return load(server, few, one(), options);
    };
    check_clean(counts(certificates, {.ca_file = certificates.file()}));
    check_failed(counts(certificates, {.ca_file = other.file()}),
                 "TLS: certificate verify failed: ");
    check_failed(counts(certificates, {}),
                 "TLS: certificate verify failed: self-signed certificate");
    check_failed(counts(elsewhere, {.ca_file = elsewhere.file()}),
                 "TLS: certificate verify failed: hostname mismatch");
    check_failed(counts(ended, {.ca_file = ended.file()}),
                 "TLS: certificate verify failed: certificate has expired");
    for (const auto* shown : {&certificates, &elsewhere, &ended})
        check_clean(counts(*shown, {.ca_file = {}, .verify = false}));
}

TEST_CASE("an address is verified as an address") {
    const test_certificates certificates{"IP:127.0.0.1"};
    scripted_server server{[](const asked& what) {
                               CHECK(what.name.empty());  // RFC 6066: no address is a name
                               return answer{{good}};
                           },
                           &certificates};
    auto to = server.destination();
    to.target = parse_url("https://127.0.0.1:" + std::to_string(server.where().port()));
    const tls_options options{.ca_file = certificates.file()};
    to.tls = std::make_shared<tls_client>(options, to.target.host);
    check_clean(generate_load(to, one(), small()));
    to.tls = std::make_shared<tls_client>(options, "127.0.0.2");
    check_failed(generate_load(to, one(), small()),
                 "TLS: certificate verify failed: IP address mismatch");
}

TEST_CASE("TLS and plain HTTP do not meet, and the failure says so") {
    const blunt_server plain{"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"};
    auto to = plain.destination();
    to.tls = std::make_shared<tls_client>(tls_options{}, "localhost");
    check_failed(generate_load(to, one(), small()), "TLS: wrong version number");
    const test_certificates certificates;
    scripted_server secure{[](const asked&) { return answer{{good}}; }, &certificates};
    auto without = secure.destination();
    without.tls = nullptr;
    const auto counts = generate_load(without, one(), small());
    CHECK(counts.errors == counts.intended);
}

TEST_CASE("RFC 9112, 9.8: a reply that ends with TLS is whole only behind a closing alert") {
    const test_certificates certificates;
    scripted_server cut{[](const asked&) {
                            return answer{{"HTTP/1.1 200 OK\r\n\r\nok"},
                                          answer::end::close_without_alert};
                        },
                        &certificates};
    const tls_options options{.ca_file = certificates.file()};
    check_failed(load(cut, small(), one(), options),
                 "TLS: the connection ended without a closing alert");
    scripted_server counted{
        [](const asked&) { return answer{{good}, answer::end::close_without_alert}; },
        &certificates};
    check_clean(load(counted, small(), one(), options));
}

TEST_CASE("a file of certificates that is none is refused by name") {
    const test_certificates certificates;
    CHECK_THROWS_WITH_AS(tls_client({.ca_file = "no/such.pem"}, "h"),
                         doctest::Contains("--cacert no/such.pem: No such file"),
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(tls_client({.ca_file = certificates.key()}, "h"),
                         doctest::Contains("holds no certificate"), std::invalid_argument);
    CHECK_THROWS_WITH_AS(tls_client({.ca_file = certificates.folder().string()}, "h"),
                         doctest::Contains("is a directory"), std::invalid_argument);
}

TEST_CASE("a mix is sent by its weights") {
    request_mix mix;
    for (int i = 0; i < 4; ++i) {
        prepared_request request;
        request.target = "/" + std::to_string(i);
        request.weight = i + 1;
        mix.requests.push_back(request);
    }
    std::mutex guard;
    std::map<std::string, double> seen;
    scripted_server server{[&](const asked& what) {
        const std::scoped_lock lock{guard};
        ++seen[what.head.substr(4, 2)];
        return answer{{good}};
    }};
    auto options = small();
    options.rate = 2000;
    options.seconds = 1;
    options.warm_seconds = 0;
    options.connections = 4;
    const auto counts = load(server, options, mix);
    check_clean(counts);
    // Chi-squared of three degrees of freedom is above 16.3 once in a thousand; the seed is fixed.
    double chi_squared = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        const auto expected =
            static_cast<double>(counts.intended) * static_cast<double>(i + 1) / 10;
        const auto sent = static_cast<double>(counts.sent[i]);
        CHECK(sent == seen["/" + std::to_string(i)]);
        chi_squared += std::pow(sent - expected, 2) / expected;
    }
    CHECK(chi_squared < 16.3);
}

TEST_CASE("each request of a mix has its own success") {
    request_mix mix;
    mix.requests.resize(2);
    mix.requests[0].target = "/a";
    mix.requests[1].target = "/b";
    mix.requests[1].success = {{404, 404}};
    scripted_server server{[](const asked& what) {
        return answer{{what.head.starts_with("GET /b")
                           ? "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
                           : good}};
    }};
    check_clean(load(server, small(), mix));
    mix.requests[1].success = {{200, 200}};
    const auto counts = load(server, small(), mix);
    CHECK(counts.errors == counts.sent[1]);
    CHECK(counts.failures.at("status 404") == counts.errors);
}

TEST_CASE("a server that stops for one second every ten shows it in p99 from the intended time") {
    // A step of ten seconds holds one stop wherever it begins. A tenth of the requests meet it and
    // wait for up to a second, evenly: one in a hundred waits for more than 0.9 s.
    constexpr double p99_ns = 0.9e9;
    constexpr auto period = std::chrono::seconds{10};
    constexpr auto stop = std::chrono::seconds{1};
    const auto start = std::chrono::steady_clock::now() - std::chrono::seconds{5};
    const test_certificates certificates;
    const auto stopping = [&](const asked&) {
        const auto at = (std::chrono::steady_clock::now() - start) % period;
        const auto rest = at < stop ? stop - at : std::chrono::nanoseconds{0};
        return answer{
            {good}, answer::end::stay, std::chrono::ceil<std::chrono::milliseconds>(rest)};
    };
    const auto seen = [&](const test_certificates* shown) {
        scripted_server server{stopping, shown};
        auto options = small();
        options.rate = 300;
        options.warm_seconds = 0;
        options.seconds = 10;
        options.connections = 8;
        return load(server, options, one(), {.ca_file = certificates.file()});
    };
    // Both at once, for both wait most of the time.
    step_counts plain, secure;
    {
        const std::jthread first{[&] { plain = seen(nullptr); }};
        const std::jthread second{[&] { secure = seen(&certificates); }};
    }
    for (const auto* counts : {&plain, &secure}) {
        check_clean(*counts);
        CHECK(static_cast<double>(counts->latency.quantile(0.99)) >= 0.9 * p99_ns);
        // What a client that waits for replies would have called its p99: few of them are slow.
        CHECK(static_cast<double>(counts->latency.quantile(0.5)) < 0.5 * p99_ns);
    }
}

TEST_CASE("a server that goes away in the middle of a step costs what comes after, and no more") {
    const test_certificates certificates;
    for (const bool tls : {false, true}) {
        CAPTURE(tls);
        std::atomic<int> answered = 0;
        auto server = std::make_unique<scripted_server>(
            [&](const asked&) {
                ++answered;
                answered.notify_all();
                return answer{{good}};
            },
            tls ? &certificates : nullptr);
        const auto to = server->destination({.ca_file = certificates.file()});
        auto options = small();
        options.warm_seconds = 0;
        options.seconds = 1;
        std::jthread end{[&] {
            for (int now = answered; now < 40; now = answered) answered.wait(now);
            server.reset();
        }};
        const auto counts = generate_load(to, one(), options);
        CHECK(counts.latency.count() == counts.intended);
        CHECK(counts.errors > 0);
        CHECK(counts.errors < counts.intended);
        std::uint64_t failed = 0;
        for (const auto& [what, times] : counts.failures) {
            CAPTURE(what);
            CHECK((what.starts_with("connection ") || what.starts_with("TLS: ") ||
                   what.find(" within ") != std::string::npos));
            failed += times;
        }
        CHECK(failed == counts.errors);
    }
}

TEST_CASE("a server that falls silent in the middle of a step does not hold the step up") {
    const test_certificates certificates;
    for (const bool tls : {false, true}) {
        CAPTURE(tls);
        scripted_server server{[](const asked& what) {
                                   return what.request < 5 ? answer{{good}}
                                                           : answer{{}, answer::end::stay};
                               },
                               tls ? &certificates : nullptr};
        auto options = small();
        options.give_up_seconds = 0.5;
        const auto counts = load(server, options, one(), {.ca_file = certificates.file()});
        CHECK(counts.latency.count() == counts.intended);
        CHECK(counts.errors > 0);
        CHECK(counts.latency.maximum() < 50'000'000'000);
        for (const auto& [what, times] : counts.failures) {
            CAPTURE(what);
            CHECK(what.find(" within ") != std::string::npos);
        }
    }
}

TEST_CASE("what is due at the end of a step still gets its connection from a server that closes") {
    scripted_server server{[](const asked&) {
        return answer{{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"},
                      answer::end::close};
    }};
    auto options = small();
    options.rate = 300;
    options.connections = 1;
    check_clean(load(server, options));
}
