// Which proxy a URL is asked by.
#include "bench/cluster/proxies.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace lanewise::bench::cluster {
namespace {

std::string by(const std::string& url, const proxy_settings& settings) {
    const auto found = proxy_of(parse_url(url), settings);
    return found ? found->where.authority() : "none";
}

TEST_CASE("each scheme has its own proxy, and none where none is set") {
    const proxy_settings settings{"http://secure:3128", "plain:8888", ""};
    CHECK(by("https://ghcr.io/v2/", settings) == "secure:3128");
    CHECK(by("http://ghcr.io/v2/", settings) == "plain:8888");
    CHECK(by("https://ghcr.io/v2/", {}) == "none");
}

TEST_CASE("this machine is asked directly") {
    const proxy_settings settings{"http://p:1", "http://p:1", ""};
    for (const auto* host : {"localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "[::1]"})
        CHECK(by(std::string{"http://"} + host + ":5000/", settings) == "none");
}

TEST_CASE("NO_PROXY names hosts, domains, ports, addresses and networks") {
    const auto direct = [](const std::string& none, const std::string& host) {
        return by("https://" + host + "/", {"http://p:1", "", none}) == "none";
    };
    CHECK(direct("*", "ghcr.io"));
    CHECK(direct("a.io, ghcr.io", "ghcr.io"));
    CHECK(direct("GHCR.io", "ghcr.IO"));
    CHECK(direct("ghcr.io", "eu.ghcr.io"));
    CHECK(direct(".ghcr.io", "eu.ghcr.io"));
    CHECK(direct("*.ghcr.io", "eu.ghcr.io"));
    CHECK(!direct(".ghcr.io", "ghcr.io"));
    CHECK(!direct("hcr.io", "ghcr.io"));
    CHECK(direct("ghcr.io:443", "ghcr.io"));
    CHECK(!direct("ghcr.io:5000", "ghcr.io"));
    CHECK(direct("10.1.2.3", "10.1.2.3"));
    CHECK(direct("10.1.0.0/16", "10.1.2.3"));
    CHECK(!direct("10.2.0.0/16", "10.1.2.3"));
    CHECK(direct("fd00::/8", "[fd00::1]"));
    CHECK(direct("fd00::1", "[fd00::1]"));
    CHECK(direct("[fd00::1]:443", "[fd00::1]"));
    CHECK(!direct("[fd00::1]:5000", "[fd00::1]"));
    for (const auto* none : {"", ",", " , ", "/8", "[", "10.0.0.0/99", ":"})
        CHECK(!direct(none, "10.1.2.3"));
}

TEST_CASE("a proxy's account is not part of its address") {
    const auto found =
        proxy_of(parse_url("https://ghcr.io/"), {"http://ann:p%40ss@proxy:3128/", "", ""});
    REQUIRE(found);
    CHECK(found->where.host == "proxy");
    CHECK(found->where.port == "3128");
    CHECK(found->authorization == "Basic YW5uOnBAc3M=");
}

TEST_CASE("an account's escapes have digits of either case, and what is none stands as it is") {
    const auto found = proxy_of(parse_url("https://ghcr.io/"),
                                {"http://%5a%5A%6f%6F%30%39:%g1%4@proxy:3128/", "", ""});
    REQUIRE(found);
    CHECK(found->authorization == "Basic WlpvbzA5OiVnMSU0");
}

TEST_CASE("what is no proxy that can be spoken to is refused without its password") {
    for (const auto* url : {"socks5://ann:secret@p:1", "https://ann:secret@p:1",
                            "http://ann:secret@", "http://ann:secret@p:99999"}) {
        try {
            (void)proxy_of(parse_url("https://ghcr.io/"), {url, "", ""});
            FAIL("it was taken: " << url);
        } catch (const std::invalid_argument& error) {
            CHECK(std::string{error.what()}.find("secret") == std::string::npos);
            CHECK(std::string{error.what()}.starts_with("HTTPS_PROXY"));
        }
    }
}

}  // namespace
}  // namespace lanewise::bench::cluster
