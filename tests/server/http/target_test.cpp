// Paths and queries, and what of several offers a client gets: pure functions of text.
#include "server/http/target.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "server/http/negotiation.hpp"
#include "server/http/syntax.hpp"

using namespace lanewise::server;

namespace {

std::string normal(std::string_view path) {
    std::string storage;
    return std::string{normal_path(path, storage)};
}

std::vector<std::pair<std::string, std::string>> parameters(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> all;
    std::string name, value;
    while (next_parameter(query, name, value)) all.emplace_back(name, value);
    return all;
}

}  // namespace

TEST_CASE("RFC 3986, 5.2.4: dot segments are taken out of a path, and never lead above the root") {
    const std::pair<const char*, const char*> paths[] = {
        {"/", "/"},
        {"/a", "/a"},
        {"/a/", "/a/"},
        {"/.", "/"},
        {"/..", "/"},
        {"/./", "/"},
        {"/../", "/"},
        {"/a/.", "/a/"},
        {"/a/..", "/"},
        {"/a/../", "/"},
        {"/a/./b", "/a/b"},
        {"/a/../b", "/b"},
        {"/a/b/../c", "/a/c"},
        {"/../../a", "/a"},
        {"/a/...", "/a/..."},
        {"/.a", "/.a"},
        {"/a.", "/a."},
        {"//", "//"},
        {"/a//../b", "/a/b"},
        {"/%2e%2E/a", "/a"},
        {"/a/b/c/./../../g", "/a/g"},
    };
    for (const auto& one : paths) {
        const char* const path = one.first;
        CAPTURE(path);
        CHECK(normal(path) == one.second);
    }
}

TEST_CASE(
    "RFC 3986, 2.1: percent-encoding is decoded once, and an encoded slash parts no segments") {
    CHECK(normal("/%61%62") == "/ab");
    CHECK(normal("/%2561") == "/%61");
    CHECK(normal("/%2f") == "/%2F");
    CHECK(normal("/a%2Fb/c") == "/%2F/c");
    CHECK(normal("/%00") == std::string("/\0", 2));
    CHECK(normal("/caf%C3%A9") == "/caf\xc3\xa9");
}

TEST_CASE("a query is names and values in order, decoded") {
    using pairs = std::vector<std::pair<std::string, std::string>>;
    CHECK(parameters("").empty());
    CHECK(parameters("&&&").empty());
    CHECK(parameters("n=1&seed=2") == pairs{{"n", "1"}, {"seed", "2"}});
    CHECK(parameters("n=1&n=2") == pairs{{"n", "1"}, {"n", "2"}});
    CHECK(parameters("n") == pairs{{"n", ""}});
    CHECK(parameters("n=") == pairs{{"n", ""}});
    CHECK(parameters("=1") == pairs{{"", "1"}});
    CHECK(parameters("a=b=c") == pairs{{"a", "b=c"}});
    CHECK(parameters("%6e=%31+2&+=%2B") == pairs{{"n", "1 2"}, {" ", "+"}});
    CHECK(parameters("a=1&") == pairs{{"a", "1"}});
    CHECK(parameters("a=%26&b=%3D") == pairs{{"a", "&"}, {"b", "="}});
}

TEST_CASE("RFC 9110, 12.5.1: the offer of the highest weight wins, the first of equals") {
    constexpr std::string_view offers[] = {"text/plain; charset=utf-8", "application/json"};
    const auto best = [&offers](std::string_view accept) {
        return best_media_type(accept, offers);
    };
    CHECK(best("") == 0);
    CHECK(best("  ") == 0);
    CHECK(best("*/*") == 0);
    CHECK(best("text/plain") == 0);
    CHECK(best("application/json") == 1);
    CHECK(best("application/json, text/plain") == 0);
    CHECK(best("application/json, text/plain;q=0.999") == 1);
    CHECK(best("*/*, text/plain;q=0") == 1);
    CHECK(best("text/plain;q=0.2, application/*;q=0.3") == 1);
    CHECK(best("text/plain;q=0.2, */*;q=0.1") == 0);
    CHECK(best("text/plain;q=1.000, application/json;q=1") == 0);
    CHECK(best("text/csv") == -1);
    CHECK(best("text/plain;q=0") == -1);
    CHECK(best("text") == -1);
    CHECK(best("text/p") == -1);
    CHECK(best("text/*") == 0);
    CHECK(best("tex/*") == -1);
    CHECK(best("/") == -1);
    CHECK(best(";q=1") == -1);
    CHECK(best(",,,") == -1);
    CHECK(best("application/json;q=0.5;v=1, text/plain;q=0.4") == 1);
    CHECK(best("application/json;v=1;q=0.5, text/plain;q=0.6") == 0);
    // A malformed weight counts as 1: the client named the type.
    for (const char* weight : {"", "2", "x", "0.1234", "-1", "1.", ".5", "-", "+", "/.5"}) {
        CAPTURE(weight);
        const auto json = "application/json;q=" + std::string{weight};
        CHECK(best(json + ", text/plain") == 0);
        CHECK(best(json + ", text/plain;q=0.999") == 1);
    }
    CHECK(best("application/json;q=0,5, text/plain;q=0.1") == 0);  // a comma ends the weight
}

