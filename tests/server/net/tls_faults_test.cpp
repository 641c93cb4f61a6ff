// What the TLS port is sent that no client sends: each of it ends, is bounded, leaves nothing
// behind, and holds up nobody else.
#include <openssl/bio.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tls_server.hpp"

using namespace lanewise::server;

namespace {

// A client whose bytes the test carries to the server, so that it can change them on their way.
class carried_client {
public:
    explicit carried_client(int version)
        : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free),
          ssl_((only_version(version)(context_.get()), SSL_new(context_.get())), SSL_free) {
        auto* const heard = BIO_new(BIO_s_mem());
        BIO_set_mem_eof_return(heard, -1);  // more will come
        SSL_set_bio(ssl_.get(), heard, BIO_new(BIO_s_mem()));
        SSL_set_connect_state(ssl_.get());
    }

    /// True once its handshake is done; what it has to say is in next_flight() either way.
    bool step() { return SSL_do_handshake(ssl_.get()) == 1; }

    std::string next_flight() {
        auto* const said = SSL_get_wbio(ssl_.get());
        std::string bytes(BIO_ctrl_pending(said), '\0');
        if (!bytes.empty()) BIO_read(said, bytes.data(), static_cast<int>(bytes.size()));
        return bytes;
    }
    void hear(std::string_view bytes) {
        BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
    }

    std::string sealed(std::string_view text) {
        SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
        return next_flight();
    }
    std::string opened() {
        std::array<char, 4'096> room;
        const int count = SSL_read(ssl_.get(), room.data(), static_cast<int>(room.size()));
        return count > 0 ? std::string(room.data(), static_cast<std::size_t>(count)) : "";
    }

private:
    std::shared_ptr<SSL_CTX> context_;
    std::shared_ptr<SSL> ssl_;
};

// What the server says next, as it is on the wire; nothing at the end.
std::string receive_raw(const peer& from) {
    pollfd one{from.descriptor(), POLLIN, 0};
    REQUIRE(poll(&one, 1, 10'000) == 1);
    std::string bytes(64 << 10, '\0');
    const auto count = ::recv(from.descriptor(), bytes.data(), bytes.size(), 0);
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return bytes;
}

constexpr int hello = 0, finish = 1;  // a client's flights, in both versions

// How a flight goes on its way; false where nothing follows on it.
using carrier = std::function<bool(peer& to, int flight, std::string bytes)>;

bool shake_hands(peer& with, carried_client& client, const carrier& carry) {
    int flight = hello;
    for (bool done = client.step();; done = client.step()) {
        if (const auto bytes = client.next_flight(); !bytes.empty()) {
            if (!carry(with, flight++, bytes)) return false;
        }
        if (done) return true;
        const auto heard = receive_raw(with);
        if (heard.empty()) return false;
        client.hear(heard);
    }
}

bool unchanged(peer& to, int, const std::string& bytes) {
    to.send(bytes);
    return true;
}

std::string first_flight(int version) {
    carried_client client(version);
    client.step();
    return client.next_flight();
}

// Records of the handshake in the clear, cut into records of one octet.
std::string in_records_of_one(std::string_view records) {
    std::string cut;
    while (!records.empty()) {
        const auto length =
            static_cast<unsigned char>(records[3]) * 256U + static_cast<unsigned char>(records[4]);
        for (const char octet : records.substr(5, length))
            cut.append(records.substr(0, 3)).append({'\0', '\1', octet});
        records.remove_prefix(5 + length);
    }
    return cut;
}

std::string header(char type, unsigned length) {
    return {type, 3, 3, static_cast<char>(length / 256), static_cast<char>(length % 256)};
}

constexpr char alert = 21, handshake = 22, application_data = 23;
constexpr int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

// Every connection has ended, on the server's side too.
void check_left_nothing(const tls_server& server) {
    CHECK(eventually([&] { return server.open_connections() == 0; }));
    CHECK(server.serves());
}

}  // namespace

TEST_CASE("a handshake that comes octet by octet, or in records of one octet, is one") {
    const tls_server server;
    const carrier by_octets = [](peer& to, int, const std::string& bytes) {
        for (const char octet : bytes) to.send({&octet, 1});
        return true;
    };
    const carrier by_records = [](peer& to, int flight, const std::string& bytes) {
        to.send(flight == hello ? in_records_of_one(bytes) : bytes);
        return true;
    };
    for (const int version : versions) {
        for (const auto& carry : {by_octets, by_records}) {
            CAPTURE(version);
            peer connection(server.secured());
            carried_client client(version);
            REQUIRE(shake_hands(connection, client, carry));
            carry(connection, finish, client.sealed(get("/healthz")));
            std::string reply;
            while (!reply.ends_with("\r\n\r\nok\n")) {
                const auto heard = receive_raw(connection);
                REQUIRE_FALSE(heard.empty());
                client.hear(heard);
                for (auto text = client.opened(); !text.empty(); text = client.opened())
                    reply += text;
            }
        }
    }
    CHECK(server.full() == 4);
}

TEST_CASE("a client that leaves at any octet of its handshake leaves nothing behind") {
    const tls_server server;
    std::uint64_t left = 0;
    for (const int version : versions) {
        for (const int leaves_in : {hello, finish}) {
            // Every place around the headers of records and messages, some of those within.
            for (std::size_t at = 0, size = 1; at < size; at += at < 20 ? 1 : 37) {
                peer connection(server.secured());
                carried_client client(version);
                const carrier cut = [&](peer& to, int flight, const std::string& bytes) {
                    if (flight != leaves_in) return unchanged(to, flight, bytes);
                    size = bytes.size();
                    to.send(bytes.substr(0, at));
                    return false;
                };
                CHECK_FALSE(shake_hands(connection, client, cut));
                if (left++ % 2 == 0) connection.reset();
            }
        }
    }
    CHECK(eventually([&] { return server.failed() == left; }));
    CHECK(server.full() == 0);
    check_left_nothing(server);
}

TEST_CASE("a handshake of which any octet was changed ends") {
    const tls_server server;
    for (const int version : versions) {
        const auto size = first_flight(version).size();
        for (std::size_t at = 0; at < size; at += at < 80 ? 1 : 13) {
            peer connection(server.secured());
            auto bytes = first_flight(version);
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << at % 8));
            connection.send(bytes);
            connection.half_close();
            connection.receive_all();  // a refusal, or the server's part: there is no other
        }
        // Behind the first record, whose change TLS 1.3 does not look at, all is sealed.
        for (const std::size_t from_end : {1U, 2U, 17U, 30U}) {
            peer connection(server.secured());
            carried_client client(version);
            shake_hands(connection, client, [&](peer& to, int flight, std::string changed) {
                if (flight == finish) changed[changed.size() - from_end] ^= 1;
                return unchanged(to, flight, changed);
            });
            connection.half_close();
            connection.receive_all();
        }
    }
    CHECK(server.full() == 0);
    check_left_nothing(server);
}

