// RFC 9110 on methods, negotiation, conditions and fields of replies; RFC 9111, 3986 and 9457 where
// they apply.
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
        for (const auto& [name, value] : whole.fields) {
            CHECK_MESSAGE(head.fields.contains(name), name);
            if (name != "server-timing" && name != "date") CHECK(head.fields[name] == value);
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

TEST_CASE("RFC 9110, 12.5.1: the type of the highest weight is sent, the closest range deciding") {
    const running_server server;
    peer client(server.port());
    const auto type = [&client](const std::string& lines) {
        CAPTURE(lines);
        const auto reply = client.ask(get("/", lines));
        if (reply.status != 200) return std::to_string(reply.status);
        CHECK(reply.fields.at("vary") == "Accept");
        const auto text = reply.fields.at("content-type");
        return text.substr(0, text.find(';'));
    };
    const auto text = "text/plain", json = "application/json", html = "text/html";
    CHECK(type("") == text);
    CHECK(type("Accept:\r\n") == text);
    CHECK(type("Accept: */*\r\n") == text);
    CHECK(type("Accept: text/*\r\n") == text);
    CHECK(type("Accept: application/*\r\n") == json);
    CHECK(type("Accept: APPLICATION/JSON\r\n") == json);
    CHECK(type("Accept: text/html\r\n") == html);
    CHECK(type("Accept: text/html;level=1\r\n") == html);
    CHECK(type("Accept: text/plain;q=0.5, application/json\r\n") == json);
    CHECK(type("Accept: text/plain;q=0.5, application/json;q=0.6, text/html;q=0.55\r\n") == json);
    CHECK(type("Accept: text/plain;q=0.001,text/html;q=0.002\r\n") == html);
    CHECK(type("Accept: text/plain;Q=0.1 , text/html ; q=0.2\r\n") == html);
    CHECK(type("Accept: text/*;q=0.1, */*;q=0.2\r\n") == json);
    CHECK(type("Accept: */*;q=0.9, text/plain;q=0\r\n") == json);
    CHECK(type("Accept: text/*, text/plain;q=0\r\n") == html);
    CHECK(type("Accept: text/plain;q=0, application/json;q=0, text/html;q=0\r\n") == "406");
    CHECK(type("Accept: */*;q=0\r\n") == "406");
    CHECK(type("Accept: */*;q=0.000\r\n") == "406");
    CHECK(type("Accept: image/png, image/*\r\n") == "406");
    CHECK(type("Accept: image/png\r\nAccept: application/json\r\n") == json);
    CHECK(type("Accept: text/plain;q=0.1\r\nAccept: text/html;q=0.9\r\nAccept: image/png\r\n") ==
          html);
    CHECK(type("Accept: , ,application/json,\r\n") == json);
    CHECK(type("Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,"
               "image/webp,*/*;q=0.8\r\n") == html);
}

TEST_CASE("RFC 9110, 12.5.1: a kernel's result comes in the type that is accepted") {
    const running_server server;
    peer client(server.port());
    const auto type = [&client](const std::string& accept) {
        const auto reply = client.ask(get("/v1/kernels/exp_f32?n=3", "Accept: " + accept + "\r\n"));
        return reply.status == 200 ? reply.fields.at("content-type") : std::to_string(reply.status);
    };
    CHECK(type("*/*") == "application/json");
    CHECK(type("application/octet-stream") == "application/octet-stream");
    CHECK(type("application/json;q=0.5, application/octet-stream") == "application/octet-stream");
    CHECK(type("application/json, application/octet-stream;q=0") == "application/json");
    CHECK(type("application/*;q=0.1") == "application/json");
    CHECK(type("text/html") == "406");
}

TEST_CASE("RFC 9110, 12.5.3: what a client accepts of codings leaves the content as it is") {
    const running_server server;
    for (const char* value : {"gzip", "br, gzip;q=0.5", "*", "identity", ""}) {
        const auto reply =
            check_taken(server, get("/healthz", "Accept-Encoding: "s + value + "\r\n"));
        CHECK_FALSE(reply.fields.contains("content-encoding"));
    }
}

TEST_CASE(
    "RFC 9110, 13.1.2: a page that the client has is 304, with the fields that a cache needs") {
    const running_server server;
    peer client(server.port());
    const auto page = client.ask(get("/", "Accept: text/html\r\n"));
    const auto tag = page.fields.at("etag");
    CHECK(tag.size() > 2);
    CHECK((tag.front() == '"' && tag.back() == '"'));
    const auto status = [&client](const std::string& value, const char* method = "GET") {
        const auto reply =
            client.ask(asked(method, "/", "Accept: text/html\r\nIf-None-Match: " + value + "\r\n"),
                       method == "GET"s);
        if (reply.status == 304) {
            CHECK(reply.fields.contains("etag"));
            CHECK(reply.fields.at("vary") == "Accept");
            CHECK(reply.fields.contains("cache-control"));
            CHECK_FALSE(reply.fields.contains("content-length"));
            CHECK_FALSE(reply.fields.contains("content-type"));
        }
        return reply.status;
    };
    CHECK(status(tag) == 304);
    CHECK(status(tag, "HEAD") == 304);
    CHECK(status("W/" + tag) == 304);
    CHECK(status("*") == 304);
    CHECK(status("\"a\", " + tag + ", \"b\"") == 304);
    CHECK(status("\"a,b\", " + tag) == 304);
    CHECK(status("\"a\"\r\nIf-None-Match: " + tag) == 304);
    CHECK(status("\"a\"") == 200);
    CHECK(status(tag.substr(1, tag.size() - 2)) == 200);
    CHECK(status("\"" + tag + "\"") == 200);
    CHECK(status("") == 200);
    // What has no tag is always sent; and a condition on the page says nothing of the text.
    CHECK(client.ask(get("/healthz", "If-None-Match: " + tag + "\r\n")).body == "ok\n");
    CHECK(client.ask(get("/", "If-None-Match: " + tag + "\r\n")).status == 200);
    // RFC 9110, 13.2.1: a request that fails anyway fails as it would without the condition.
    CHECK(client.ask(get("/nowhere", "If-None-Match: *\r\n")).status == 404);
}

TEST_CASE("RFC 9110, 13.1.1: a condition that fails is 412, and one that holds changes nothing") {
    const running_server server;
    peer client(server.port());
    const auto tag = client.ask(get("/", "Accept: text/html\r\n")).fields.at("etag");
    const auto status = [&client](const std::string& lines) {
        return client.ask(get("/", "Accept: text/html\r\n" + lines)).status;
    };
    CHECK(status("If-Match: " + tag + "\r\n") == 200);
    CHECK(status("If-Match: *\r\n") == 200);
    CHECK(status("If-Match: \"a\", " + tag + "\r\n") == 200);
    CHECK(status("If-Match: \"a\"\r\n") == 412);
    CHECK(status("If-Match: W/" + tag + "\r\n") == 412);  // compared strongly
    CHECK(status("If-Match: \"a\"\r\nIf-None-Match: " + tag + "\r\n") == 412);
    CHECK(status("If-Match: " + tag + "\r\nIf-None-Match: " + tag + "\r\n") == 304);
    // RFC 9110, 13.1.3 and 13.1.4: no resource has a date of modification, so that these are
    // ignored.
    CHECK(status("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n") == 200);
    CHECK(status("If-Modified-Since: Sun, 06 Nov 2094 08:49:37 GMT\r\n") == 200);
    CHECK(status("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n") == 200);
    CHECK(client.ask(get("/nowhere", "If-Match: \"a\"\r\n")).status == 404);
}

TEST_CASE("RFC 9110, 14.2: Range is ignored, and the whole is sent") {
    const running_server server;
    const auto reply = check_taken(server, get("/healthz", "Range: bytes=0-0\r\n"));
    CHECK(reply.body == "ok\n");
    CHECK_FALSE(reply.fields.contains("content-range"));
}

TEST_CASE("RFC 9110, 8.3: types of content are case-insensitive and may have parameters") {
    const running_server server;
    const std::string body = R"({"x":[1],"y":[2]})";
    for (const char* type :
         {"application/json", "Application/JSON", "application/json;charset=utf-8",
          "application/json ; charset=\"utf-8\""}) {
        check_taken(server, post("/v1/kernels/dot_f32", type, body));
    }
    for (const char* type : {"text/json", "application/jsonx", "application", "", "*/*",
                             "application/x-www-form-urlencoded", "json"}) {
        const auto reply = check_taken(server, post("/v1/kernels/dot_f32", type, body), 415);
        CHECK(reply.fields.at("accept") == "application/octet-stream, application/json");
    }
    check_taken(server, "POST /v1/kernels/dot_f32 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
                415);
}

TEST_CASE("RFC 9110, 8.4: a coding of the content is 415, but for identity") {
    const running_server server;
    const std::string body = R"({"x":[1],"y":[2]})";
    const auto coded = [&body](const std::string& coding) {
        return post("/v1/kernels/dot_f32", "application/json", body,
                    "Content-Encoding: " + coding + "\r\n");
    };
    check_taken(server, coded("identity"));
    check_taken(server, coded(""));
    for (const char* coding : {"gzip", "br", "gzip, identity", "x"}) {
        CHECK(check_taken(server, coded(coding), 415).fields.at("accept-encoding") == "identity");
    }
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
    for (const auto& [path, status] : refusals) {
        CAPTURE(path);
        peer client(server.port());
        const auto reply = client.ask(get(path));
        CHECK(reply.status == status);
        const auto problem = problem_of(reply);
        CHECK(problem.at("type") == "about:blank");
        CHECK(problem.at("status") == status);
        CHECK(problem.at("title").as_string() == std::string(reason_of(status)));
        CHECK(!problem.at("detail").as_string().empty());
        CHECK(reply.head.starts_with("HTTP/1.1 " + std::to_string(status) + " " +
                                     std::string(reason_of(status)) + "\r\n"));
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
        return std::string(problem_of(reply).at("pointer").as_string());
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
}
