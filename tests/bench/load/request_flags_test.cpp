// Requests as flags say them, and the bytes that come of them.
#include "bench/load/request_flags.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

using namespace lanewise::bench;

namespace {

template <class Call>
std::string refusal(const Call& call) {
    try {
        static_cast<void>(call());
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return {};
}

bool contains(const std::string& text, std::string_view part) {
    CAPTURE(text);
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("without a flag the request is a GET that wants 2xx") {
    const auto request = read_request({});
    CHECK(wire_text(request, "node:8080") ==
          "GET / HTTP/1.1\r\nHost: node:8080\r\nUser-Agent: lanewise-bench\r\nAccept: "
          "*/*\r\n\r\n");
    CHECK(request.succeeds(200));
    CHECK(request.succeeds(299));
    CHECK_FALSE(request.succeeds(199));
    CHECK_FALSE(request.succeeds(300));
}

TEST_CASE("a body makes a POST of it, with its length; an empty one says 0") {
    request_flags flags;
    flags.body = "a=1";
    CHECK(wire_text(read_request(flags), "n") ==
          "POST / HTTP/1.1\r\nHost: n\r\nUser-Agent: lanewise-bench\r\nAccept: "
          "*/*\r\nContent-Length: 3\r\n\r\na=1");
    flags.body = "";
    CHECK(contains(wire_text(read_request(flags), "n"), "Content-Length: 0\r\n"));
    flags.method = "PUT";
    flags.body.reset();
    CHECK(contains(wire_text(read_request(flags), "n"), "Content-Length: 0\r\n"));
    flags.method = "DELETE";
    CHECK_FALSE(contains(wire_text(read_request(flags), "n"), "Content-Length"));
}

TEST_CASE("header fields stand as they were given, and replace the generator's own") {
    request_flags flags;
    flags.headers = {"host: shop.example", "User-Agent:curl", "X-Id:  a b\t", "X-Id: 2", "Empty:"};
    CHECK(wire_text(read_request(flags), "n") ==
          "GET / HTTP/1.1\r\nAccept: */*\r\nhost: shop.example\r\nUser-Agent: curl\r\nX-Id: a "
          "b\r\nX-Id: 2\r\nEmpty: \r\n\r\n");
}

TEST_CASE("the last request of a connection says so, unless the user says something of it") {
    CHECK(contains(wire_text(read_request({}), "n", true), "\r\nConnection: close\r\n"));
    request_flags flags;
    flags.headers = {"connection: keep-alive"};
    CHECK_FALSE(contains(wire_text(read_request(flags), "n", true), "close"));
}

TEST_CASE("a body from a file is its bytes, whatever they are") {
    const auto path =
        std::filesystem::temp_directory_path() / ("lanewise-body-" + std::to_string(getpid()));
    const std::string bytes{"\0\r\n\xff@", 5};
    std::ofstream{path, std::ios::binary} << bytes;
    request_flags flags;
    flags.body = "@" + path.string();
    CHECK(read_request(flags).body == bytes);
    std::filesystem::resize_file(path, 64 << 20);
    CHECK(read_request(flags).body.size() == 64 << 20);
    std::filesystem::resize_file(path, (64 << 20) + 1);
    CHECK(contains(refusal([&] { return read_request(flags); }), "64 MiB"));
    std::filesystem::remove(path);
    CHECK(contains(refusal([&] { return read_request(flags); }), "No such file"));
    flags.body = "@/";
    CHECK(contains(refusal([&] { return read_request(flags); }), "--body @/: is a directory"));
    flags.body = "@";
    CHECK(contains(refusal([&] { return read_request(flags); }), "--body @"));
}

TEST_CASE("a method is a token, in its own case, and opens no tunnel") {
    CHECK(read_method("PURGE") == "PURGE");
    CHECK(read_method("lock") == "lock");
    for (const std::string text : {"", "GET ", "GE T", "GET\r\nX: y", "get", "Post", "CONNECT"}) {
        CAPTURE(text);
        CHECK(contains(refusal([&] { return read_method(text); }), "--method"));
    }
    CHECK(contains(refusal([] { return read_method("get"); }), "is not GET"));
}

TEST_CASE("a header that could not be sent as it stands is refused, and its value not repeated") {
    const std::vector<std::string> unfit{"Authorization hunter2",
                                         ": hunter2",
                                         "A B: hunter2",
                                         "A : hunter2",
                                         "A: hunter2\r\nB: x",
                                         "A: hunter2\nB",
                                         std::string{"A: hunter2\0", 11},
                                         "Content-Length: hunter2",
                                         "transfer-encoding: hunter2"};
    for (const auto& text : unfit) {
        CAPTURE(text);
        const auto said = refusal([&] { return read_header(text); });
        CHECK(contains(said, "--header"));
        if (text.find(':') != std::string::npos) CHECK_FALSE(contains(said, "hunter2"));
    }
    CHECK(contains(refusal([] { return read_header("Host:"); }), "is empty"));
    CHECK(
        contains(refusal([] { return read_header("A: " + std::string(70'000, 'x')); }), "64 KiB"));
    request_flags two;
    two.headers = {"Host: a", "host: b"};
    CHECK(contains(refusal([&] { return read_request(two); }), "a request has one"));
    CHECK(read_header("X: \xc3\xa9").value == "\xc3\xa9");
}

TEST_CASE("a success is a status, a class or a range, or several of them") {
    const auto words = [](const std::string& text) { return in_words(read_success(text)); };
    CHECK(words("201") == "201");
    CHECK(words("2xx") == "200-299");
    CHECK(words("3XX") == "300-399");
    CHECK(words("200-204, 404") == "200-204, 404");
    for (const std::string text : {"", "ok", "20", "2000", "100", "1xx", "6xx", "600", "-200",
                                   "204-200", "200,", ",200", "200-", "xxx", "200 201"}) {
        CAPTURE(text);
        CHECK(contains(refusal([&] { return read_success(text); }), "--expect"));
    }
    request_flags flags;
    flags.expect = "404";
    CHECK(read_request(flags).succeeds(404));
    CHECK_FALSE(read_request(flags).succeeds(200));
}

TEST_CASE("fields whose values are secrets are known by their names") {
    for (const auto* name : {"Authorization", "proxy-authorization", "Cookie", "X-Api-Key",
                             "X-Auth-Token", "x-amz-security-token"})
        CHECK(is_secret(name));
    for (const auto* name : {"Accept", "Content-Type", "Host", "User-Agent"})
        CHECK_FALSE(is_secret(name));
}

TEST_CASE("a field's name is shown in visible letters, and its value has 64 KiB at most") {
    request_flags flags;
    const auto of = [&](const std::string& header) {
        flags.headers = {header};
        return refusal([&] { return read_request(flags); });
    };
    CHECK(contains(of("a ~b"), "--header \"a ~b\": has no colon"));
    CHECK(contains(of("a\x1b\x7f"), "--header \"a??\": has no colon"));
    CHECK(of("a: " + std::string(64 << 10, 'b')).empty());
    CHECK(
        contains(of("a: " + std::string((64 << 10) + 1, 'b')), "its value is longer than 64 KiB"));
    CHECK(of("a: b\tc").empty());
    for (const auto* wrong : {"a: b\x1f", "a: b\x7f", "a: b\nc"})
        CHECK(contains(of(wrong), "a line end or another control character"));
    for (const auto* right : {"200-599", "599", "200"}) CHECK_NOTHROW((void)read_success(right));
    for (const auto* wrong : {"199", "600", "200-600"})
        CHECK(contains(refusal([&] { return read_success(wrong); }), "--expect"));
}
