// Which proxy a URL is asked by.
#include "bench/cluster/proxies.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

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

TEST_CASE("the environment's capital names win, and an empty one is none") {
    const std::vector<std::string> names{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY",
                                         "http_proxy",  "NO_PROXY",    "no_proxy"};
    std::vector<std::pair<std::string, std::string>> before;
    for (const auto& name : names) {
        if (const char* const old = std::getenv(name.c_str())) before.emplace_back(name, old);
        ::unsetenv(name.c_str());
    }
    CHECK(proxy_settings::of_environment().https.empty());
    ::setenv("https_proxy", "small", 1);
    ::setenv("HTTPS_PROXY", "", 1);
    CHECK(proxy_settings::of_environment().https == "small");
    ::setenv("HTTPS_PROXY", "capital", 1);
    ::setenv("NO_PROXY", "a.io", 1);
    CHECK(proxy_settings::of_environment().https == "capital");
    CHECK(proxy_settings::of_environment().http.empty());
    CHECK(proxy_settings::of_environment().none == "a.io");
    for (const auto& name : names) ::unsetenv(name.c_str());
    for (const auto& [name, old] : before) ::setenv(name.c_str(), old.c_str(), 1);
}

TEST_CASE("addresses in NO_PROXY are compared as addresses, networks by their family") {
    const auto direct = [](const std::string& none, const std::string& host) {
        return by("https://" + host + "/", {"http://p:1", "", none}) == "none";
    };
    CHECK(direct("[fd00::1]", "[fd00::1]"));
    CHECK(direct("fd00:0::1", "[fd00::1]"));
    CHECK(!direct("fd00::2", "[fd00::1]"));
    CHECK(!direct("ghcr.io", "10.1.2.3"));
    CHECK(!direct("10.1.2.4", "10.1.2.3"));
    CHECK(!direct("10.0.0.0/8", "[fd00::1]"));
    CHECK(!direct("fd00::/8", "10.1.2.3"));
    CHECK(!direct("fd00::/x", "[fd00::1]"));
}

TEST_CASE("an @ in a proxy's path is no account's, and an empty account is one") {
    const auto with = [](const std::string& url) {
        return proxy_of(parse_url("https://ghcr.io/"), {url, "", ""});
    };
    CHECK(with("http://proxy:3128/a@b")->authorization.empty());
    CHECK(with("http://proxy:3128/a@b")->where.host == "proxy");
    CHECK(with("http://@proxy:3128")->where.host == "proxy");
    CHECK(with("http://ann@proxy:3128")->authorization == "Basic YW5uOg==");
    CHECK(with("http://%00%0a%4@proxy:3128")->authorization == "Basic AAolNDo=");
    CHECK(with("http://xabc@proxy:3128")->authorization == "Basic eGFiYzo=");
}

}  // namespace
}  // namespace lanewise::bench::cluster
