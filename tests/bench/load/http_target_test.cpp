// URLs as people write them: what they mean, and what is refused with what would be right.
#include "bench/load/http_target.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using namespace lanewise::bench;

namespace {

std::string refusal(const std::string& url) {
    try {
        return "taken: " + parse_url(url).path;
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
}

bool refuses(const std::string& url, std::string_view because) {
    const auto said = refusal(url);
    CAPTURE(url);
    CAPTURE(said);
    CHECK(said.find("a URL looks like http://host:8080/path") != std::string::npos);
    return said.find(because) != std::string::npos;
}

}  // namespace

TEST_CASE("a URL is taken apart") {
    const auto full = parse_url("http://[::1]:8080/a?b=c");
    CHECK(full.host == "::1");
    CHECK(full.port == "8080");
    CHECK(full.path == "/a?b=c");
    CHECK(full.authority() == "[::1]:8080");
    CHECK_FALSE(full.tls);
    const auto secure = parse_url("https://shop.example/");
    CHECK(secure.tls);
    CHECK(secure.port == "443");
    CHECK(secure.authority() == "shop.example");
    CHECK(parse_url("https://shop.example:80").authority() == "shop.example:80");
    CHECK(parse_url("http://node").port == "80");
    CHECK(parse_url("http://node").path == "/");
    CHECK(parse_url("http://node:80").authority() == "node");
}

TEST_CASE("RFC 3986: a scheme has no case, a port may be empty or begin with zeros") {
    CHECK(parse_url("HTTP://node/x").path == "/x");
    CHECK(parse_url("HttpS://node/x").tls);
    CHECK(parse_url("http://node:/").port == "80");
    CHECK(parse_url("https://node:/").port == "443");
    CHECK(parse_url("http://node:08080/").port == "8080");
    CHECK(parse_url("http://node:08080/").authority() == "node:8080");
    CHECK(parse_url("http://node:0000000080/").port == "80");
    CHECK(parse_url("http://node:65535/").port == "65535");
}

TEST_CASE("RFC 3986, 3: a query may follow the authority; the path is then the root") {
    const auto target = parse_url("http://host:8080?a=b");
    CHECK(target.host == "host");
    CHECK(target.port == "8080");
    CHECK(target.path == "/?a=b");
    CHECK(parse_url("http://host?a=http://x/y@z:1").host == "host");
    CHECK(parse_url("http://host/a@b:c").path == "/a@b:c");
    CHECK(parse_url("http://host/?").path == "/?");
    CHECK(parse_url("http://host//a/../%2E?x=[1]&y=%20+").path == "//a/../%2E?x=[1]&y=%20+");
}

TEST_CASE("RFC 6874: a zone belongs to the address and not to the Host field") {
    const auto target = parse_url("http://[fe80::1%25eth0]:8080/");
    CHECK(target.host == "fe80::1%eth0");
    CHECK(target.authority() == "[fe80::1]:8080");
    CHECK(parse_url("http://[fe80::1%eth0]/").host == "fe80::1%eth0");
}

TEST_CASE("a URL that can't be asked for is refused, with what would be right") {
    CHECK(refuses("", "http:// or https://"));
    CHECK(refuses("node:8080", "http:// or https://"));
    CHECK(refuses("ftp://node/", "http:// or https://"));
    CHECK(refuses(" http://node/", "http:// or https://"));
    CHECK(refuses("http:/node/", "http:// or https://"));
    CHECK(refuses("http://", "names no host"));
    CHECK(refuses("http:///path", "names no host"));
    CHECK(refuses("http://:8080/", "names no host"));
    CHECK(refuses("http://?a", "names no host"));
    CHECK(refuses("http://node:x/", "port from 1 to 65535"));
    CHECK(refuses("http://node:70000/", "port from 1 to 65535"));
    CHECK(refuses("http://node:0/", "port from 1 to 65535"));
    CHECK(refuses("http://node:-1/", "port from 1 to 65535"));
    CHECK(refuses("http://node:99999999999999999999/", "port from 1 to 65535"));
    CHECK(refuses("http://::1/", "brackets"));
    CHECK(refuses("http://[::1/", "not closed"));
    CHECK(refuses("http://[::1]8080/", "between the address and its port"));
    CHECK(refuses("http://[::x]/", "no IPv6 address"));
    CHECK(refuses("http://[]/", "no IPv6 address"));
    CHECK(refuses("http://[127.0.0.1]/", "no IPv6 address"));
    CHECK(refuses("http://[fe80::1%25]/x", "zone"));
    CHECK(refuses("http://no de/", "a space"));
    CHECK(refuses("http://no%64e/", "%"));
    CHECK(
        refuses("http://b\xc3\xbc"
                "cher.example/",
                "xn--"));
    CHECK(refuses("http://" + std::string(300, 'a') + "/", "253"));
    CHECK(refuses("http://node/#top", "fragment"));
    CHECK(refuses("http://node#top", "fragment"));
    CHECK(refuses("http://node/?a#top", "fragment"));
    CHECK(refuses("http://node/a b", "a space, which is written %20"));
    CHECK(refuses("http://node/a\tb", "%09"));
    CHECK(refuses("http://node/a\r\nX: y", "%0D"));
    CHECK(refuses("http://node/\"", "%22"));
    CHECK(refuses("http://node/{id}", "%7B"));
    CHECK(refuses("http://node/\xc3\xa9", "%C3"));
    CHECK(refuses("http://node/\x7f", "%7F"));
    CHECK(refuses("http://node/%", "%25"));
    CHECK(refuses("http://node/%2", "%25"));
    CHECK(refuses("http://node/%zz", "%25"));
    CHECK(refuses("http://node/?a=100%", "%25"));
}

TEST_CASE("user info is refused, and its password is not repeated") {
    for (const std::string url :
         {"http://me:hunter2@node/", "https://hunter2@node:1/x@y", "http://me:hun@hunter2@node/"}) {
        CHECK(refuses(url, "--header \"Authorization"));
        CHECK(refusal(url).find("hunter2") == std::string::npos);
    }
}

TEST_CASE("a message about a URL holds no byte that a terminal would act on") {
    const auto said = refusal("http://node/\x1b[2J");
    CHECK(said.find('\x1b') == std::string::npos);
    CHECK(said.find("%1B") != std::string::npos);
}

TEST_CASE("what is wrong is shown without a password and without bytes that move a cursor") {
    CHECK(refusal("ftp://me:s3cret@a/").find("s3cret") == std::string::npos);
    CHECK(refusal("ftp://me@a/").find("ftp://...") != std::string::npos);
    CHECK(refusal("ftp://a/b c~").find("ftp://a/b c~") != std::string::npos);
    CHECK(refusal("ftp://a/\x1b").find('\x1b') == std::string::npos);
    CHECK(refuses("http://a b/", "has a space in its host's name"));
    CHECK(refuses("http://a~b/", "has a ~ in its host's name"));
    CHECK(refuses("http://a\x7f/", "other than ASCII letters"));
    CHECK(refuses("http://a!b/", "has a ! in its host's name"));
    CHECK(refuses("http://a/\x01", "has a control character, which is written %01"));
    CHECK(refuses("http://a/\x7f", "has a character that is not ASCII, which is written %7F"));
    CHECK(refuses("http://a/{", "has a {, which is written %7B"));
    CHECK(parse_url("http://a/!~").path == "/!~");
    CHECK(parse_url("http://a/%aF").path == "/%aF");
    for (const auto* cut : {"http://a/%", "http://a/%a", "http://a/%ag", "http://a/%ga"})
        CHECK(refuses(cut, "has a % that no two hexadecimal digits follow"));
    const std::string most(253, 'a');
    CHECK(parse_url("http://" + most + "/").host == most);
    CHECK(refuses("http://" + most + "a/", "names a host of over 253 characters"));
    for (const auto* zone : {"eth0", "a-b", "a_b", "a.b"})
        CHECK(parse_url("http://[fe80::1%25" + std::string{zone} + "]/").host ==
              "fe80::1%" + std::string{zone});
    for (const auto* zone : {"", "a/b", "a b", "a~"})
        CHECK(refusal("http://[fe80::1%25" + std::string{zone} + "]/").find("taken") ==
              std::string::npos);
}
