// RFC 9112, sections 2 to 5: messages, request lines, targets, fields.
#include "conformance.hpp"

using namespace lanewise::server;
using namespace std::string_literals;

TEST_CASE("RFC 9112, 2.2: empty lines before a request line are ignored") {
    const running_server server;
    check_taken(server, "\r\n" + get("/healthz"));
    check_taken(server, "\r\n\r\n\r\n" + get("/healthz"));
    peer client(server.port());
    // A CR LF that an old client sends after its body is no request, and begins none.
    const std::string body = R"({"x":[1],"y":[2]})";
    client.send(post("/v1/kernels/dot_f32", "application/json", body) + "\r\n" + get("/healthz"));
    CHECK(client.receive().body == "{\"result\":2}\n");
    CHECK(client.receive().body == "ok\n");
}

TEST_CASE("RFC 9112, 2.2: a bare CR anywhere in a head is refused") {
    const running_server server;
    check_refused(server, {
                              "GET /healthz\r HTTP/1.1\r\nHost: a\r\n\r\n",
                              "GET\r /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
                              "GET /healthz HTTP/1.1\rHost: a\r\n\r\n",
                              "GET /healthz HTTP/1.1\r\r\nHost: a\r\n\r\n",
                              "\rGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
                              with_line("X: a\rb"),
                              with_line("X: a\r"),
                              with_line("X: \r"),
                              with_line("X\r: a"),
                              with_line("X:\ra"),
                              with_line("X: a\rTransfer-Encoding: chunked"),
                          });
}

TEST_CASE("RFC 9112, 2.2: a line that ends with LF alone is refused") {
    const running_server server;
    check_refused(server, {
                              "GET /healthz HTTP/1.1\nHost: a\r\n\r\n",
                              "GET /healthz HTTP/1.1\r\nHost: a\n\r\n",
                              "GET /healthz HTTP/1.1\r\nHost: a\r\n\n",
                              "\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
                              with_line("X: a\nTransfer-Encoding: chunked"),
                          });
}

TEST_CASE("RFC 9112, 2.2: white space between request line and first field is refused") {
    const running_server server;
    check_refused(server, {
                              "GET /healthz HTTP/1.1\r\n Host: a\r\n\r\n",
                              "GET /healthz HTTP/1.1\r\n\tHost: a\r\n\r\n",
                              "GET /healthz HTTP/1.1\r\n \r\nHost: a\r\n\r\n",
                          });
}

TEST_CASE("RFC 9112, 2.2: bytes that are no HTTP are answered at once, not waited on") {
    const running_server server;
    for (const char* bytes : {"\x16", "{", "GET\r\n", "GET /healthz\r\n", "GET / HTTP/1\r\n"}) {
        peer client(server.port());
        CHECK(client.ask(bytes).status == 400);
        CHECK(client.is_closed());
    }
    check_refused(server, {"\x16\x03\x01\x02"s, "\0\0\0"s, "{\"x\":1}", "<policy-file-request/>",
                           " GET / HTTP/1.1\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "GET /healthz\r\n",
                           "GET\r\n", "\x80\x80"});
}

TEST_CASE("RFC 9112, 2.3: a version is HTTP/digit.digit, in upper case") {
    const running_server server;
    for (const char* version :
         {"http/1.1", "HTTP/1", "HTTP/1.", "HTTP/.1", "HTTP/11", "HTTP/1.1.1", "HTTP/01.1",
          "HTTP/1.10", "HTTP/+1.1", "HTTP/1,1", "HTTP 1.1", "HTTPS/1.1", "FTP/1.1", "HTTP/a.b",
          "HTTP/1.1 ", "HTTP/1.1\t", "HTTP/-1.1", "HTTP/ 1.1", ""}) {
        check_refused(server, "GET /healthz " + std::string{version} + "\r\nHost: a\r\n\r\n", 400);
    }
}

TEST_CASE("RFC 9110, 6.2: a higher minor version is read as HTTP/1.1") {
    const running_server server;
    for (const char* version : {"HTTP/1.2", "HTTP/1.9"}) {
        const auto reply =
            check_taken(server, "GET /healthz?a=1 " + std::string{version} + "\r\nHost: a\r\n\r\n");
        CHECK(reply.head.starts_with("HTTP/1.1 200 OK\r\n"));
        check_refused(server, "GET /healthz " + std::string{version} + "\r\n\r\n", 400);
        check_taken(server,
                    "GET http://b/v1/identity " + std::string{version} + "\r\nHost: a\r\n\r\n");
    }
}

