// RFC 9110 on methods and fields of replies; RFC 9111, 3986 and 9457 where they apply.
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <regex>

#include "conformance.hpp"

using namespace lanewise::server;
using namespace std::string_literals;

namespace {

constexpr const char* open_paths[] = {"/", "/v1/identity", "/v1/kernels", "/healthz", "/readyz"};

std::string asked(const std::string& method, const std::string& path,
                  const std::string& lines = {}) {
    return method + " " + path + " HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
}

// The reply's body as JSON: a failure where it is none, or not in UTF-8.
boost::json::object problem_of(const received_reply& reply) {
    CHECK(reply.fields.at("content-type") == "application/problem+json");
    boost::system::error_code error;
    auto value = boost::json::parse(reply.body, error);
    REQUIRE_MESSAGE(!error, reply.body);
    return value.as_object();
}

// Requests to be refused for every reason that a path has, on connections that go on.
const std::pair<std::string, int> refusals[] = {
    {"/nowhere", 404},
    {"/v1/kernels/nope", 404},
    {"/v1/kernels/dot_f32", 422},
    {"/v1/kernels/dot_f32?n=x", 422},
    {"/v1/kernels/dot_f32?n=1&zz=1", 422},
};

}  // namespace

TEST_CASE(
    "RFC 9110, 9.1: GET and HEAD are served at every path, other methods are 405 with Allow") {
    const running_server server;
    for (const char* path : open_paths) {
        check_taken(server, asked("GET", path));
        check_taken(server, asked("HEAD", path));
        for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "TRACE"}) {
            CAPTURE(method);
            const auto reply = check_taken(server, asked(method, path), 405);
            CHECK(reply.fields.at("allow") == "GET, HEAD, OPTIONS");
        }
    }
    for (const char* method : {"PUT", "DELETE", "PATCH", "TRACE"}) {
        const auto reply = check_taken(server, asked(method, "/v1/kernels/dot_f32"), 405);
        CHECK(reply.fields.at("allow") == "GET, HEAD, POST, OPTIONS");
    }
}

TEST_CASE("RFC 9110, 9.3.2: HEAD has the fields of GET and no body, errors and all") {
    const running_server server;
    const auto same = [&server](const std::string& path, const std::string& lines) {
        CAPTURE(path);
        peer client(server.port());
        const auto whole = client.ask(asked("GET", path, lines));
        auto head = client.ask(asked("HEAD", path, lines), false);
        CHECK(client.ask(get("/healthz")).body == "ok\n");
        CHECK(head.status == whole.status);
        CHECK(head.fields.at("content-length") == std::to_string(whole.body.size()));
        for (const auto& field : whole.fields) {
            const std::string& name = field.first;
            CHECK_MESSAGE(head.fields.contains(name), name);
            if (name != "server-timing" && name != "date") CHECK(head.fields[name] == field.second);
        }
    };
    for (const char* path : open_paths) same(path, "");
    same("/", "Accept: image/png\r\n");
    same("/", "Accept: text/html\r\n");
    same("/", "Accept: application/json\r\n");
    same("/nowhere", "");
    same("/v1/kernels/nope", "");
    same("/v1/kernels/dot_f32", "");
    same("/v1/kernels/dot_f32?n=10", "Accept: text/csv\r\n");
    same("/v1/kernels/sum_f32?n=10", "");
    same("/v1/kernels/exp_f32?n=2000", "");
    same("/v1/kernels/exp_f32?n=1000000", "");
}

