// The load generator on real sockets, against a small server of the test's own, on loopback.
#include "bench/load/http_load.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <boost/asio.hpp>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "bench/documents/document.hpp"
#include "bench/load/http_generator.hpp"
#include "bench/load/http_reply_reader.hpp"
#include "bench/machine/listener_cpus.hpp"

using namespace lanewise::bench;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// Answers every request, of each connection on a thread of its own, with a fixed reply.
class tiny_server {
public:
    explicit tiny_server(std::string reply)
        : reply_{std::move(reply)}, acceptor_{io_, {asio::ip::address_v4::loopback(), 0}} {
        accept();
        thread_ = std::jthread{[this] { io_.run(); }};
    }
    ~tiny_server() { io_.stop(); }
    tiny_server(const tiny_server&) = delete;
    tiny_server& operator=(const tiny_server&) = delete;

    [[nodiscard]] std::string url(const std::string& path = "/") const {
        return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + path;
    }
    std::atomic<int> requests = 0;

private:
    struct session : std::enable_shared_from_this<session> {
        session(tcp::socket accepted, tiny_server& server)
            : socket{std::move(accepted)}, owner{server} {}
        void read() {
            asio::async_read_until(socket, buffer, "\r\n\r\n",
                                   [self = shared_from_this()](auto error, std::size_t count) {
                                       if (error) return;
                                       self->buffer.consume(count);
                                       ++self->owner.requests;
                                       asio::async_write(self->socket,
                                                         asio::buffer(self->owner.reply_),
                                                         [self](auto failed, std::size_t) {
                                                             if (!failed) self->read();
                                                         });
                                   });
        }
        tcp::socket socket;
        tiny_server& owner;
        asio::streambuf buffer;
    };

    void accept() {
        acceptor_.async_accept([this](auto error, tcp::socket accepted) {
            if (error) return;
            std::make_shared<session>(std::move(accepted), *this)->read();
            accept();
        });
    }

    std::string reply_;
    asio::io_context io_;
    tcp::acceptor acceptor_;
    std::jthread thread_;
};

constexpr auto good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
using state = http_reply_reader::state;

}  // namespace

