// RFC 9110 on content: negotiation, conditions, types and codings.
#include "conformance.hpp"

using namespace lanewise::server;
using namespace std::string_literals;

namespace {

std::string asked(const std::string& method, const std::string& path, const std::string& lines) {
    return method + " " + path + " HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
}

}  // namespace

TEST_CASE("RFC 9110, 12.5.1: the type of the highest weight is sent, the closest range deciding") {
    const running_server server;
    peer client(server.port());
    const auto type = [&client](const std::string& lines) {
        CAPTURE(lines);
        const auto reply = client.ask(get("/", lines));
        if (reply.status != 200) return std::to_string(reply.status);
        CHECK(reply.fields.at("vary").starts_with("Accept"));
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

TEST_CASE(
    "RFC 9110, 12.5.5: every answer that was chosen by a field names it, errors and 304 too") {
    auto settings = test_settings();
    settings.body_bytes_max = 100;
    settings.elements_max = 1'000;
    const running_server server(settings);
    const auto vary = [&server](const std::string& request, int status) {
        CAPTURE(request.substr(0, 200));
        peer client(server.port());
        const auto reply = client.ask(request, !request.starts_with("HEAD"));
        CHECK(reply.status == status);
        return reply.fields.contains("vary") ? reply.fields.at("vary") : "";
    };
    const std::string page = "Accept, Accept-Encoding", kernel = "Accept";
    for (const char* accept : {"", "Accept: text/html\r\n", "Accept: application/json\r\n",
                               "Accept: text/html\r\nAccept-Encoding: gzip\r\n"}) {
        CHECK(vary(get("/", accept), 200) == page);
        CHECK(vary(asked("HEAD", "/", accept), 200) == page);
    }
    CHECK(vary(get("/", "Accept: image/png\r\n"), 406) == page);
    CHECK(vary(get("/", "Accept: text/html\r\nIf-None-Match: *\r\n"), 304) == page);
    CHECK(vary(get("/", "Accept: text/html\r\nIf-Match: \"a\"\r\n"), 412) == page);
    const std::string call = "/v1/kernels/exp_f32", octets = "application/octet-stream";
    CHECK(vary(get(call + "?n=3"), 200) == kernel);
    CHECK(vary(asked("HEAD", call + "?n=3", ""), 200) == kernel);
    CHECK(vary(get(call + "?n=3", "Accept: " + octets + "\r\n"), 200) == kernel);
    CHECK(vary(get(call + "?n=3", "Accept: text/html\r\n"), 406) == kernel);
    CHECK(vary(get(call + "?n=x"), 422) == kernel);
    CHECK(vary(get(call + "?n=2000"), 422) == kernel);  // found when it runs
    CHECK(vary(post(call, octets, "1234"), 200) == kernel);
    CHECK(vary(post(call, octets, "12345"), 422) == kernel);
    CHECK(vary(post(call, "application/json", "{"), 400) == kernel);
    CHECK(vary(post(call, "text/plain", "1"), 415) == kernel);
    CHECK(vary(post(call, octets, std::string(104, 'a')), 413) == kernel);
    CHECK(vary(asked("POST", call, ""), 411) == kernel);
    // What no field chooses names none.
    for (const char* path : {"/healthz", "/readyz", "/v1/identity", "/v1/kernels", "/openapi.json"})
        CHECK(vary(get(path), 200) == "");
    CHECK(vary(get("/nowhere"), 404) == "");
}

TEST_CASE("RFC 9110, 5.6.1: lists of expectations and of codings have elements, not one text") {
    const running_server server;
    const std::string call = "/v1/kernels/sum_f32", octets = "application/octet-stream";
    for (const char* lines : {"Content-Encoding: identity, identity\r\n",
                              "Content-Encoding: ,Identity,\r\n", "Content-Encoding:\r\n",
                              "Content-Encoding: identity\r\nContent-Encoding: identity\r\n"}) {
        check_taken(server, post(call, octets, "1234", lines));
    }
    for (const char* lines :
         {"Content-Encoding: identity, gzip\r\n", "Content-Encoding: \"identity\"\r\n"}) {
        check_taken(server, post(call, octets, "1234", lines), 415);
    }
    for (const char* value : {"100-continue,", ", 100-continue", "100-Continue, 100-continue", ""})
        check_taken(server, get("/healthz", "Expect: "s + value + "\r\n"));
    for (const char* value :
         {"100-continue, x", "\"100-continue\"", "100-continue;a=b", "x=\",100-continue\""})
        check_refused(server, get("/healthz", "Expect: "s + value + "\r\n"), 417);
    // RFC 9110, 7.6.1: an option is a token, and a quoted string is none.
    check_refused(server, get("/healthz", "Connection: \"a, close\"\r\n"), 400);
    peer client(server.port());
    CHECK(client.ask(get("/healthz", "Connection: , ,TE\r\n")).status == 200);
    CHECK(client.ask(get("/healthz", "Connection: ,TE , close\r\n")).fields.at("connection") ==
          "close");
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
            CHECK(reply.fields.at("vary") == "Accept, Accept-Encoding");
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

TEST_CASE("RFC 9110, 13.1.2: the description that a client has is 304 too") {
    const running_server server;
    peer client(server.port());
    const auto whole = client.ask(get("/openapi.json"));
    const auto tag = whole.fields.at("etag");
    const auto again = client.ask(get("/openapi.json", "If-None-Match: " + tag + "\r\n"));
    CHECK(again.status == 304);
    CHECK(again.fields.at("etag") == tag);
    CHECK(again.fields.at("cache-control") == whole.fields.at("cache-control"));
    CHECK(client.ask(get("/openapi.json", "If-None-Match: \"a\"\r\n")).body == whole.body);
    CHECK(client.ask(get("/openapi.json", "If-Match: \"a\"\r\n")).status == 412);
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