TEST_CASE("RFC 9110, 12.5.1: the closest range has the weight of a type, wherever it stands") {
    for (const char* accept :
         {"a/b;q=0.3, */*;q=0.9", "*/*;q=0.9, a/b;q=0.3", "a/*;q=0.9, a/b;q=0.3",
          "a/b;q=0.3, a/b;q=0.1", "a/b;q=0.1, */*, a/b;q=0.3, a/*"}) {
        CAPTURE(accept);
        CHECK(weights_of(accept, "a/b", "1").any == 300);
        CHECK(weights_of(accept, "a/b", "1").named == 300);
    }
    CHECK(weights_of("a/*;q=0.2, */*;q=0.9", "a/b", "1").any == 200);
    CHECK(weights_of("a/*;q=0.2, */*;q=0.9", "a/b", "1").named == 0);
    for (const char* version : {"1", "\"1\""})
        CHECK(weights_of(std::string{"a/b;version="} + version, "a/b", "1").named == 1'000);
    for (const char* version : {"2", "\"1x", "x1\"", "\"", "\"2\""})
        CHECK(weights_of(std::string{"a/b;version="} + version, "a/b", "1").named == 0);
}

TEST_CASE("RFC 9110, 12.5.3: a coding is taken only where it is said to be") {
    CHECK_FALSE(accepts_coding("", "gzip"));
    CHECK(accepts_coding("gzip", "gzip"));
    CHECK(accepts_coding("GZIP", "gzip"));
    CHECK(accepts_coding("br, gzip;q=0.1", "gzip"));
    CHECK(accepts_coding("*", "gzip"));
    CHECK_FALSE(accepts_coding("*;q=0", "gzip"));
    CHECK_FALSE(accepts_coding("gzip;q=0, *", "gzip"));
    CHECK_FALSE(accepts_coding("*, gzip;q=0", "gzip"));
    CHECK_FALSE(accepts_coding("identity", "gzip"));
}

TEST_CASE("RFC 9110, 8.8.3.2: tags are compared weakly or strongly") {
    CHECK(names_tag("\"a\"", "\"a\""));
    CHECK(names_tag("W/\"a\"", "\"a\""));
    CHECK(names_tag("\"b\",\"a\"", "\"a\""));
    CHECK(names_tag(" * ", "\"a\""));
    CHECK_FALSE(names_tag("a", "\"a\""));
    CHECK_FALSE(names_tag("", "\"a\""));
    CHECK_FALSE(names_tag("w/\"a\"", "\"a\""));
    CHECK(names_tag_strongly("\"a\"", "\"a\""));
    CHECK(names_tag_strongly("*", "\"a\""));
    CHECK_FALSE(names_tag_strongly("W/\"a\"", "\"a\""));
    CHECK_FALSE(names_tag_strongly(",", ""));
}

TEST_CASE("RFC 3986, 3.2: an authority is a host and a port") {
    for (const char* text : {"", "a", "a:", "a:1", "a:65535", "a-b.c_d~", "1.2.3.4:5", "[::]",
                             "[::1]", "[::1]:80", "a%41", ":80"}) {
        CAPTURE(text);
        CHECK(syntax::is_authority(text));
    }
    for (const char* text :
         {"a:b", "a@b", "a/b", "a b", "[", "[]", "[:]", "[::1", "[::1]x", "a:123456", "a%4", "a%zz",
          "a%g1", "a%1g", "::1", "a[b]", "[::1]:x", "[x::]"}) {
        CAPTURE(text);
        CHECK_FALSE(syntax::is_authority(text));
    }
    CHECK_FALSE(syntax::is_authority(std::string_view{"a%41"}.substr(0, 3)));
}

TEST_CASE("RFC 3986, 2.1: two digits follow a percent sign, in the text itself") {
    CHECK(syntax::is_path_or_query("/%41", false));
    for (std::size_t size : {2U, 3U})
        CHECK_FALSE(syntax::is_path_or_query(std::string_view{"/%41"}.substr(0, size), false));
}
