#include "server/http/refused_line.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace lanewise::server;
using namespace std::string_literals;

namespace {

std::string shown(const std::string& head) {
    const auto line = understood(head);
    return std::string{line.method} + " " + std::string{line.target};
}

}  // namespace

TEST_CASE("a refused request is shown with its method and target, as far as they were understood") {
    CHECK(shown("FROB /a?b HTTP/1.1\r\nHost: a\r\n\r\n") == "FROB /a?b");
    CHECK(shown("GET / HTTP/2.0\r\n") == "GET /");
    CHECK(shown("GET /a b HTTP/1.1\r\n") == "GET /a");
    CHECK(shown("GET /unfinish") == "GET /unfinish");
    CHECK(shown("GET /only-a-line-feed\nHost: a") == "GET /only-a-line-feed");
    CHECK(shown("GET ") == "GET -");
    CHECK(shown("GET  / HTTP/1.1\r\n") == "GET -");
    CHECK(shown("GE") == "- -");
    CHECK(shown("GET\r\n") == "- -");
    CHECK(shown("") == "- -");
    CHECK(shown(" / HTTP/1.1") == "- -");
    CHECK(shown("\r\n") == "- -");
    CHECK(shown("\x16\x03\x01\x02 \x01") == "- -");
    CHECK(shown("G\xc3\x89T / HTTP/1.1") == "- -");
}

TEST_CASE("of a long target, or method, the begin is shown, with the bytes that came") {
    CHECK(shown("GET /caf\xc3\xa9\t\x1b[2J\\ HTTP/1.1") == "GET /caf\xc3\xa9\t\x1b[2J\\");
    CHECK(shown("GET /\0a HTTP/1.1"s) == "GET /\0a"s);
    CHECK(understood("GET /" + std::string(1'023, 'a') + " ").target.size() == 1'024);
    const auto endless = "GET " + std::string(100'000, '\xff');
    CHECK(understood(endless).target == std::string(1'024, '\xff'));
    CHECK(understood(std::string(100'000, 'A') + " / HTTP/1.1").method.size() == 1'024);
}