TEST_CASE(
    "RFC 9110, 9.3.2: a HEAD that is refused has no body either, and a GET behind a HEAD has one") {
    const running_server server;
    check_refused(server, {"HEAD /healthz HTTP/1.1\r\n\r\n",
                           "HEAD /healthz HTTP/1.1\r\nHost: a\r\nX : a\r\n\r\n",
                           "HEAD /h\xff HTTP/1.1\r\nHost: a\r\n\r\n",
                           "HEAD /healthz HTTP/1.1\r\nHost: a\r\nX: a\n\r\n"});
    check_refused(server, "HEAD /healthz HTTP/2.0\r\nHost: a\r\n\r\n", 505);
    check_refused(server, "HEAD /healthz HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n", 417);
    check_refused(server, "HEAD /" + std::string(40'000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n",
                  414);
    peer client(server.port());
    client.send("HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n");
    CHECK(client.receive(false).status == 200);
    const auto reply = client.receive();
    CHECK(reply.status == 400);
    CHECK(reply.fields.at("content-length") == std::to_string(reply.body.size()));
    CHECK(!reply.body.empty());
    CHECK(client.is_closed());
}

TEST_CASE("RFC 9110, 9.3.7: OPTIONS says what a path allows, and 204 has no Content-Length") {
    const running_server server;
    for (const char* path : open_paths) {
        const auto reply = check_taken(server, asked("OPTIONS", path), 204);
        CHECK(reply.fields.at("allow") == "GET, HEAD, OPTIONS");
        CHECK_FALSE(reply.fields.contains("content-length"));
        CHECK_FALSE(reply.fields.contains("content-type"));
    }
    CHECK(check_taken(server, asked("OPTIONS", "/v1/kernels/dot_f32"), 204).fields.at("allow") ==
          "GET, HEAD, POST, OPTIONS");
    check_taken(server, asked("OPTIONS", "/nowhere"), 404);
}

TEST_CASE("RFC 9110, 6.6.1: every reply has a Date, in the one format") {
    const running_server server;
    const std::regex format(
        "(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-3][0-9] "
        "(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
        "20[0-9]{2} [0-2][0-9]:[0-5][0-9]:[0-6][0-9] GMT");
    for (const auto& request : {get("/"), get("/healthz", "Connection: close\r\n"), get("/nowhere"),
                                asked("OPTIONS", "/"), get("/v1/kernels/sum_f32?n=1"),
                                "nonsense\r\n\r\n"s, "GET / HTTP/1.0\r\n\r\n"s}) {
        peer client(server.port());
        const auto date = client.ask(request).fields.at("date");
        CHECK_MESSAGE(std::regex_match(date, format), date);
    }
}

TEST_CASE("RFC 9110, 5.6.7: a date has the day's name, two digits of the day, and GMT") {
    using std::chrono::system_clock;
    std::string text(date_bytes, ' ');
    print_date(system_clock::from_time_t(784'111'777), text.data());
    CHECK(text == "Sun, 06 Nov 1994 08:49:37 GMT");
    print_date(system_clock::from_time_t(0), text.data());
    CHECK(text == "Thu, 01 Jan 1970 00:00:00 GMT");
    print_date(system_clock::from_time_t(951'782'400), text.data());
    CHECK(text == "Tue, 29 Feb 2000 00:00:00 GMT");
    print_date(system_clock::from_time_t(4'102'444'799), text.data());
    CHECK(text == "Thu, 31 Dec 2099 23:59:59 GMT");
}

TEST_CASE("RFC 3986, 6.2.2: paths are compared without percent-encoding and dot segments") {
    const running_server server;
    for (const char* path :
         {"/%68ealthz", "/%68%65%61%6C%74%68%7A", "/%68%65%61%6c%74%68%7a", "/./healthz",
          "/../healthz", "/a/../healthz", "/a/b/../../healthz", "/v1/../healthz", "/%2e/healthz",
          "/%2E%2e/healthz", "/a/%2e%2e/healthz", "/../../../../healthz", "/x/./../healthz"}) {
        CHECK(check_taken(server, target(path)).body == "ok\n");
    }
    CHECK(check_taken(server, target("/v1/kernels/%73um_f32?%6e=3")).status == 200);
    CHECK(check_taken(server, target("/v1/kernels/x/../sum_f32?n=3")).status == 200);
    for (const char* path : {"/HEALTHZ",
                             "/healthz/",
                             "/healthz/.",
                             "//healthz",
                             "/healthz%2f",
                             "/%2fhealthz",
                             "/a%2f..%2fhealthz",
                             "/healthz%00",
                             "/healthz%20",
                             "/healthz;a=1",
                             "/healthz.",
                             "/%252e%252e/healthz",
                             "/v1%2fidentity",
                             "/v1/kernels/",
                             "/v1/kernels/..",
                             "/v1/kernels/.",
                             "/v1/kernels/dot_f32/",
                             "/v1/kernels/dot_f32/x",
                             "/v1/kernels//dot_f32",
                             "/healthz%0d%0a"}) {
        check_taken(server, target(path), 404);
    }
}

TEST_CASE("RFC 9457: a problem says type, title, status and detail, in JSON whatever was asked") {
    const running_server server;
    for (const auto& refusal : refusals) {
        const std::string& path = refusal.first;
        const int status = refusal.second;
        CAPTURE(path);
        peer client(server.port());
        const auto reply = client.ask(get(path));
        CHECK(reply.status == status);
        const auto problem = problem_of(reply);
        CHECK(problem.at("type") == "about:blank");
        CHECK(problem.at("status") == status);
        CHECK(problem.at("title").as_string() == std::string{reason_of(status)});
        CHECK(!problem.at("detail").as_string().empty());
        CHECK(reply.head.starts_with("HTTP/1.1 " + std::to_string(status) + " " +
                                     std::string{reason_of(status)} + "\r\n"));
    }
}

TEST_CASE("RFC 8259: a problem about bytes that are no UTF-8 is UTF-8 all the same") {
    const running_server server;
    peer client(server.port());
    for (const char* name : {"%ff", "%c3", "%c3%28", "%e2%82", "%ed%a0%80", "%f5%80%80%80",
                             "%c0%80", "a%80b", "%00", "%22%5c%0a", "%e2%82%ac", "%f0%9f%8f%8e"}) {
        CAPTURE(name);
        const auto reply = client.ask(get("/v1/kernels/dot_f32?n=1&"s + name + "=1"));
        CHECK(reply.status == 422);
        problem_of(reply);
    }
    // Cut in the middle of a character, where a long name is shortened.
    std::string euros;
    for (int i = 0; i < 40; ++i) euros += "%e2%82%ac";
    problem_of(client.ask(get("/v1/kernels/dot_f32?" + euros)));
    problem_of(client.ask(get("/v1/kernels/dot_f32?a" + euros)));
    problem_of(client.ask(get("/v1/kernels/dot_f32?aa" + euros)));
    problem_of(client.ask(get("/v1/kernels/dot_f32?n=" + euros)));
}

TEST_CASE("RFC 6901: a pointer into the body escapes what it has to") {
    const running_server server;
    peer client(server.port());
    const auto pointer = [&client](const std::string& body) {
        const auto reply = client.ask(post("/v1/kernels/dot_f32", "application/json", body));
        CHECK(reply.status == 422);
        return std::string{problem_of(reply).at("pointer").as_string()};
    };
    CHECK(pointer(R"({"a/b":[1]})") == "/a~1b");
    CHECK(pointer(R"({"a~b":[1]})") == "/a~0b");
    CHECK(pointer(R"({"x":[1,true]})") == "/x/1");
    CHECK(pointer(R"({"x":[1],"x":[2]})") == "/x");
}

TEST_CASE("nothing that a client sent comes back in a reply's head") {
    const running_server server;
    const std::string mark = "reflected";
    for (const auto& request :
         {get("/reflected%0d%0aX:%20reflected"), get("/v1/kernels/reflected"),
          get("/v1/kernels/dot_f32?n=reflected"), get("/v1/kernels/dot_f32?reflected=1"),
          get("/healthz?reflected", "X-Request-Id: reflected\r\nOrigin: http://reflected\r\n"),
          get("/", "Accept: reflected/x\r\n"),
          asked("OPTIONS", "/",
                "Origin: http://reflected\r\n"
                "Access-Control-Request-Method: REFLECTED\r\n"
                "Access-Control-Request-Headers: reflected\r\n"),
          "GET http://reflected/nowhere HTTP/1.1\r\nHost: reflected\r\n\r\n"s,
          "reflected / HTTP/1.1\r\nHost: a\r\n\r\n"s, with_line("Expect: reflected"),
          with_line("Transfer-Encoding: reflected"), with_line("Upgrade: reflected"),
          post("/v1/kernels/dot_f32", "reflected/x", "reflected")}) {
        CAPTURE(request);
        peer client(server.port());
        const auto reply = client.ask(request);
        CHECK(reply.head.find(mark) == std::string::npos);
        CHECK(reply.head.find("REFLECTED") == std::string::npos);
    }
}

TEST_CASE("no reply tells which server or version this is, and none may be sniffed") {
    const running_server server;
    for (const auto& request :
         {get("/"), get("/v1/kernels"), get("/nowhere"), get("/v1/kernels/exp_f32?n=3"),
          get("/", "Accept: text/html\r\n"), get("/v1/kernels/dot_f32"), "nonsense\r\n\r\n"s}) {
        peer client(server.port());
        const auto reply = client.ask(request);
        CHECK_FALSE(reply.fields.contains("server"));
        CHECK_FALSE(reply.fields.contains("x-powered-by"));
        CHECK(reply.fields.at("x-content-type-options") == "nosniff");
    }
}

TEST_CASE("RFC 9111, 5.2.2: what differs by node or time is not stored") {
    const running_server server;
    peer client(server.port());
    for (const char* path : open_paths) {
        CHECK(client.ask(get(path)).fields.at("cache-control") == "no-store");
    }
}

TEST_CASE("?close=1 on a GET ends the connection after the reply") {
    const running_server server;
    for (const char* path :
         {"/?close=1", "/v1/identity?a=b&close=1", "/v1/kernels/sum_f32?n=3&close=1"}) {
        peer client(server.port());
        client.send(get(path));
        const auto reply = client.receive();
        CHECK(reply.status == 200);
        CHECK(reply.fields.at("connection") == "close");
        CHECK(client.is_closed());
    }
    check_taken(server, get("/?close=0"));
    check_taken(server, get("/?close"));
    // Of a POST it is no parameter.
    peer client(server.port());
    const auto sum = post("/v1/kernels/sum_f32?close=1", "application/octet-stream", "1234");
    CHECK_FALSE(client.ask(sum).fields.contains("connection"));
    CHECK_FALSE(client.ask(get("/healthz")).fields.contains("connection"));
}
