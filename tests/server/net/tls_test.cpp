// The TLS port: what is agreed on, how handshakes are bounded, how certificates change, and how
// connections end.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <latch>
#include <optional>
#include <vector>

#include "server/net/tls_channel.hpp"
#include "server/net/tls_identity.hpp"
#include "server/net/watched_socket.hpp"
#include "server/settings/combinations.hpp"
#include "tls_server.hpp"

using namespace lanewise::server;

namespace {

constexpr std::uint64_t short_ms = 50;

// The alert that the server sent instead of a handshake; 0 where there was a handshake.
int refusal(const tls_server& server, const preparation& prepare) {
    peer client(server.secured());
    client.begin_tls(prepare);
    if (client.shake_hands()) return 0;
    const int reason = ERR_GET_REASON(ERR_peek_error());
    return reason > SSL_AD_REASON_OFFSET ? reason - SSL_AD_REASON_OFFSET : -1;
}

preparation only_ciphers_of_1_2(const std::string& list) {
    return [list](SSL_CTX* context) {
        only_version(TLS1_2_VERSION)(context);
        REQUIRE(SSL_CTX_set_cipher_list(context, list.c_str()) == 1);
    };
}

preparation offers(const std::string& protocols) {
    return [protocols](SSL_CTX* context) {
        SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(protocols.data()),
                                static_cast<unsigned>(protocols.size()));
    };
}