TEST_CASE("a record that is longer than any may be is refused by its alert, before it has come") {
    const tls_server server;
    constexpr char record_overflow = 22;
    for (const unsigned length : {18U << 10, 0xffffU}) {
        CAPTURE(length);
        peer connection(server.secured());
        connection.send(header(handshake, length) + std::string("\x01\x00\x02\x00", 4) +
                        std::string(512, 'a'));
        const auto said = connection.receive_all();
        REQUIRE(said.size() == 7);
        CHECK(said.front() == alert);
        CHECK(said.back() == record_overflow);
    }
    for (const int version : versions) {
        CAPTURE(version);
        peer connection(server.secured());
        carried_client client(version);
        REQUIRE(shake_hands(connection, client, unchanged));
        connection.send(header(application_data, 18U << 10) + std::string(512, 'a'));
        connection.half_close();
        connection.receive_all();
    }
    check_left_nothing(server);
}

TEST_CASE("alerts that are no part of a handshake end it, and a stream of them does not go on") {
    const tls_server server;
    const auto said = [](char level, char what) { return header(alert, 2) + level + what; };
    constexpr char warning = 1, fatal = 2, close_notify = 0, user_canceled = 90, failure = 40;
    std::string many;
    for (int i = 0; i < 10'000; ++i) many += said(warning, user_canceled);
    for (const int version : versions) {
        for (const auto& before : {std::string{}, first_flight(version)}) {
            for (const auto& alerts : {said(warning, close_notify), said(fatal, failure),
                                       said(fatal, close_notify), said(7, 7), many}) {
                CAPTURE(alerts.size());
                peer connection(server.secured());
                connection.send(before);
                connection.send(alerts);
                connection.receive_all();  // which waits for the server to hang up
            }
        }
    }
    CHECK(server.full() == 0);
    check_left_nothing(server);
}

TEST_CASE("a request whose every octet fills a record by padding is served") {
    const tls_server server;
    peer client(server.secured());
    client.begin_tls([](SSL_CTX* context) {
        only_version(TLS1_3_VERSION)(context);
        SSL_CTX_set_block_padding(context, 16 << 10);
    });
    for (const char octet : get("/healthz")) client.send({&octet, 1});
    CHECK(client.receive().body == "ok\n");
}

TEST_CASE("thousands of handshakes that never end leave room for others") {
    auto settings = tls_settings();
    settings.tls_handshakes_max = 32;
    const tls_server server(settings);
    const auto whole = first_flight(TLS1_3_VERSION);
    const std::string kinds[] = {"", "\x16", whole.substr(0, whole.size() / 2), whole};
    std::deque<peer> open;
    constexpr std::uint64_t count = 4'000;
    for (std::uint64_t i = 0; i < count; ++i) {
        open.emplace_back(server.secured());
        open.back().send(kinds[i % std::size(kinds)]);
        if (open.size() > 200) open.pop_front();
        if (i % 500 == 0) CHECK(server.serves());
    }
    CHECK(eventually([&] { return server.failed() >= count - settings.tls_handshakes_max; }));
    CHECK(eventually([&] { return server.open_connections() <= settings.tls_handshakes_max; }));
    open.clear();
    CHECK(eventually([&] { return server.failed() == count; }));
    check_left_nothing(server);
}

// An emulator takes more than a minute to compute and to seal what it takes to fill the sockets.
TEST_CASE("replies that are not read give way, and no connection gives way to itself" *
          doctest::skip(LANEWISE_EMULATED)) {
    auto settings = tls_settings();
    settings.pending_bytes_max = 512 << 10;
    settings.queue_depth_max = 100;
    const tls_server server(settings);
    std::vector<peer> readers;
    std::vector<tls_client*> clients;
    for (int i = 0; i < 30; ++i) {
        readers.emplace_back(server.secured(), 4'096);
        clients.push_back(&readers.back().begin_tls());
        readers.back().send(
            get("/v1/kernels/exp_f32?n=1500000", "Accept: application/octet-stream\r\n"));
    }
    REQUIRE(eventually([&] { return server.shared.metrics[0]->connections_gave_way.value() > 0; }));
    // Each makes room for a little now and then, so that the server seals more for it.
    std::string room(8 << 10, '\0');
    for (int i = 0; i < 2'000; ++i) {
        for (auto* const one : clients) one->receive(room);
    }
    CHECK(server.shared.metrics[0]->connections_gave_way.value() < readers.size());
    readers.clear();
    check_left_nothing(server);
}
