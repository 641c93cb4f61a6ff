// Where a server listens: what --address takes, both families at once, and a kernel without IPv6.
#include "server/net/listening.hpp"

#include <unistd.h>

#include "tests/server/http_peer.hpp"

using namespace lanewise::server;

namespace {

std::vector<listening_place> places_of(const std::string& addresses, bool has_ipv6 = true) {
    auto settings = test_settings();
    settings.address = addresses;
    settings.sources["address"] = "--address";
    return listening_places(settings, 80, has_ipv6);
}

std::string refusal(const std::string& addresses) {
    try {
        places_of(addresses);
    } catch (const usage_error& error) {
        return error.what();
    }
    return "nothing was refused";
}

// Of this machine: a container may have none.
bool has_ipv6_loopback() {
    try {
        ::close(open_listener({{boost::asio::ip::address_v6::loopback(), 0}}, false));
        return true;
    } catch (const boost::system::system_error&) {
        std::printf("This machine has no IPv6 loopback: what needs it is left out\n");
        return false;
    }
}

config with_addresses(const std::string& addresses) {
    auto settings = test_settings();
    settings.address = addresses;
    return settings;
}

int status_at(const char* address, std::uint16_t port) {
    try {
        return peer(port, 0, address).ask(get("/healthz")).status;
    } catch (const std::exception&) {
        return 0;
    }
}

}  // namespace

TEST_CASE("addresses: either family, brackets, several, each once") {
    CHECK(shown(places_of("127.0.0.1")) == "127.0.0.1");
    CHECK(shown(places_of("::1")) == "::1");
    CHECK(shown(places_of("[::1]")) == "::1");
    CHECK(shown(places_of("[::]")) == "::");
    CHECK(shown(places_of("127.0.0.1, [::1] ,10.0.0.7")) == "127.0.0.1, ::1, 10.0.0.7");
    CHECK(shown(places_of("::1,127.0.0.1,[::1],0:0:0:0:0:0:0:1")) == "::1, 127.0.0.1");
    CHECK(shown(places_of("::ffff:127.0.0.1")) == "127.0.0.1");
    CHECK(places_of("::1")[0].where.port() == 80);
}

TEST_CASE("the unspecified IPv6 address is of both families, unless IPv4 addresses are named too") {
    CHECK_FALSE(places_of("::")[0].ipv6_only);
    CHECK(places_of("::,0.0.0.0")[0].ipv6_only);
    CHECK(places_of("127.0.0.1,::")[1].ipv6_only);
}

TEST_CASE("without IPv6 the default is every IPv4 address, and an address that was named stays") {
    auto settings = test_settings();
    settings.address = every_address;
    CHECK(shown(listening_places(settings, 80, true)) == "::");
    CHECK(shown(listening_places(settings, 80, false)) == "0.0.0.0");
    CHECK(shown(places_of("::", false)) == "::");
}

TEST_CASE("what is no address is refused by name, and said why") {
    const std::string right = ": it has to be such as 0.0.0.0, ::1 or [::1]";
    for (const std::string wrong :
         {"localhost", "nowhere.example", "", "1.2.3", "1.2.3.4.5", "256.0.0.1", "::g", "[::1",
          "::1]", "[127.0.0.1]", "127.0.0.1:80", "[]", "01.2.3.4x"}) {
        CHECK(refusal(wrong) == "--address: \"" + wrong +
                                    "\" is no IPv4 or IPv6 address; names are not looked up" +
                                    right);
    }
    CHECK(refusal("[::1]:80") == "--address: \"[::1]:80\" holds a port, which --port says" + right);
    CHECK(refusal("127.0.0.1,") ==
          "--address: \"\" is no IPv4 or IPv6 address; names are not looked up" + right);
    CHECK(refusal("127.0.0.1,localhost").starts_with("--address: \"localhost\""));
}

TEST_CASE("both families are served on one port by default") {
    const running_server server(with_addresses(every_address));
    CHECK(status_at("127.0.0.1", server.port()) == 200);
    if (has_ipv6_loopback()) CHECK(status_at("::1", server.port()) == 200);
}

TEST_CASE("several addresses are served on one port, and no other") {
    if (!has_ipv6_loopback()) return;
    {
        const running_server server(with_addresses("::1,127.0.0.2"));
        CHECK(status_at("::1", server.port()) == 200);
        CHECK(status_at("127.0.0.2", server.port()) == 200);
        CHECK(status_at("127.0.0.1", server.port()) == 0);
        CHECK(server.here.addresses() == "::1, 127.0.0.2");
    }
    {
        const running_server server(with_addresses("::,127.0.0.2"));
        CHECK(status_at("::1", server.port()) == 200);
        CHECK(status_at("127.0.0.2", server.port()) == 200);
        CHECK(status_at("127.0.0.1", server.port()) == 0);
    }
    auto settings = with_addresses("::1");
    settings.metrics_port = free_port();
    const running_server server(settings);
    CHECK(status_at("::1", server.port()) == 200);
    CHECK(status_at("::1", static_cast<std::uint16_t>(settings.metrics_port)) == 200);
    CHECK(status_at("127.0.0.1", server.port()) == 0);
}

TEST_CASE("several addresses drain together") {
    auto settings = with_addresses("127.0.0.1,127.0.0.2,127.0.0.3");
    settings.threads = 2;
    running_server server(settings);
    std::vector<peer> clients;
    for (const char* address : {"127.0.0.1", "127.0.0.2", "127.0.0.3"}) {
        clients.emplace_back(server.port(), 0, address);
        CHECK(clients.back().ask(get("/healthz")).status == 200);
    }
    CHECK(server.here.open_connections() == 3);
    server.here.drain(std::chrono::milliseconds(0));
    CHECK(server.here.wait_drained(std::chrono::seconds(10)));
    for (auto& client : clients) CHECK(client.is_closed());
    CHECK(server.here.open_connections() == 0);
}