std::string chosen_protocol(const tls_server& server, const std::string& offered) {
    peer client(server.secured());
    const auto& tls = client.begin_tls(offers(offered));
    REQUIRE(client.shake_hands());
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(tls.handle(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
}

using session_pointer = std::shared_ptr<SSL_SESSION>;

// A ticket: of a whole handshake, or of one that another ticket resumed.
session_pointer take_ticket(const tls_server& server, int version, SSL_SESSION* resume = nullptr) {
    peer client(server.secured());
    const auto& tls = client.begin_tls(only_version(version), resume);
    // Tickets of TLS 1.3 follow on the handshake, at the latest before a reply.
    REQUIRE(client.ask(get("/healthz")).status == 200);
    session_pointer ticket(SSL_get1_session(tls.handle()), SSL_SESSION_free);
    client.half_close();
    CHECK(client.is_closed());
    return ticket;
}

std::string common_name_of(const tls_server& server) {
    peer client(server.secured());
    const auto& tls = client.begin_tls();
    REQUIRE(client.shake_hands());
    const std::shared_ptr<X509> shown(SSL_get1_peer_certificate(tls.handle()), X509_free);
    char name[64] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_commonName, name,
                              sizeof name);
    return name;
}

// A folder as Kubernetes mounts a Secret: files are links into a folder that one link names.
class mounted_secret {
public:
    mounted_secret() {
        std::string pattern = (std::filesystem::temp_directory_path() / "lanewise-XXXXXX").string();
        REQUIRE(mkdtemp(pattern.data()) != nullptr);
        folder_ = pattern;
        std::filesystem::create_symlink("..data/tls.crt", folder_ / "tls.crt");
        std::filesystem::create_symlink("..data/tls.key", folder_ / "tls.key");
    }
    ~mounted_secret() { std::filesystem::remove_all(folder_); }
    mounted_secret(const mounted_secret&) = delete;
    mounted_secret& operator=(const mounted_secret&) = delete;

    void put(const std::string& certificate, const std::string& key) {
        const auto version = "..version" + std::to_string(++versions_);
        std::filesystem::create_directory(folder_ / version);
        std::ofstream(folder_ / version / "tls.crt") << certificate;
        std::ofstream(folder_ / version / "tls.key") << key;
        std::filesystem::create_symlink(version, folder_ / "..next");
        std::filesystem::rename(folder_ / "..next", folder_ / "..data");
    }
    void put(const certificate_text& text) { put(text.certificate, text.key); }

    [[nodiscard]] config settings() const {
        auto all = tls_settings();
        all.tls_cert = folder_ / "tls.crt";
        all.tls_key = folder_ / "tls.key";
        return all;
    }

private:
    std::filesystem::path folder_;
    int versions_ = 0;
};

std::string sealed_key() {
    const std::shared_ptr<EVP_PKEY> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::shared_ptr<BIO> pem(BIO_new(BIO_s_mem()), BIO_free_all);
    unsigned char phrase[] = "secret";
    PEM_write_bio_PrivateKey(pem.get(), key.get(), EVP_aes_256_cbc(), phrase, 6, nullptr, nullptr);
    char* data = nullptr;
    const auto size = BIO_get_mem_data(pem.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

// The first message of a client that says no other.
std::string client_hello() {
    const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    const std::shared_ptr<SSL> client(SSL_new(context.get()), SSL_free);
    auto* const said = BIO_new(BIO_s_mem());
    SSL_set_bio(client.get(), BIO_new(BIO_s_mem()), said);
    SSL_connect(client.get());
    char* data = nullptr;
    const auto size = BIO_get_mem_data(said, &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string why_not(const config& settings) {
    try {
        const tls_identity made(settings.tls_cert, settings.tls_key, "--tls-cert", "--tls-key");
        return {};
    } catch (const std::runtime_error& error) {
        return error.what();
    }
}

}  // namespace

// ---- what is agreed on ----

TEST_CASE("TLS 1.2 and 1.3 are spoken, nothing before them") {
    const tls_server server;
    CHECK(refusal(server, only_version(TLS1_VERSION)) == SSL_AD_PROTOCOL_VERSION);
    CHECK(refusal(server, only_version(TLS1_1_VERSION)) == SSL_AD_PROTOCOL_VERSION);
    CHECK(refusal(server, only_version(TLS1_2_VERSION)) == 0);
    CHECK(refusal(server, only_version(TLS1_3_VERSION)) == 0);
}

TEST_CASE("TLS 1.2 has suites with forward secrecy and authenticated encryption only") {
    auto settings = tls_settings();
    const tls_server of_curve(settings);
    mounted_secret secret;
    secret.put(make_certificate("localhost", 2'048));
    const tls_server of_rsa(secret.settings());
    for (const char* good : {"AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"}) {
        CAPTURE(good);
        CHECK(refusal(of_curve, only_ciphers_of_1_2(std::string{"ECDHE-ECDSA-"} + good)) == 0);
        CHECK(refusal(of_rsa, only_ciphers_of_1_2(std::string{"ECDHE-RSA-"} + good)) == 0);
    }
    for (const char* bad : {"ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256",
                            "ECDHE-ECDSA-AES128-CCM8", "ECDHE-ECDSA-NULL-SHA", "aNULL"}) {
        CAPTURE(bad);
        CHECK(refusal(of_curve, only_ciphers_of_1_2(bad)) == SSL_AD_HANDSHAKE_FAILURE);
    }
    for (const char* bad : {"AES128-GCM-SHA256", "AES128-SHA", "ECDHE-RSA-AES256-SHA384",
                            "DHE-RSA-AES128-GCM-SHA256", "NULL-SHA256"}) {
        CAPTURE(bad);
        CHECK(refusal(of_rsa, only_ciphers_of_1_2(bad)) == SSL_AD_HANDSHAKE_FAILURE);
    }
}

TEST_CASE("keys are agreed on by curves that cost little") {
    const tls_server server;
    const auto only_group = [](const char* name) {
        return [name](SSL_CTX* context) { REQUIRE(SSL_CTX_set1_groups_list(context, name) == 1); };
    };
    for (const char* good : {"X25519", "P-256", "P-384"})
        CHECK(refusal(server, only_group(good)) == 0);
    for (const char* dear : {"P-521", "X448", "ffdhe8192"})
        CHECK(refusal(server, only_group(dear)) == SSL_AD_HANDSHAKE_FAILURE);
}

TEST_CASE("ALPN: http/1.1 is chosen, no protocol is none, and others are refused by their alert") {
    const tls_server server;
    CHECK(chosen_protocol(server, "\x08http/1.1") == "http/1.1");
    CHECK(chosen_protocol(server, "\x02h2\x08http/1.1") == "http/1.1");
    CHECK(chosen_protocol(server, {}).empty());
    CHECK(refusal(server, offers("\x02h2")) == SSL_AD_NO_APPLICATION_PROTOCOL);
    CHECK(refusal(server, offers("\x08http/1.0\x02h3")) == SSL_AD_NO_APPLICATION_PROTOCOL);
}

TEST_CASE("renegotiation is refused, and nothing is served after it but by the first handshake") {
    const tls_server server;
    peer client(server.secured());
    auto& tls = client.begin_tls(only_version(TLS1_2_VERSION));
    REQUIRE(client.ask(get("/healthz")).status == 200);
    SSL_renegotiate(tls.handle());
    CHECK_FALSE(client.shake_hands());
    CHECK(server.full() == 1);
    CHECK(server.serves());
}

// ---- tickets ----

TEST_CASE("a ticket resumes, in both versions, without early data") {
    const tls_server server;
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        const auto full = server.full(), resumed = server.resumed();
        const auto ticket = take_ticket(server, version);
        CHECK(SSL_SESSION_has_ticket(ticket.get()) == 1);
        CHECK(SSL_SESSION_get_max_early_data(ticket.get()) == 0);
        take_ticket(server, version, ticket.get());
        CHECK(server.full() == full + 1);
        CHECK(server.resumed() == resumed + 1);
    }
}

TEST_CASE("a ticket outlives one change of keys, and not two") {
    tls_server server;
    auto& tickets = server.here.identity()->tickets;
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        const auto first = take_ticket(server, version);
        CHECK(tickets.rotate());
        auto resumed = server.resumed();
        const auto renewed = take_ticket(server, version, first.get());
        CHECK(server.resumed() == resumed + 1);
        CHECK(tickets.rotate());
        take_ticket(server, version, renewed.get());  // sealed anew when it was used
        CHECK(server.resumed() == resumed + 2);
        take_ticket(server, version, first.get());
        CHECK(server.resumed() == resumed + 2);
    }
}

TEST_CASE("keys of tickets change when a ticket's lifetime is over, not before") {
    tls_tickets tickets;
    const auto now = std::chrono::steady_clock::now();
    CHECK_FALSE(tickets.rotate_when_due(now + tls_tickets::lifetime - std::chrono::minutes(1)));
    CHECK(tickets.rotate_when_due(now + tls_tickets::lifetime + std::chrono::minutes(1)));
}

TEST_CASE("a ticket outlives a change of the certificate") {
    mounted_secret secret;
    secret.put(make_certificate("first"));
    tls_server server(secret.settings());
    const auto ticket = take_ticket(server, TLS1_3_VERSION);
    secret.put(make_certificate("second"));
    REQUIRE(server.here.identity()->refresh().what == tls_identity::change::taken);
    take_ticket(server, TLS1_3_VERSION, ticket.get());
    CHECK(server.resumed() == 1);
}

// ---- certificates ----

TEST_CASE("a certificate that changes is shown to new connections; those before go on") {
    mounted_secret secret;
    secret.put(make_certificate("first"));
    tls_server server(secret.settings());
    peer before(server.secured());
    before.begin_tls();
    CHECK(before.ask(get("/healthz")).status == 200);
    CHECK(common_name_of(server) == "first");
    CHECK(server.here.identity()->refresh().what == tls_identity::change::none);
    secret.put(make_certificate("second", 2'048));
    CHECK(server.here.identity()->refresh().what == tls_identity::change::taken);
    CHECK(common_name_of(server) == "second");
    CHECK(before.ask(get("/healthz")).status == 200);
}

TEST_CASE("what follows the certificate in its file is sent with it as its chain") {
    mounted_secret secret;
    const auto own = make_certificate("own");
    for (int others = 0; others <= 2; ++others) {
        auto chain = own.certificate;
        for (int i = 0; i < others; ++i) chain += make_certificate("other").certificate;
        secret.put(chain, own.key);
        const tls_server server(secret.settings());
        peer client(server.secured());
        const auto& tls = client.begin_tls();
        REQUIRE(client.shake_hands());
        CHECK(sk_X509_num(SSL_get_peer_cert_chain(tls.handle())) == 1 + others);
    }
}

TEST_CASE("a server looks for another certificate, says what it found, and tells until when") {
    mounted_secret secret;
    secret.put(make_certificate("first"));
    tls_server server(secret.settings());
    auto& expires = server.shared.certificate_expires_seconds;
    const auto until = expires.load();
    CHECK(until > 1'700'000'000);
    const auto log_of_refresh = [&] {
        std::FILE* const log = std::tmpfile();
        const int before = dup(STDERR_FILENO);
        dup2(fileno(log), STDERR_FILENO);
        server.here.refresh_identity();
        CHECK(server.shared.log.wait_written(std::chrono::steady_clock::now() +
                                             std::chrono::seconds(30)));
        dup2(before, STDERR_FILENO);
        close(before);
        std::string text(static_cast<std::size_t>(std::ftell(log)), '\0');
        std::rewind(log);
        text.resize(std::fread(text.data(), 1, text.size(), log));
        std::fclose(log);
        return text;
    };
    expires = 1;
    CHECK(log_of_refresh().empty());
    CHECK(expires == 1);
    secret.put("nonsense", "nonsense");
    CHECK(log_of_refresh().find("the certificate before stays in use: ") != std::string::npos);
    CHECK(expires == 1);
    secret.put(make_certificate("second"));
    CHECK(log_of_refresh().find("read again: certificate and key") != std::string::npos);
    CHECK(expires >= until);
}

TEST_CASE("what is no pair leaves the one before in use, says why, and can be mended") {
    mounted_secret secret;
    const auto first = make_certificate("first"), other = make_certificate("other");
    secret.put(first);
    tls_server server(secret.settings());
    auto& identity = *server.here.identity();
    const auto check_refused = [&](const std::string& certificate, const std::string& key,
                                   const std::string& why) {
        CAPTURE(why);
        secret.put(certificate, key);
        const auto seen = identity.refresh();
        CHECK(seen.what == tls_identity::change::refused);
        CHECK(seen.why.find(why) != std::string::npos);
        CHECK(common_name_of(server) == "first");
    };
    check_refused(other.certificate, first.key, "is not the key of the certificate");
    check_refused("nonsense", other.key, "holds no certificate");
    check_refused(other.certificate, "nonsense", "holds no private key");
    check_refused(other.certificate, sealed_key(), "holds no private key");
    check_refused(other.certificate + "-----BEGIN CERTIFICATE-----\nAAAA\n", other.key,
                  "holds a chain that can't be read");
    secret.put(other);
    CHECK(identity.refresh().what == tls_identity::change::taken);
    CHECK(common_name_of(server) == "other");
    // The certificate alone may be renewed, and its key kept.
    CHECK(identity.refresh().what == tls_identity::change::none);
}

TEST_CASE("a TLS port takes a certificate and its key, and a port of its own") {
    const auto wrong = [](const std::function<void(config&)>& change) -> std::string {
        auto settings = tls_settings();
        change(settings);
        try {
            check_combinations(settings);
        } catch (const usage_error& error) {
            return error.what();
        }
        return "nothing was refused";
    };
    CHECK(wrong([](config& one) { one.tls_key.clear(); }).starts_with("--tls-cert: --tls-key is"));
    CHECK(wrong([](config& one) { one.tls_cert.clear(); }).starts_with("--tls-key: --tls-cert is"));
    CHECK(wrong([](config& one) {
              one.tls_cert.clear();
              one.tls_key.clear();
              one.sources["tls-port"] = "LANEWISE_TLS_PORT";
          }).starts_with("LANEWISE_TLS_PORT: --tls-cert is"));
    CHECK(wrong([](config& one) { one.port = one.tls_port = 8'080; }) ==
          "--tls-port: 8080 is the port of --port too; choose another port, or 0");
    CHECK(wrong([](config& one) { one.metrics_port = one.tls_port = 9'090; }) ==
          "--tls-port: 9090 is the port of --metrics-port too; choose another port, or 0");
}

TEST_CASE("at start, what is no pair is an error that names the setting and the file") {
    mounted_secret secret;
    CHECK(why_not(secret.settings()).find("--tls-cert: ") == 0);
    const auto good = make_certificate();
    secret.put(good.certificate, "");
    CHECK(why_not(secret.settings()).find("--tls-key: ") == 0);
    secret.put(good.certificate, make_certificate().key);
    CHECK(why_not(secret.settings()).find("--tls-key: ") == 0);
    secret.put(make_certificate("weak", 1'024));
    CHECK(why_not(secret.settings()).find("key too small") != std::string::npos);
    secret.put(good);
    CHECK(why_not(secret.settings()).empty());
}

// ---- handshakes that are none ----

TEST_CASE("HTTP in the clear is told by 400 that the port speaks TLS") {
    const tls_server server;
    for (const auto& request :
         {get("/healthz"), std::string{"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"},
          post("/v1/kernels/sum_f32", "application/octet-stream", std::string(100'000, 'a'))}) {
        peer client(server.secured());
        const auto reply = client.ask(request);
        CHECK(reply.status == 400);
        CHECK(reply.fields.at("connection") == "close");
        CHECK(reply.body.find("TLS") != std::string::npos);
        client.half_close();
        CHECK(client.is_closed());
    }
    CHECK(server.serves());
}

TEST_CASE("garbage, and a handshake that never ends, end the connection") {
    const tls_server server;
    const std::string endless_record("\x16\x03\x01\x40\x00", 5);
    const std::string endless_hello = endless_record + std::string("\x01\x01\xff\xff", 4);
    for (const auto& bytes :
         {std::string(1'000, '\0'), std::string(1'000, '\xff'), std::string{"\x80\x2e\x01\x03\x01"},
          std::string("\x15\x03\x01\x00\x02\x02\x28", 7),
          std::string("\x17\x03\x03\x00\x01\x00", 6),
          endless_hello + std::string((16 << 10) - 4, 'a')}) {
        CAPTURE(bytes.size());
        peer client(server.secured());
        client.send(bytes);
        client.half_close();
        client.receive_all();
    }
    peer endless(server.secured());
    endless.send(endless_hello);
    for (int i = 0; i < 100; ++i) endless.send(std::string(16 << 10, 'a'));
    endless.receive_all();
    CHECK(server.full() == 0);
    CHECK(eventually([&] { return server.failed() == 7; }));
    CHECK(server.serves());
}

TEST_CASE("a handshake that does not end within --header-timeout-ms is given up") {
    auto settings = tls_settings();
    settings.header_timeout_ms = short_ms;
    const tls_server server(settings);
    peer silent(server.secured());
    peer slow(server.secured());
    slow.send(std::string("\x16\x03\x01", 3));
    CHECK(silent.receive_all().empty());
    CHECK(slow.receive_all().empty());
    peer half(server.secured());  // which does not answer the server's part
    half.send(client_hello());
    CHECK_FALSE(half.receive_all().empty());
    CHECK(server.failed() == 3);
    CHECK(server.serves());
}

TEST_CASE("tls-handshakes-max: beyond it the handshake that began first is given up") {
    auto settings = tls_settings();
    settings.tls_handshakes_max = 4;
    const tls_server server(settings);
    peer guest(server.secured());
    guest.begin_tls();
    CHECK(guest.ask(get("/healthz")).status == 200);
    std::vector<peer> flood;
    for (int i = 0; i < 20; ++i) flood.emplace_back(server.secured());
    for (int i = 0; i < 16; ++i) flood[static_cast<std::size_t>(i)].receive_all();
    CHECK(server.failed() == 16);
    CHECK(guest.ask(get("/healthz")).status == 200);
    CHECK(server.serves());  // the seventeenth makes room
    flood[16].receive_all();
    auto& last = flood.back();
    last.begin_tls();
    CHECK(last.ask(get("/healthz")).status == 200);
}

TEST_CASE("changes of keys are followed, and a stream of nothing else is cut off") {
    const tls_server server;
    peer client(server.secured());
    auto& tls = client.begin_tls(only_version(TLS1_3_VERSION));
    for (int i = 0; i < 10; ++i) {
        REQUIRE(client.ask(get("/healthz")).status == 200);
        CHECK(SSL_key_update(tls.handle(), SSL_KEY_UPDATE_REQUESTED) == 1);
    }
    for (int i = 0; i < 100'000; ++i) {
        SSL_key_update(tls.handle(), SSL_KEY_UPDATE_REQUESTED);
        if (tls.shake_hands() < 0 && errno != EAGAIN) break;
    }
    client.receive_all();
    CHECK(client.was_reset());
    CHECK(server.serves());
}

// ---- ends ----

TEST_CASE("the server says that it ends (close_notify), after every last reply") {
    const tls_server server;
    peer client(server.secured());
    client.begin_tls();
    client.send(get("/healthz", "Connection: close\r\n"));
    CHECK(client.receive().status == 200);
    CHECK(client.is_closed());  // not reset: an end without close_notify is one
    peer wrong(server.secured());
    wrong.begin_tls();
    CHECK(wrong.ask("nonsense\r\n\r\n").status == 400);
    CHECK(wrong.is_closed());
}

TEST_CASE("a client that ends with or without close_notify has its replies first") {
    const tls_server server;
    const auto several = get("/healthz") + get("/v1/kernels/sum_f32?n=10000000") + get("/healthz");
    for (const bool says_so : {true, false}) {
        CAPTURE(says_so);
        peer client(server.secured());
        auto& tls = client.begin_tls();
        client.send(several);
        if (says_so) tls.end_sending();
        ::shutdown(client.descriptor(), SHUT_WR);
        CHECK(client.receive().body == "ok\n");
        CHECK(client.receive().status == 200);
        CHECK(client.receive().body == "ok\n");
        CHECK(client.is_closed());
    }
    // close_notify alone is an end too: nothing can follow on it.
    peer client(server.secured());
    auto& tls = client.begin_tls();
    client.send(get("/healthz"));
    tls.end_sending();
    CHECK(client.receive().body == "ok\n");
    CHECK(client.is_closed());
}

TEST_CASE("a request that is cut short is answered 400, and not taken for a whole one") {
    const tls_server server;
    const auto request = post("/v1/kernels/sum_f32", "application/octet-stream", "12345678");
    for (const bool says_so : {true, false}) {
        CAPTURE(says_so);
        peer client(server.secured());
        auto& tls = client.begin_tls();
        client.send(request.substr(0, request.size() - 4));
        if (says_so) tls.end_sending();
        ::shutdown(client.descriptor(), SHUT_WR);
        CHECK(client.receive().status == 400);
        CHECK(client.is_closed());
    }
}

TEST_CASE("a record that is cut short or changed on its way is no data") {
    const tls_server server;
    for (const bool changed : {true, false}) {
        CAPTURE(changed);
        peer client(server.secured());
        client.begin_tls();
        REQUIRE(client.ask(get("/healthz")).status == 200);
        const std::string record = std::string("\x17\x03\x03\x00\x40", 5) + std::string(64, 'a');
        const auto part = changed ? record : record.substr(0, 30);
        REQUIRE(::send(client.descriptor(), part.data(), part.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(part.size()));
        ::shutdown(client.descriptor(), SHUT_WR);
        CHECK(client.receive_all().empty());
    }
    CHECK(server.serves());
}

// A server's socket and a client behind it, after their handshake.
struct shaken_hands {
    shaken_hands() {
        REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) ==
                0);
        there = peer_socket(ends[0]);
        peer_socket secured(ends[1]);
        secured.speak_tls(
            peer_socket::tls_pointer(new tls_channel(*identity.context(), ends[1], shared)));
        here.emplace(std::move(secured));
        client.emplace(ends[0]);
        while (client->shake_hands() != 0) {
            REQUIRE(errno == EAGAIN);
            here->note(EPOLLIN);
            error = {};
            here->receive(room, error);
        }
    }

    tls_identity identity{test_certificate().certificate, test_certificate().key, "", ""};
    thread_metrics counted{0, 0};
    body_pool pool{1 << 20};
    tls_workspace shared{pool, counted, 1};
    std::array<int, 2> ends{};
    peer_socket there;
    std::optional<watched_socket> here;
    std::optional<tls_client> client;
    boost::system::error_code error;
    std::array<char, 32 << 10> room{};
};

TEST_CASE("what TLS holds can be read after records that waited for room have left") {
    shaken_hands both;
    auto& [identity, counted, pool, shared, ends, there, here, client, error, room] = both;
    // Of one record a part is read; TLS has the rest, and no event will tell of it.
    REQUIRE(client->send("the first half, the other half") == 30);
    here->note(EPOLLIN);
    // The handshake's end and its tickets come first.
    std::size_t half = 0;
    for (int reads = 0; half == 0 && reads < 3; ++reads) {
        error = {};
        half = here->receive(std::span{room}.first(15), error);
    }
    REQUIRE(half == 15);
    const std::string reply(16 << 10, 'x');
    std::size_t replies = 0, sent = 0;
    const auto send_rest = [&] {
        sent +=
            here->send(std::string_view{reply}.substr(sent), {}, peer_socket::end::later, error);
    };
    for (error = {}; !error; ++replies)
        for (sent = 0; sent < reply.size() && !error;) send_rest();
    REQUIRE(error == boost::asio::error::would_block);
    // Nothing is read while they wait.
    error = {};
    CHECK(here->receive(room, error) == 0);
    CHECK(error == boost::asio::error::would_block);
    while (sent < reply.size()) {
        while (client->receive(room) > 0) continue;
        error = {};
        send_rest();
    }
    REQUIRE(here->is_readable());
    error = {};
    CHECK(here->receive(room, error) == 15);
    CHECK(std::string_view(room.data(), 15) == " the other half");
    CHECK(replies > 0);
}

TEST_CASE(
    "no more is told as sent than has left, but for the rest of a record, and nothing is lost") {
    shaken_hands both;
    const int few = 4'096;
    setsockopt(both.ends[1], SOL_SOCKET, SO_SNDBUF, &few, sizeof few);
    std::string reply(300'000, ' '), came;
    for (std::size_t i = 0; i < reply.size(); ++i) reply[i] = static_cast<char>('a' + i % 23);
    std::size_t sent = 0;
    while (sent < reply.size()) {
        both.error = {};
        const auto now = both.here->send(std::string_view{reply}.substr(sent), {},
                                         peer_socket::end::later, both.error);
        sent += now;
        REQUIRE((now == 0) == static_cast<bool>(both.error));  // it goes on, or waits for room
        REQUIRE((!both.error || both.error == boost::asio::error::would_block));
        REQUIRE(sent <= reply.size());
        for (ssize_t count; (count = both.client->receive(both.room)) > 0;)
            came.append(both.room.data(), static_cast<std::size_t>(count));
        CHECK(sent <= came.size() + (16 << 10));
    }
    CHECK(came == reply);
}

TEST_CASE("the end of what is sent comes with the last reply, whether the socket had room or not") {
    for (const std::size_t bytes : {1U, 16U << 10, 1U << 20}) {
        CAPTURE(bytes);
        shaken_hands both;
        const std::string reply(bytes, 'x');
        std::size_t sent = 0, came = 0;
        ssize_t brought = -1;
        const auto take = [&] {
            while ((brought = both.client->receive(both.room)) > 0)
                came += static_cast<std::size_t>(brought);
        };
        while (sent < reply.size()) {
            both.error = {};
            sent += both.here->send(std::string_view{reply}.substr(sent), {},
                                    peer_socket::end::follows, both.error);
            REQUIRE((!both.error || both.error == boost::asio::error::would_block));
            take();
        }
        CHECK(came == bytes);
        CHECK(brought == 0);
    }
}

TEST_CASE("what comes while a record that was read with another waits is not lost") {
    tls_server server;
    std::latch held(1), started(1);
    REQUIRE(server.shared.compute.submit([&] {
        started.count_down();
        held.wait();
    }));
    started.wait();
    peer client(server.secured()), other(server.secured());
    client.begin_tls();
    other.begin_tls();
    CHECK(client.ask(get("/healthz")).status == 200);
    // One segment, two records: the first is computed, the second waits in the server's memory.
    const auto cork = [&](int on) {
        REQUIRE(setsockopt(client.descriptor(), IPPROTO_TCP, TCP_CORK, &on, sizeof on) == 0);
    };
    cork(1);
    client.send(get("/v1/kernels/sum_f32?n=5000000"));
    client.send(get("/healthz"));
    cork(0);
    REQUIRE(eventually([&] { return server.shared.compute.queue_depth() == 1; }));
    client.send(get("/readyz"));
    for (int i = 0; i < 2; ++i) CHECK(other.ask(get("/healthz")).status == 200);
    held.count_down();
    CHECK(client.receive().status == 200);
    CHECK(client.receive().body == "ok\n");
    CHECK(client.receive().status == 200);
}

TEST_CASE("bodies of several records go in and out, in pieces of any size") {
    const tls_server server;
    peer client(server.secured());
    client.begin_tls();
    for (const std::size_t count : {1U, 4'095U, 4'096U, 4'097U, 1'000'003U}) {
        CAPTURE(count);
        const std::string body(4 * count, '\0');
        const auto reply =
            client.ask(post("/v1/kernels/exp_f32", "application/octet-stream", body));
        CHECK(reply.status == 200);
        CHECK(reply.body.size() == body.size());
    }
    for (const char c : get("/healthz")) client.send({&c, 1});  // a record each
    CHECK(client.receive().body == "ok\n");
}