TEST_CASE("a reply ends where its length or its chunks say, however the bytes arrive") {
    const std::string counted = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nX: y\r\n\r\nhello";
    const std::string chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nT: "
        "v\r\n\r\n";
    for (const auto& text : {counted, chunked}) {
        for (const std::size_t piece :
             {std::size_t{1}, std::size_t{2}, std::size_t{7}, text.size()}) {
            http_reply_reader reader;
            reader.keep_body(true);
            for (std::size_t at = 0; at < text.size(); at += piece) {
                const auto found = reader.take(std::string_view{text}.substr(at, piece));
                CHECK(found == (at + piece < text.size() ? state::incomplete : state::complete));
            }
            CHECK(reader.status() == 200);
            CHECK(reader.body() == "hello");
            CHECK_FALSE(reader.closes());
        }
    }
    http_reply_reader reader;
    CHECK(reader.take("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n") == state::complete);
    CHECK(reader.closes());
    reader.reset();
    CHECK(reader.take("SSH-2.0-x\r\n\r\n") == state::broken);
    reader.reset();
    CHECK(reader.take("HTTP/1.1 200 OK\r\n\r\n") ==
          state::broken);  // no length: it would end with the connection
    reader.reset();
    CHECK(reader.take(std::string(70'000, 'a')) == state::broken);
}

TEST_CASE("a URL is taken apart, and a wrong one says what would be right") {
    const auto full = parse_url("http://[::1]:8080/a?b=c");
    CHECK(full.host == "::1");
    CHECK(full.port == "8080");
    CHECK(full.path == "/a?b=c");
    CHECK(request_text(full, full.path).find("\r\nHost: [::1]:8080\r\n") != std::string::npos);
    CHECK(parse_url("http://node").port == "80");
    CHECK(parse_url("http://node").path == "/");
    for (const auto* wrong : {"https://node/", "node:8080", "http://", "http://node:x/",
                              "http://node:70000/", "http://node/a b"}) {
        CHECK_THROWS_AS(static_cast<void>(parse_url(wrong)), std::invalid_argument);
    }
}

TEST_CASE("a step sends what its schedule holds and counts the replies") {
    tiny_server server{good};
    const auto counts = generate_load(parse_url(server.url()),
                                      {.rate = 500, .seconds = 1, .connections = 4, .cpus = {}});
    CHECK(counts.intended > 350);
    CHECK(counts.intended < 650);
    CHECK(counts.latency.count() == counts.intended);
    CHECK(counts.errors == 0);
    CHECK(server.requests >= static_cast<int>(counts.intended));  // the warm part comes on top
}

TEST_CASE("replies that are not 2xx, and connections that break, are errors") {
    tiny_server failing{"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"};
    const auto refused = generate_load(parse_url(failing.url()),
                                       {.rate = 200, .seconds = 0.3, .connections = 2, .cpus = {}});
    CHECK(refused.errors == refused.intended);
    tiny_server broken{"nonsense\r\n\r\n"};
    const auto garbled = generate_load(parse_url(broken.url()),
                                       {.rate = 200, .seconds = 0.3, .connections = 2, .cpus = {}});
    CHECK(garbled.errors == garbled.intended);
    CHECK(garbled.latency.count() == garbled.intended);
}

TEST_CASE("a server that closes after each reply is served over new connections") {
    tiny_server server{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"};
    const auto counts = generate_load(parse_url(server.url()),
                                      {.rate = 100, .seconds = 0.5, .connections = 2, .cpus = {}});
    CHECK(counts.errors == 0);
    CHECK(counts.latency.count() == counts.intended);
}

TEST_CASE("what is due at the end of a step still gets its connection from a server that closes") {
    tiny_server server{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"};
    const auto counts = generate_load(parse_url(server.url()),
                                      {.rate = 300, .seconds = 0.5, .connections = 1, .cpus = {}});
    CHECK(counts.errors == 0);
    CHECK(counts.latency.count() == counts.intended);
}

TEST_CASE("the process that listens is found, and with it the cores to stay away from") {
    tiny_server server{good};
    CHECK(is_local(parse_url(server.url())));
    const auto facts = lanewise::machine::read();
    const auto port = parse_url(server.url()).port;
    if (facts.emulated != true) CHECK(cpus_of_listener(port) == facts.cpuset);
    CHECK(cpus_of_listener(port, LANEWISE_TEST_DATA "/machines/epyc-guest/").empty());
}

TEST_CASE(
    "the document of a load fits the schema, says that a core was shared, and refuses a dead URL") {
    tiny_server server{good};
    const auto facts = lanewise::machine::read();
    auto content = new_document(std::vector<std::string>{"lanewise-bench", "http"});
    http_options options;
    options.urls = {server.url("/x")};
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
    options.urls = {"http://127.0.0.1:1/"};
    CHECK_THROWS_AS(put_http(content, facts, "here", options), std::runtime_error);
}

TEST_CASE("a generator that could not be pinned is not said to be") {
    tiny_server server{good};
    auto content = new_document(std::vector<std::string>{"lanewise-bench", "http"});
    http_options options;
    options.urls = {server.url("/x")};
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
    const auto root = std::filesystem::temp_directory_path() /
                      ("lanewise-http-energy-" + std::to_string(getpid()));
    const auto zone = root / "sys/class/powercap/intel-rapl:0";
    std::filesystem::create_directories(zone);
    std::ofstream{zone / "name"} << "package-0\n";
    std::ofstream{zone / "max_energy_range_uj"} << "262143328850\n";
    std::ofstream{zone / "energy_uj"} << "1000000\n";
    tiny_server server{good};
    // As the counter of a machine does, this one grows while requests are served.
    std::jthread counter{[&](const std::stop_token& stop) {
        for (std::uint64_t now = 1'000'000; !stop.stop_requested(); now += 1000) {
            const auto next = root / "next";
            std::ofstream{next} << now << "\n";
            std::filesystem::rename(next, zone / "energy_uj");
        }
    }};
    auto content = new_document(std::vector<std::string>{"lanewise-bench", "http"});
    http_options options;
    options.urls = {server.url("/x")};
    options.p99_ms = 60'000;
    options.seconds = 0.2;
    options.rounds = 1;
    options.connections = 2;
    options.rate_first = options.rate_max = 1000;
    options.curve = false;
    options.root = root.string() + "/";
    put_http(content, lanewise::machine::read(), "here", options);
    counter.request_stop();
    counter.join();
    CHECK(std::holds_alternative<document>(parse_document("a.json", document_text(content))));
    CHECK(content.at("energy").at("source").as_string() == "powercap");
    CHECK(content.at("http").at(0).at("curve").as_array().empty());
    for (const auto& one : content.at("http").at(0).at("rounds").at(0).at("steps").as_array())
        CHECK(one.at("joules_per_request").to_number<double>() > 0);

    std::filesystem::remove_all(root);
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
