#include "destination.hpp"

#include <netdb.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <utility>

#include "bench/machine/progress.hpp"
#include "http_connection.hpp"

namespace lanewise::bench {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using clock = std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

constexpr auto look_for_interruption_every = std::chrono::milliseconds{50};
constexpr seconds name_patience{10};  // resolvers ask a silent server twice, for five seconds each
constexpr seconds connect_patience{3};  // a SYN that is lost is sent again after one second
constexpr std::size_t addresses_max = 64;

seconds since(clock::time_point start) {
    return clock::now() - start;
}

/// Runs what is to be done until `done` says so, the time is over or the user presses Ctrl-C.
template <class Done>
void run(asio::io_context& io, seconds patience, const Done& done) {
    const auto start = clock::now();
    while (!done() && !interrupted() && since(start) < patience && !io.stopped())
        io.run_one_for(look_for_interruption_every);
}

/// What the thread that looks a name up shares with the one that waits for it.
struct name_search {
    std::string host, port;
    std::atomic<bool> done = false;
    int error = 0;
    std::vector<tcp::endpoint> found;

    void look_up() {
        addrinfo wanted{};
        wanted.ai_family = AF_UNSPEC;
        wanted.ai_socktype = SOCK_STREAM;
        wanted.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
        addrinfo* list = nullptr;
        error = getaddrinfo(host.c_str(), port.c_str(), &wanted, &list);
        // Without an address but loopback, AI_ADDRCONFIG finds nothing at all.
        if (error != 0) {
            wanted.ai_flags = AI_NUMERICSERV;
            error = getaddrinfo(host.c_str(), port.c_str(), &wanted, &list);
        }
        for (const auto* one = list; one && found.size() < addresses_max; one = one->ai_next) {
            tcp::endpoint where;
            if (one->ai_addrlen > where.capacity()) continue;
            where.resize(one->ai_addrlen);
            std::memcpy(where.data(), one->ai_addr, one->ai_addrlen);
            found.push_back(where);
        }
        if (list) freeaddrinfo(list);
        done = true;
    }
};

/// getaddrinfo can't be called off: it runs on a thread that is left behind where it takes too
/// long.
std::vector<tcp::endpoint> addresses_of(const http_target& target) {
    const auto search = std::make_shared<name_search>();
    search->host = target.host;
    search->port = target.port;
    const auto start = clock::now();
    std::thread{[search] { search->look_up(); }}.detach();
    while (!search->done && since(start) < name_patience) {
        if (interrupted()) throw std::runtime_error{target.url + ": interrupted"};
        std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
    const auto failed = [&](const std::string& what) {
        return std::runtime_error{target.url + ": " + target.host + " can't be looked up: " + what};
    };
    if (!search->done) throw failed("no answer within " + in_seconds(since(start)));
    if (search->error != 0) throw failed(gai_strerror(search->error));
    if (search->found.empty()) throw failed("it has no address");
    return search->found;
}

}  // namespace

load_destination find_destination(const http_target& target, const tls_options& options) {
    load_destination found{target, {}, {}, nullptr, false};
    if (target.tls) found.tls = std::make_shared<tls_client>(options, target.host);

    struct attempt {
        attempt(asio::io_context& io, tcp::endpoint to) : where{std::move(to)}, socket{io} {}
        tcp::endpoint where;
        tcp::socket socket;
        std::optional<boost::system::error_code> result;
    };
    asio::io_context io;
    std::vector<std::unique_ptr<attempt>> attempts;
    std::size_t open = 0;
    for (auto& where : addresses_of(target)) {
        auto& one = *attempts.emplace_back(std::make_unique<attempt>(io, where));
        ++open;
        one.socket.async_connect(one.where, [&](boost::system::error_code error) {
            one.result = error;
            --open;
        });
    }
    const auto start = clock::now();
    run(io, connect_patience, [&] { return open == 0; });
    if (interrupted()) throw std::runtime_error{target.url + ": interrupted"};
    for (const auto& one : attempts) {
        if (!one->result) {
            found.silent_endpoints.push_back(
                {one->where, "no answer within " + in_seconds(since(start))});
        } else if (*one->result) {
            found.silent_endpoints.push_back({one->where, failure_of(*one->result).what});
        } else {
            boost::system::error_code error;
            const auto local = one->socket.local_endpoint(error);
            if (found.endpoints.empty()) found.local = local.address() == one->where.address();
            found.endpoints.push_back(one->where);
        }
    }
    if (found.endpoints.empty()) {
        std::string all;
        for (const auto& [where, why] : found.silent_endpoints)
            all += (all.empty() ? "" : ", ") + where.address().to_string() + ": " + why;
        throw std::runtime_error{target.url + ": can't be connected to: " + all};
    }
    return found;
}

fetched fetch(const load_destination& destination, const prepared_request& request,
              seconds patience, std::size_t body_bytes_max) {
    struct asker : connection_user {
        void on_open(http_connection& which) override {
            result.reply = http_reply{0, {}, which.protection()};
            which.send(text, to_head);
        }
        void on_reply(http_connection& which) override {
            result.reply->status = which.reader().status();
            result.reply->body = which.reader().body();
            done = true;
            which.abort();
        }
        void on_broken(http_connection&, const load_failure& why) override {
            result = {std::nullopt, why.what};
            done = true;
        }
        std::string text;
        bool to_head = false;
        fetched result;
        bool done = false;
    };
    asio::io_context io;
    asker asking;
    asking.text = wire_text(request, destination.target.authority(), true);
    asking.to_head = request.method == "HEAD";
    const boost::intrusive_ptr<http_connection> connection{
        new http_connection{io, asking, destination.tls.get(), nullptr}};
    connection->reader().keep_body(body_bytes_max);
    const auto start = clock::now();
    connection->open(destination.endpoints.front());
    run(io, patience, [&] { return asking.done; });
    connection->abort();
    if (!asking.done) {
        asking.result = {std::nullopt, interrupted()
                                           ? "interrupted"
                                           : "no reply within " + in_seconds(since(start))};
    }
    return asking.result;
}

}  // namespace lanewise::bench