TEST_CASE("RFC 9110, 15.6.6: a major version that is not spoken here is 505, said in HTTP/1.1") {
    const running_server server;
    for (const char* version : {"HTTP/2.0", "HTTP/0.9", "HTTP/3.0", "HTTP/9.9", "HTTP/0.0"}) {
        check_refused(server, "GET /healthz " + std::string{version} + "\r\nHost: a\r\n\r\n", 505);
    }
}

TEST_CASE("RFC 9113, 3.4: the preface of HTTP/2 is answered in HTTP/1.1") {
    const running_server server;
    check_refused(server, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
}

TEST_CASE("RFC 9112, 3: a request line is method, one space, target, one space, version") {
    const running_server server;
    check_refused(server, {
                              "GET  /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
                              "GET /healthz  HTTP/1.1\r\nHost: a\r\n\r\n",
                              "GET\t/healthz HTTP/1.1\r\nHost: a\r\n\r\n",
                              "GET /healthz\tHTTP/1.1\r\nHost: a\r\n\r\n",
                              "GET\x0b/healthz HTTP/1.1\r\nHost: a\r\n\r\n",
                              "GET /healthz HTTP/1.1 extra\r\nHost: a\r\n\r\n",
                              "GET /healthz /readyz HTTP/1.1\r\nHost: a\r\n\r\n",
                              "GET HTTP/1.1\r\nHost: a\r\n\r\n",
                              " HTTP/1.1\r\nHost: a\r\n\r\n",
                              "GET /health z HTTP/1.1\r\nHost: a\r\n\r\n",
                              "GET /healthzHTTP/1.1\r\nHost: a\r\n\r\n",
                              "GET /healthz\r\nHost: a\r\n\r\n",
                          });
}

TEST_CASE("RFC 9112, 3: a request line of 8,000 octets beside 8 KiB of fields is taken") {
    const running_server server;
    const std::string query = "/healthz?" + std::string(8'000 - 9 - 13, 'q');
    std::string fields;
    for (int i = 0; i < 16; ++i) {
        fields += "X-" + std::to_string(100 + i) + ": " + std::string(503, 'v') + "\r\n";
    }
    check_taken(server, get(query, fields));
}

TEST_CASE("RFC 9112, 3.1: an unknown method is 501, and methods are case-sensitive") {
    const running_server server;
    for (const char* method :
         {"get", "Get", "BREW", "G", "GETT", "M-SEARCH", "PROPFIND", "X!#$%"}) {
        check_refused(server, std::string{method} + " /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 501);
    }
    check_refused(server, {
                              "G(T /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
                              "GET: /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
                              "G\0T /healthz HTTP/1.1\r\nHost: a\r\n\r\n"s,
                              "GÉT /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
                          });
}

TEST_CASE("RFC 9112, 3: a target longer than a whole head may be is 414") {
    const running_server server;
    check_refused(server, get("/" + std::string(40'000, 'a')), 414);
}

TEST_CASE("RFC 9112, 3.2: a target holds what a URI holds") {
    const running_server server;
    check_refused(server, {
                              target("/a b"),
                              target("/\x7f"),
                              target("/\x01"),
                              target("/\0"s),
                              target("/a\tb"),
                              target("/caf\xc3\xa9"),
                              target("/healthz?q=\xe2\x82\xac"),
                              target("/\xff"),
                              target("/healthz#fragment"),
                              target("/a<b>"),
                              target("/a\"b"),
                              target("/a\\b"),
                              target("/a^b"),
                              target("/a`b"),
                              target("/a{b}"),
                              target("/a|b"),
                              target("/a[b]"),
                              target("/healthz?q=[1]"),
                              target("/%"),
                              target("/%4"),
                              target("/%zz"),
                              target("/healthz?q=%G0"),
                              target("healthz"),
                              target("?q"),
                              target("."),
                              target("//[x"),
                          });
}

TEST_CASE("RFC 9112, 3.2.1: origin form with a query, empty or not") {
    const running_server server;
    for (const char* text :
         {"/healthz?", "/healthz??", "/healthz?a=/?&b", "/healthz?%20+", "/healthz?a=1&a=2",
          "/healthz?&&&", "/healthz?=&=", "/healthz?!$'()*,;:@"}) {
        check_taken(server, target(text));
    }
    check_taken(server, target("//healthz"), 404);
}

TEST_CASE("RFC 9112, 3.2.2: absolute form is taken, and its host wins over the field") {
    const running_server server;
    for (const char* text : {"http://example.com/healthz", "HTTP://EXAMPLE.com/healthz",
                             "http://example.com:8080/healthz?x", "http://[::1]:80/healthz",
                             "http://a_b/healthz", "http://127.0.0.1:/healthz"}) {
        check_taken(server, target(text));
    }
    check_taken(server, "GET http://example.com HTTP/1.1\r\nHost: a\r\n\r\n");
    check_taken(server, "GET http://example.com?close=0 HTTP/1.1\r\nHost: a\r\n\r\n");
    check_taken(server, "OPTIONS http://example.com HTTP/1.1\r\nHost: a\r\n\r\n", 204);
    // The field is asked for all the same (RFC 9112, 3.2).
    check_refused(server, "GET http://example.com/healthz HTTP/1.1\r\n\r\n", 400);
    check_taken(server,
                "GET http://example.com/healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
}

TEST_CASE("RFC 9110, 4.2: an http URI has a host, no user, and a port of digits") {
    const running_server server;
    check_refused(server, {
                              target("http:///healthz"),
                              target("http://:80/healthz"),
                              target("http://user@host/healthz"),
                              target("http://user:secret@host/healthz"),
                              target("http://host:port/healthz"),
                              target("http://host:-1/healthz"),
                              target("http://[::1/healthz"),
                              target("http://[]/healthz"),
                              target("http://a b/healthz"),
                              target("http:/healthz"),
                              target("http:"),
                              target("mailto:someone"),
                          });
}

TEST_CASE("RFC 9110, 7.4: a target of another scheme is misdirected") {
    const running_server server;
    check_refused(server, target("https://example.com/healthz"), 421);
    check_refused(server, target("ftp://example.com/healthz"), 421);
}

TEST_CASE("RFC 9112, 3.2.3: CONNECT and its authority form are refused: this is no proxy") {
    const running_server server;
    check_refused(server, "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n", 501);
    check_refused(server, "CONNECT / HTTP/1.1\r\nHost: example.com\r\n\r\n", 501);
    check_refused(server, target("example.com:443"), 400);
}

TEST_CASE("RFC 9112, 3.2.4: OPTIONS * asks about the server, and goes with OPTIONS alone") {
    const running_server server;
    const auto reply = check_taken(server, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 204);
    CHECK(reply.fields.at("allow") == "GET, HEAD, POST, OPTIONS");
    check_refused(server,
                  {target("*"), "POST * HTTP/1.1\r\nHost: a\r\n\r\n",
                   "HEAD * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS ** HTTP/1.1\r\nHost: a\r\n\r\n"});
}

TEST_CASE("RFC 9112, 3.2: HTTP/1.1 has one Host field, and it is well formed") {
    const running_server server;
    const auto host = [](const std::string& value) {
        return "GET /healthz HTTP/1.1\r\nHost:" + value + "\r\n\r\n";
    };
    check_refused(server, {
                              "GET /healthz HTTP/1.1\r\n\r\n",
                              "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
                              "GET /healthz HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n",
                              host(" a, b"),
                              host(" a b"),
                              host(" a/b"),
                              host(" http://a"),
                              host(" user@a"),
                              host(" a?b"),
                              host(" a#b"),
                              host(" a:b"),
                              host(" a:8 0"),
                              host(" a:80:80"),
                              host(" a:123456"),
                              host(" ::1"),
                              host(" [::1"),
                              host(" ::1]"),
                              host(" [::1]a"),
                              host(" [g::1]"),
                              host(" []"),
                              host(" a%zz"),
                              host(" caf\xc3\xa9"),
                              host(" a\\b"),
                              host(" \"a\""),
                              host(" <a>"),
                          });
    for (const char* value : {" a", "a", " \ta\t ", " a.b.c", " a:80", " a:", " a:65535", " [::1]",
                              " [::1]:8080", " [::1]:", " [::ffff:10.0.0.1]", " 10.0.0.1",
                              " my_service", " A-B.example.", " a%20b", " a!$&'()*+,;=~"}) {
        check_taken(server, host(value));
    }
}

TEST_CASE(
    "RFC 9110, 4.2.1: a request whose Host names no host is refused, unless its target does") {
    const running_server server;
    for (const std::string value : {"", " ", "\t", " :80", ":", " :8080"}) {
        for (const std::string line :
             {"GET /healthz HTTP/1.1", "HEAD / HTTP/1.1", "OPTIONS * HTTP/1.1",
              "GET /healthz HTTP/1.0", "POST /v1/kernels/sum_f32 HTTP/1.1"}) {
            check_refused(server, line + "\r\nHost:" + value + "\r\n\r\n", 400);
        }
    }
    // RFC 9112, 3.2.2: of an absolute target the Host field says nothing.
    check_taken(server, "GET http://a/healthz HTTP/1.1\r\nHost:\r\n\r\n");
    check_taken(server, "GET http://a:80/healthz HTTP/1.1\r\nHost: :80\r\n\r\n");
}

TEST_CASE("RFC 9112, 3.2: HTTP/1.0 needs no Host, but not two, and no malformed one") {
    const running_server server;
    const std::string keep = "Connection: keep-alive\r\n\r\n";
    check_taken(server, "GET /healthz HTTP/1.0\r\n" + keep);
    check_taken(server, "GET /healthz HTTP/1.0\r\nHost: a\r\n" + keep);
    check_refused(server, {"GET /healthz HTTP/1.0\r\nHost: a\r\nHost: a\r\n" + keep,
                           "GET /healthz HTTP/1.0\r\nHost: a b\r\n" + keep});
}

TEST_CASE("RFC 9112, 5.1: no white space between field name and colon") {
    const running_server server;
    check_refused(server, {with_line("X : a"), with_line("X\t: a"), with_line("Content-Length : 0"),
                           with_line("Transfer-Encoding : chunked"),
                           "GET /healthz HTTP/1.1\r\nHost : a\r\n\r\n"});
}

TEST_CASE("RFC 9112, 5: a field line is a token, a colon and text") {
    const running_server server;
    check_refused(server, {
                              with_line("no colon"),
                              with_line("NoColon"),
                              with_line(": a"),
                              with_line("X(: a"),
                              with_line("X Y: a"),
                              with_line("X@: a"),
                              with_line("\"X\": a"),
                              with_line("X\0: a"s),
                              with_line("X\x7f: a"),
                              with_line("\xc3\x89: a"),
                              with_line("X: a\0b"s),
                              with_line("X: \0"s),
                              with_line("X: a\x01"),
                              with_line("X: a\x0b"),
                              with_line("X: a\x0c"),
                              with_line("X: a\x7f"),
                              with_line("X: a\x1b[2J"),
                              with_line("X: a\x08"),
                          });
    for (const char* line :
         {"X:a", "X:  \t a \t ", "X:", "X: ", "X: a b\tc", "X: caf\xc3\xa9", "X: \xff\x80",
          "!#$%&'*+-.^_`|~1a: b", "X: a:b", "X: \"a\\\"b\"", "x-y_z: 1"}) {
        check_taken(server, with_line(line));
    }
}

TEST_CASE("RFC 9112, 5.2: a folded line is refused") {
    const running_server server;
    check_refused(server,
                  {with_line("X: a\r\n b"), with_line("X: a\r\n\tb"), with_line("X:\r\n a"),
                   with_line("X: a\r\n \r\n b"), with_line("Transfer-Encoding:\r\n chunked"),
                   "GET /healthz HTTP/1.1\r\nHost: a\r\n b\r\n\r\n"});
}

TEST_CASE("RFC 9110, 5.3: a field that is no list and decides something is there once") {
    const running_server server;
    const std::string body = R"({"x":[1],"y":[2]})";
    const auto twice = [&body](const std::string& line) {
        return post("/v1/kernels/dot_f32", "application/json", body, line);
    };
    check_refused(server, {twice("Content-Type: application/json\r\n"),
                           twice("Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"),
                           twice("Origin: a\r\nOrigin: b\r\n")});
}

TEST_CASE("RFC 9110, 5.4: too many fields, and a head too large, are 431") {
    auto settings = test_settings();
    settings.fields_max = 10;
    settings.head_bytes_max = 4'096;
    const running_server server(settings);
    std::string nine;
    for (int i = 0; i < 9; ++i) nine += "X-" + std::to_string(i) + ": a\r\n";
    check_taken(server, get("/healthz", nine));
    check_refused(server, get("/healthz", nine + "Y: a\r\n"), 431);
    check_taken(server, get("/healthz", "X: " + std::string(4'000, 'a') + "\r\n"));
    check_refused(server, get("/healthz", "X: " + std::string(4'096, 'a') + "\r\n"), 431);
    check_refused(server, "GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + std::string(5'000, 'a'), 431);
}
