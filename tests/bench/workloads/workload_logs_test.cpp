// Access logs of many programs: what is a request in them, and what is not.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/workloads/gathering.hpp"
#include "bench/workloads/log_line.hpp"
#include "bench/workloads/log_reader.hpp"

using namespace lanewise::bench::workloads;

namespace {

const std::string time_and = "[10/Oct/2000:13:55:36 -0700] ";
const std::string client = "192.0.2.1 - - " + time_and;

logged_request request_in(std::string_view line) {
    const auto judged = judge_log_line(line);
    if (const auto* why = std::get_if<no_request>(&judged)) FAIL(line << " is left out: " << *why);
    return std::get<logged_request>(judged);
}

std::string reason_of(std::string_view line) {
    const auto judged = judge_log_line(line);
    if (const auto* read = std::get_if<logged_request>(&judged))
        FAIL(line << " is a request of " << read->method << " " << read->target);
    return std::string{std::get<no_request>(judged)};
}

bool left_out(std::string_view line) {
    return std::holds_alternative<no_request>(judge_log_line(line));
}

document made_of(const std::string& log, gathering_options options = {}) {
    gathering all{std::move(options)};
    auto input = text_input::of(log);
    read_log(input, "access.log", all);
    return all.finish(true);
}

const tally* find(const std::vector<tally>& tallies, std::string_view part) {
    const auto found = std::ranges::find_if(
        tallies, [&](const auto& one) { return one.reason.find(part) != std::string::npos; });
    return found == tallies.end() ? nullptr : &*found;
}

std::string value_of(const request& one, std::string_view name) {
    for (const auto& field : one.headers)
        if (field.name == name) return field.value;
    return "";
}

/// The request as "GET /path at host 200 [Accept: x]", or why it is none.
std::string told(const judged_line& judged) {
    if (const auto* why = std::get_if<no_request>(&judged)) return "! " + std::string{*why};
    const auto& read = std::get<logged_request>(judged);
    std::string all = read.method + " " + read.target;
    if (!read.host.empty()) all += " at " + read.host;
    if (read.status) all += " " + std::to_string(*read.status);
    for (const auto& one : read.headers) all += " [" + one.name + ": " + one.value + "]";
    if (read.body) all += " body " + *read.body;
    if (read.body_bytes) all += " of " + std::to_string(*read.body_bytes);
    if (read.has_fragment) all += " (fragment)";
    return all;
}

}  // namespace

TEST_CASE("a line of the common format is a request with its status") {
    const auto read =
        request_in("192.0.2.1 - frank " + time_and + "\"GET /a?b=c HTTP/1.0\" 200 2326");
    CHECK(read.method == "GET");
    CHECK(read.target == "/a?b=c");
    CHECK(read.status == 200);
}

TEST_CASE("lines of the combined format and of longer ones are requests") {
    for (const std::string_view end :
         {"\"http://a/\" \"Mozilla/5.0 (X11)\"", "\"-\" \"-\"", "- -", "https://a/ curl/8",
          "\"-\" \"a \\\"b\\\" c\" \"10.0.0.1, 10.0.0.2\" 0.003 0.002 .",
          "\"-\" \"cut in the agen"}) {
        CAPTURE(end);
        CHECK(request_in(client + "\"GET /x HTTP/1.1\" 200 12 " + std::string{end}).target == "/x");
    }
}

TEST_CASE("clients and users of any form are skipped") {
    for (const std::string_view start :
         {"2001:db8::1 - -", "fe80::1%eth0 - -", "unix: - -", "unix:/run/a b.sock - -",
          "- - frank miller", "192.0.2.1 - a [b] c", "192.0.2.1 - [10/Oct/2000:13:55:36 -0700]",
          "a.example:443 192.0.2.1 - -", "192.0.2.1 - \\\"q\\\""}) {
        CAPTURE(start);
        const auto read =
            request_in(std::string{start} + " " + time_and + "\"PUT /x HTTP/1.1\" 204 -");
        CHECK(read.method == "PUT");
        CHECK(read.status == 204);
    }
}

TEST_CASE("status and size may be absent, unquoted or quoted") {
    CHECK(request_in(client + "\"GET / HTTP/1.1\" - -").status == std::nullopt);
    CHECK(request_in(client + "\"GET / HTTP/1.1\" \"301\" \"-\"").status == 301);
    CHECK(request_in(client + "\"GET / HTTP/1.1\" 404").status == 404);
    CHECK(left_out(client + "\"GET / HTTP/1.1\""));
    CHECK(left_out(client + "\"GET / HTTP/1.1\" 20"));
    CHECK(left_out(client + "\"GET / HTTP/1.1\" ok 5"));
}

TEST_CASE("escapes are bytes, decoded once, and sent percent-encoded") {
    // nginx, upper case; Apache, lower case.
    CHECK(request_in(client + R"("GET /\xC3\xA4\x22\x5C HTTP/1.1" 200 5)").target ==
          "/\xc3\xa4\"\\");
    CHECK(request_in(client + R"("GET /\xc3\xa4\"\\\t HTTP/1.1" 200 5)").target ==
          "/\xc3\xa4\"\\\t");
    // The bytes \x5Cx41 are a backslash and "x41", not an A.
    CHECK(request_in(client + R"("GET /\x5Cx41 HTTP/1.1" 200 5)").target == "/\\x41");
    CHECK(request_in(client + R"("GET /\\x41 HTTP/1.1" 200 5)").target == "/\\x41");
    CHECK(request_in(client + R"("GET /\q\x4 HTTP/1.1" 200 5)").target == "/\\q\\x4");
    const auto made = made_of(client + R"("GET /\xC3\xA4 b\x01 HTTP/1.1" 200 5)" + "\n");
    CHECK(made.requests.at(0).what.path == "/%C3%A4%20b%01");
}

TEST_CASE("what is encoded in a target stays as it is") {
    for (const std::string_view target : {"/%41%zz%", "/a+b", "//a//", "/../b/./c", "/a?", "/?",
                                          "/a?b?c=%20&&=", "/{}|^`<>", "/a;jsessionid=1"}) {
        CAPTURE(target);
        const auto made = made_of(client + "\"GET " + std::string{target} + " HTTP/1.1\" 200 5\n");
        CHECK(made.requests.at(0).what.path == target);
    }
}

TEST_CASE("lines that are no request are left out with their reason") {
    CHECK(reason_of(client + R"("\x16\x03\x01\x02\x00\x01\x00" 400 150)").find("TLS") !=
          std::string::npos);
    CHECK(reason_of(client + "\"\" 400 0").find("empty") != std::string::npos);
    CHECK(reason_of(client + "\"-\" 400 0").find("empty") != std::string::npos);
    CHECK(reason_of(client + "\"-\" 408 -").find("empty") != std::string::npos);
    CHECK(reason_of(client + "\"GET / HTTP/1.1\" 408 0").find("408") != std::string::npos);
    CHECK(reason_of(client + "\"GET /ws HTTP/1.1\" 101 0").find("101") != std::string::npos);
    CHECK(reason_of(client + "\"PRI * HTTP/2.0\" 400 0").find("PRI") != std::string::npos);
    CHECK(reason_of(client + "\"CONNECT a:443 HTTP/1.1\" 405 0").find("CONNECT") !=
          std::string::npos);
    for (const std::string_view words :
         {R"(\x03\x00\x00/*\xE0\x00\x00\x00\x00\x00Cookie: mstshash=A)", "SSH-2.0-Go", "quit",
          R"(t3 12.1.2\x0A)", "OPTIONS / RTSP/1.0", "OPTIONS sip:nm SIP/2.0", "MGLNDD_192.0.2.1_80",
          "GET /a b", "POST /a", R"(\x00)", " ", "GET  "}) {
        CAPTURE(words);
        CHECK(left_out(client + "\"" + std::string{words} + "\" 400 150"));
    }
    CHECK(reason_of(client + "\"GET a HTTP/1.1\" 400 0").find("target") != std::string::npos);
    CHECK(reason_of("") == "an empty line");
    CHECK(reason_of(" \t") == "an empty line");
    CHECK(reason_of("#Fields: date time") == "a comment");
    CHECK(left_out("garbage"));
    CHECK(left_out("192.0.2.1 - - [10/Oct/2000:13:55:36 -0700]"));
    CHECK(reason_of(client + "\"GET /x HT").find("closing quote") != std::string::npos);
}

TEST_CASE("old, absolute and new forms are requests") {
    CHECK(request_in(client + "\"GET /old\" 200 5").target == "/old");
    CHECK(request_in(client + "\"GET http://A.example:80/x?y HTTP/1.1\" 200 5").target == "/x?y");
    CHECK(request_in(client + "\"GET http://A.example:80/x?y HTTP/1.1\" 200 5").host ==
          "a.example");
    CHECK(request_in(client + "\"GET https://[2001:DB8::1]:8443 HTTP/1.1\" 200 5").target == "/");
    CHECK(request_in(client + "\"GET http://a?x HTTP/1.1\" 200 5").target == "/?x");
    CHECK(request_in(client + "\"OPTIONS * HTTP/1.1\" 200 5").target == "*");
    CHECK(request_in(client + "\"GET / HTTP/2.0\" 200 5").target == "/");
    CHECK(request_in(client + "\"GET / HTTP/2\" 200 5").target == "/");
    CHECK(request_in(client + "\"GET / HTTP/3.0\" 200 5").target == "/");
    CHECK(request_in(client + "\"GET /slow HTTP/1.1\" 499 0").target == "/slow");
    CHECK(request_in(client + "\"PROPFIND /dav HTTP/1.1\" 207 0").method == "PROPFIND");
}

TEST_CASE("lines behind a prefix, and in Envoy's default text, are requests") {
    CHECK(request_in("2024-01-01T00:00:00.000000000Z stdout F " + client +
                     "\"GET /cri HTTP/1.1\" 200 5")
              .target == "/cri");
    CHECK(request_in("Jan  1 00:00:00 host nginx: " + client + "\"GET /sys HTTP/1.1\" 200 5")
              .target == "/sys");
    const auto read = request_in(
        "[2016-04-15T20:17:00.310Z] \"POST /api/v1/locations HTTP/2\" 204 - 154 0 226 100 "
        "\"10.0.35.28\" \"nsq2http\" \"cc21d9b0\" \"locations\" \"tcp://10.0.2.1:80\"");
    CHECK(read.target == "/api/v1/locations");
    CHECK(read.status == 204);
}

TEST_CASE("lines of lanewise-server are read, in both its forms") {
    const auto read = request_in(
        "2026-11-24T12:00:00.000Z info access: GET /v1/identity?a=b 200 0.123 ms (connection 5)");
    CHECK(read.target == "/v1/identity?a=b");
    CHECK(read.status == 200);
    const auto other = request_in(
        R"({"time":"2026-11-24T12:00:00.000Z","level":"info","stage":"access","method":"POST",)"
        R"("target":"/v1/kernels/sum_f32","status":422,"duration_ms":0.1,"connection":7})");
    CHECK(other.method == "POST");
    CHECK(other.target == "/v1/kernels/sum_f32");
    CHECK(other.status == 422);
    CHECK(left_out("2026-11-24T12:00:00.000Z info access: - - 400 0.1 ms (connection 5)"));
    CHECK(reason_of("2026-11-24T12:00:00.000Z info listen: on 0.0.0.0:8080").find("lanewise") !=
          std::string::npos);
    CHECK(reason_of(R"({"time":"x","level":"info","stage":"drain","message":"GET / HTTP/1.1"})")
              .find("lanewise") != std::string::npos);
    CHECK(left_out("2026-11-24T12:00:00.000Z info access: GET /v1/iden"));
}

TEST_CASE("JSON lines are read whatever the order and the nesting of their members") {
    for (
        const std::string_view line : {
            R"({"request":"GET /x?y=1 HTTP/1.1","status":"200"})",
            R"({"status":200,"request_method":"GET","request_uri":"/x?y=1"})",
            R"({"method":"GET","path":"/x?y=1","protocol":"HTTP/2","response_code":200})",
            R"({"http":{"response":{"status_code":200},"request":{"method":"GET"}},"url":{"path":"/x","query":"y=1"}})",
            R"({"http.request.method":"GET","url.path":"/x","url.query":"y=1","http.response.status_code":200})",
            R"({"request":{"method":"GET","host":"a","uri":"/x?y=1"},"status":200})",
            R"({"httpRequest":{"requestMethod":"GET","requestUrl":"https://a/x?y=1","status":200}})",
            R"({"RequestMethod":"GET","RequestPath":"/x?y=1","DownstreamStatus":200,"OriginStatus":502})",
            R"({"log":"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /x?y=1 HTTP/1.1\" 200 5\n","stream":"stdout"})",
            R"({"message":"{\"method\":\"GET\",\"path\":\"/x?y=1\",\"status\":200}","log":{"file":{"path":"/var/log/a"}}})",
            R"({"uri":"/x","args":"y=1","method":"GET","status":200,"file":{"path":"/var"},"upstream":{"path":"/z"}})",
            R"(  {"method":"GET","x_envoy_original_path":"/x?y=1","path":"/rewritten","status":200})",
            R"(2024-01-01T00:00:00Z stdout F {"method":"GET","path":"/x?y=1","status":200})",
            R"(Jan 1 00:00:00 host nginx: {"method":"GET","path":"/x?y=1","status":200})",
        }) {
        CAPTURE(line);
        const auto read = request_in(line);
        CHECK(read.method == "GET");
        CHECK(read.target == "/x?y=1");
        CHECK(read.status == 200);
    }
}

TEST_CASE("a JSON line without a request is left out") {
    for (const std::string_view line :
         {"{", "{}", "{\"method\":\"GET\"}", R"({"method":null,"path":null,"response_code":0})",
          R"({"method":"-","path":"-"})", R"({"request":"","status":400})",
          R"({"request":"-","status":400})", R"({"request":"\u0016\u0003\u0001","status":400})",
          R"({"method":"GET","path":"/x","status":408})", R"({"method":"GET","path":"/x"} x)",
          R"({"method":["GET"],"path":"/x"})", R"({"msg":"started"})",
          R"({"log":"{\"log\":\"x\"}"})", R"({"method":"CONNECT","path":"/"})",
          R"({"method":"GET","path":"/","protocol":"RTSP/1.0"})"}) {
        CAPTURE(line);
        CHECK(left_out(line));
    }
    CHECK(reason_of(R"({"method":"GET","pa)").find("JSON") != std::string::npos);
}

TEST_CASE("null and - are absent, and statuses of no reply are none") {
    CHECK(request_in(R"({"method":"GET","path":"/","status":null})").status == std::nullopt);
    CHECK(request_in(R"({"method":"GET","path":"/","status":"-"})").status == std::nullopt);
    CHECK(request_in(R"({"method":"GET","path":"/","response_code":0})").status == std::nullopt);
    CHECK(request_in(R"({"method":"GET","path":"/","authority":"-","protocol":null})").host == "");
}

TEST_CASE("nginx's escapes within JSON are bytes, and what JSON itself escapes is decoded once") {
    // escape=default in a JSON format, which is no JSON any more.
    CHECK(request_in(R"({"request":"GET /\x22\xC3\xA4 HTTP/1.1","status":200})").target ==
          "/\"\xc3\xa4");
    // escape=json.
    CHECK(request_in(R"({"request":"GET /\\x22 HTTP/1.1","status":200})").target == "/\\x22");
    CHECK(request_in("{\"request\":\"GET /\xff HTTP/1.1\",\"status\":200}").target == "/\xff");
}

TEST_CASE("a logged body is exact bytes, and one that is cut off is left out") {
    const auto whole = request_in(
        R"({"method":"POST","path":"/","status":200,"request_body":"{\"a\":\u00e4\n}","content_type":"application/json"})");
    CHECK(whole.body == "{\"a\":\xc3\xa4\n}");
    const auto bytes = request_in(
        R"({"request":"POST / HTTP/1.1","status":200,"request_body":"\x00\xFF\x0A\x5C"})");
    CHECK(bytes.body == std::string("\0\xff\n\\", 4));
    const auto made = made_of(
        R"({"method":"POST","path":"/","status":200,"request_body":"abc","bytes_received":3})"
        "\n"
        R"({"method":"POST","path":"/","status":200,"request_body":"abc","bytes_received":5000})"
        "\n");
    CHECK(made.requests.at(0).weight == 1);
    CHECK(made.requests.at(0).what.body == "abc");
    REQUIRE(find(made.sources.at(0).left_out, "cut off in the log"));
    CHECK(find(made.sources.at(0).left_out, "cut off in the log")->places.at(0).line == 2);
}

TEST_CASE("bodies that the log lacks are counted by method") {
    const auto made =
        made_of(client + "\"POST /a HTTP/1.1\" 200 5\n" + client + "\"POST /b HTTP/1.1\" 200 5\n" +
                client + "\"PUT /a HTTP/1.1\" 200 5\n" + client + "\"GET /a HTTP/1.1\" 200 5\n" +
                R"({"method":"POST","path":"/c","status":200,"bytes_received":0})" + "\n" +
                R"({"method":"DELETE","path":"/c","status":200,"bytes_received":9})" + "\n");
    REQUIRE(made.notes.size() >= 1);
    CHECK(made.notes.at(0).find("DELETE 1, POST 2, PUT 1") != std::string::npos);
}

TEST_CASE(
    "headers that decide the reply are taken, secrets dropped and blanked values never sent") {
    const std::string line =
        R"({"request":{"method":"GET","uri":"/","headers":{"Accept":["text/html"],"Accept-Encoding":["gzip"],)"
        R"("Cookie":["a=b"],"Authorization":["REDACTED"],"X-Forwarded-For":["1.2.3.4"],"User-Agent":["x"]}},"status":200})"
        "\n";
    const auto made = made_of(line);
    CHECK(value_of(made.requests.at(0).what, "Accept-Encoding") == "gzip");
    CHECK(made.requests.at(0).what.headers.size() == 2);
    CHECK(made.dropped.size() == 2);
    const auto kept = made_of(line, {.keep_secrets = true, .origins = {}});
    CHECK(value_of(kept.requests.at(0).what, "Cookie") == "a=b");
    CHECK(value_of(kept.requests.at(0).what, "Authorization") == "");
    for (const std::string_view blanked :
         {"[REDACTED]", "<redacted>", "***", "Bearer ***", "[Filtered]", "xxxx", "masked"}) {
        CAPTURE(blanked);
        const auto one =
            made_of(R"({"method":"GET","path":"/","status":200,"http_authorization":")" +
                        std::string{blanked} + "\"}\n",
                    {.keep_secrets = true, .origins = {}});
        CHECK(one.requests.at(0).what.headers.empty());
    }
}

TEST_CASE("secrets in a query are dropped and named, unless they are asked for") {
    const auto log = client + "\"GET /a?x=1&access_token=S3&y=2&token HTTP/1.1\" 200 5\n" + client +
                     "\"GET /b?api_key=S4 HTTP/1.1\" 200 5\n";
    const auto made = made_of(log);
    CHECK(made.requests.at(0).what.path == "/a?x=1&y=2&token");
    CHECK(made.requests.at(1).what.path == "/b");
    CHECK(to_text(made).find("S3") == std::string::npos);
    CHECK(made_of(log, {.keep_secrets = true, .origins = {}}).requests.at(1).what.path ==
          "/b?api_key=S4");
}

TEST_CASE("hosts of one log stay apart, and one of them can be chosen") {
    std::string log;
    for (const std::string_view host : {"a.example", "A.example", "b.example"})
        log += R"({"method":"GET","path":"/","status":200,"host":")" + std::string{host} + "\"}\n";
    const auto both = made_of(log);
    REQUIRE(both.requests.size() == 2);
    CHECK(both.requests.at(0).weight == 2);
    CHECK(value_of(both.requests.at(0).what, "Host") == "a.example");
    const auto one = made_of(log, {.keep_secrets = false, .origins = {"http://b.example/"}});
    REQUIRE(one.requests.size() == 1);
    CHECK(one.origin == "b.example");
    CHECK(value_of(one.requests.at(0).what, "Host") == "");
    CHECK_THROWS_AS((void)made_of(log, {.keep_secrets = false, .origins = {"c.example"}}),
                    unusable);
}

TEST_CASE("what was answered with an error counts as a success where that was the usual reply") {
    std::string log;
    for (int i = 0; i < 3; ++i) log += client + "\"GET /missing HTTP/1.1\" 404 5\n";
    log += client + "\"GET /here HTTP/1.1\" 200 5\n" + client + "\"GET /here HTTP/1.1\" 200 5\n" +
           client + "\"GET /here HTTP/1.1\" 404 5\n" + client + "\"GET /moved HTTP/1.1\" 301 5\n" +
           client + "\"GET /bad HTTP/1.1\" 500 5\n";
    const auto made = made_of(log);
    std::map<std::string, std::vector<status_range>> success;
    for (const auto& one : made.requests) success[one.what.path] = one.success;
    CHECK(success["/missing"] == std::vector<status_range>{{200, 299}, {404, 404}});
    CHECK(success["/here"] == std::vector<status_range>{{200, 299}});
    CHECK(success["/moved"] == std::vector<status_range>{{200, 299}, {300, 399}});
    CHECK(success["/bad"] == std::vector<status_range>{{200, 299}});
    CHECK(find(made.sources.at(0).remarks, "server error"));
}

TEST_CASE("every line is accounted for: weights and what is left out add up") {
    const std::string log = client + "\"GET /a HTTP/1.1\" 200 5\r\n" + "broken\n\n" + client +
                            "\"GET /a HTTP/1.1\" 200 5\n" +
                            R"({"method":"GET","path":"/a","status":200})" + "\n{\"method\":\n" +
                            client + "\"GET /a HTT";
    const auto made = made_of(log);
    REQUIRE(made.requests.size() == 1);
    CHECK(made.requests.at(0).weight == 3);
    const auto& from = made.sources.at(0);
    CHECK(from.units == 7);
    CHECK(from.requests == 3);
    std::uint64_t out = 0;
    for (const auto& one : from.left_out) out += one.count;
    CHECK(out == 4);
    CHECK(find(from.left_out, "no access log line")->places.at(0).line == 2);
    CHECK(find(from.left_out, "empty")->places.at(0).line == 3);
    CHECK(find(from.left_out, "JSON")->places.at(0).line == 6);
    CHECK(find(from.left_out, "the file ends within")->places.at(0).line == 7);
}

TEST_CASE("a line of more than 1 MiB is left out, and the next one read") {
    const auto made = made_of(std::string(line_reader::longest + 1, 'x') + "\n" + client +
                              "\"GET /a HTTP/1.1\" 200 5\n");
    CHECK(made.requests.at(0).weight == 1);
    CHECK(find(made.sources.at(0).left_out, "1 MiB")->places.at(0).line == 1);
}

TEST_CASE("a log without a request is unusable and says why") {
    CHECK_THROWS_WITH_AS((void)made_of(""), "access.log: is empty", unusable);
    CHECK_THROWS_AS((void)made_of("a\nb\n"), unusable);
    CHECK_THROWS_AS((void)made_of(std::string(100, '\0')), unusable);
}

TEST_CASE("of a log of 10,000 lines the workload has the mix, and every malformed line is named") {
    constexpr std::array paths{"/", "/items", "/items/7", "/search?q=a", "/login", "/static/a.css"};
    constexpr std::array shares{0.4, 0.25, 0.15, 0.1, 0.07, 0.03};
    std::mt19937_64 random{7};
    std::discrete_distribution<std::size_t> choose(shares.begin(), shares.end());
    std::string log;
    std::map<std::string, double> sent;
    std::vector<std::size_t> malformed;
    for (std::size_t line = 1; line <= 10'000; ++line) {
        if (line % 37 == 0) {
            malformed.push_back(line);
            log += line % 2 == 0 ? "no log line\n" : client + "\"GET /cut HT\n";
            continue;
        }
        const std::string path = paths[choose(random)];
        ++sent[path];
        log += client + "\"GET " + path + " HTTP/1.1\" 200 5 \"-\" \"x\"\n";
    }
    const auto made = made_of(log);
    REQUIRE(made.requests.size() == paths.size());
    double sum = 0;
    for (const auto& one : made.requests) {
        CHECK(one.weight == sent[one.what.path]);
        sum += one.weight;
    }
    CHECK(sum == static_cast<double>(10'000 - malformed.size()));
    std::vector<std::size_t> named;
    for (const auto& one : made.sources.at(0).left_out)
        for (const auto& at : one.places) named.push_back(at.line);
    std::ranges::sort(named);
    CHECK(named == malformed);
}

TEST_CASE("beyond the bound of different requests a uniform sample keeps the mix") {
    // Half of the lines are one path, a quarter another, and the rest never comes twice.
    std::string log;
    constexpr int lines = 40'000;
    for (int i = 0; i < lines; ++i) {
        const auto path = i % 4 == 0   ? std::string{"/quarter"}
                          : i % 4 == 1 ? "/once/" + std::to_string(i)
                                       : std::string{"/half"};
        log += client + "\"GET " + path + " HTTP/1.1\" 200 5\n";
    }
    const auto made = made_of(log, {.keep_secrets = false, .origins = {}, .requests_max = 1000});
    CHECK(made.requests.size() <= 1000);
    double half = 0, quarter = 0, once = 0;
    for (const auto& one : made.requests) {
        auto& of = one.what.path == "/half" ? half : one.what.path == "/quarter" ? quarter : once;
        of += one.weight;
    }
    const double sum = half + quarter + once;
    CHECK(sum > 1000);
    const auto part = [&](double seen, double share) {
        const double expected = sum * share;
        return (seen - expected) * (seen - expected) / expected;
    };
    // Chi-squared with two degrees of freedom: 13.8 is passed once in a thousand.
    CHECK(part(half, 0.5) + part(quarter, 0.25) + part(once, 0.25) < 13.8);
    CHECK(std::ranges::any_of(made.notes, [](const auto& note) {
        return note.find("a uniform sample of 1 in") != std::string::npos;
    }));
}

TEST_CASE("the bytes that all requests take are bounded too") {
    std::string log;
    for (int i = 0; i < 2000; ++i)
        log +=
            client + "\"GET /" + std::to_string(i) + std::string(500, 'x') + " HTTP/1.1\" 200 5\n";
    const auto made = made_of(
        log, {.keep_secrets = false, .origins = {}, .requests_max = 65'536, .bytes_max = 100'000});
    CHECK(made.requests.size() <= 200);
    CHECK(made.requests.size() > 20);
}

TEST_CASE("what fills the bound of bytes to the last one is kept whole") {
    const std::string log =
        client + "\"GET /a HTTP/1.1\" 200 5\n" + client + "\"GET /b HTTP/1.1\" 200 5\n";
    const auto made = [&](std::size_t bytes_max) {
        return made_of(log, {.keep_secrets = false, .origins = {}, .bytes_max = bytes_max});
    };
    CHECK(made(10).notes.empty());
    CHECK_FALSE(made(9).notes.empty());
    // Each request's origin counts too, also in what is left of a sample.
    std::string hosts;
    for (int i = 0; i < 100; ++i)
        hosts += R"({"method":"GET","path":"/)" + std::to_string(i) +
                 R"(","status":200,"host":"a-host-of-many-letters.example"})"
                 "\n";
    CHECK(
        made_of(hosts, {.keep_secrets = false, .origins = {}, .requests_max = 50}).requests.size() >
        10);
}

TEST_CASE("places that are named are bounded, counts are not") {
    std::string log = client + "\"GET /a HTTP/1.1\" 200 5\n";
    for (int i = 0; i < 20'000; ++i) log += "x\n";
    const auto made = made_of(log);
    CHECK(made.sources.at(0).left_out.at(0).count == 20'000);
    CHECK(made.sources.at(0).left_out.at(0).places.size() == tally::places_max);
}

TEST_CASE("a request line is a method, a target and a version of HTTP, and says why it is none") {
    for (const auto& [text, expected] : std::vector<std::pair<std::string_view, std::string>>{
             {"GET /a HTTP/1.1", "GET /a"},
             {"GET /a HTTP/2", "GET /a"},
             {"GET /a HTTP/3.0", "GET /a"},
             {"GET /a HTTP/11", "! no HTTP request: bytes of another protocol, or of a scanner"},
             {"GET /a HTTP/1.", "! no HTTP request: bytes of another protocol, or of a scanner"},
             {"GET /a HTTP/1.x", "! no HTTP request: bytes of another protocol, or of a scanner"},
             {"GET /a HTTP/x.1", "! no HTTP request: bytes of another protocol, or of a scanner"},
             {"GET /a HTTP/1,1", "! no HTTP request: bytes of another protocol, or of a scanner"},
             {"GET /a HTTP/", "! no HTTP request: bytes of another protocol, or of a scanner"},
             {"GET /a HTTP/:", "! no HTTP request: bytes of another protocol, or of a scanner"},
             {"GET /a HTTP//", "! no HTTP request: bytes of another protocol, or of a scanner"},
             {"GET /a", "GET /a"},
             {"GET a", "! its target is neither a path nor a URL"},
             {"PUT /a", "! no HTTP request: bytes of another protocol, or of a scanner"},
             {"GET RTSP/1.0", "! no HTTP request: bytes of another protocol, or of a scanner"},
             {"GET AZ/9.0", "! no HTTP request: bytes of another protocol, or of a scanner"},
             {"GET /1.0", "GET /1.0"},
             {"GET A@/1.0", "! its target is neither a path nor a URL"},
             {"GET A[/1.0", "! its target is neither a path nor a URL"},
             {"GET RTSP/1.0x", "! its target is neither a path nor a URL"},
             {"GET RTSP/x.0", "! its target is neither a path nor a URL"},
             {"GET RTSP/1.x", "! its target is neither a path nor a URL"},
             {"GET RTSP/1-0", "! its target is neither a path nor a URL"},
             {"GET RTSP/10", "! its target is neither a path nor a URL"},
             {"GET /a b", "! no HTTP request: bytes of another protocol, or of a scanner"},
             {"GET /a b HTTP/1.1", "GET /a b"},
             {"", "! no request was read (its place is empty or \"-\")"},
             {"-", "! no request was read (its place is empty or \"-\")"},
             {"\026\003x", "! a TLS handshake that was sent to a plain port"},
             {"PRI * HTTP/2.0", "! the preface of an HTTP/2 connection (PRI)"},
             {"CONNECT a:1 HTTP/1.1", "! CONNECT asks for a tunnel"},
             {"OPTIONS * HTTP/1.1", "OPTIONS *"},
             {"GET * HTTP/1.1", "! its target is neither a path nor a URL"},
             {"OPTIONS /a HTTP/1.1", "OPTIONS /a"},
             {"GET /a#b HTTP/1.1", "GET /a (fragment)"},
             {"GET /a#b#c HTTP/1.1", "GET /a (fragment)"},
             {"GET http://A.example:81/b#c HTTP/1.1", "GET /b at a.example:81 (fragment)"},
             {"OPTIONS http://a HTTP/1.1", "OPTIONS * at a"},
             {"OPTIONS http://a/ HTTP/1.1", "OPTIONS / at a"},
             {"GET http://a HTTP/1.1", "GET / at a"},
             {"GET https://a/b HTTP/1.1", "GET /b at a"},
             {"GET ftp://a/b HTTP/1.1", "! its target is neither a path nor a URL"},
             {"GET http:/// HTTP/1.1", "! its target is neither a path nor a URL"},
             {"G@T /a HTTP/1.1", "! no HTTP request: bytes of another protocol, or of a scanner"},
             {"GET", "! no HTTP request: bytes of another protocol, or of a scanner"}}) {
        CAPTURE(text);
        CHECK(told(judge_request_line(text)) == expected);
    }
}

TEST_CASE("lines of access logs and of lanewise-server, whole, cut and of other kinds") {
    for (const auto& [text, expected] : std::vector<std::pair<std::string_view, std::string>>{
             {"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\" 200", "GET /a 200"},
             {"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\",200,5", "GET /a 200"},
             {"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\"\t200\t5",
              "GET /a 200"},
             {"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\" \"200\" 5",
              "GET /a 200"},
             {"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\" \"\" 5",
              "! no status of three digits, or -, follows the request"},
             {"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\" - 5", "GET /a"},
             {"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\" 20 5",
              "! no status of three digits, or -, follows the request"},
             {"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\" 2x0 5",
              "! no status of three digits, or -, follows the request"},
             {"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\" 2000 5",
              "! no status of three digits, or -, follows the request"},
             {"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\"",
              "! no status of three digits, or -, follows the request"},
             {"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\"200",
              "! the request's closing quote is missing"},
             {"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a\"b HTTP/1.1\" 200",
              "GET /a\"b 200"},
             {"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a\\\" HTTP/1.1\" 200",
              "GET /a\" 200"},
             {"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1",
              "! the request's closing quote is missing"},
             {"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\\",
              "! the request's closing quote is missing"},
             {"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\" 408 5",
              "! the client sent no whole request in time (408)"},
             {"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\" 101 5",
              "! another protocol took the connection over (101), such as WebSocket"},
             {"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"-\" 400 0",
              "! no request was read (its place is empty or \"-\")"},
             {"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"\" 400 0",
              "! no request was read (its place is empty or \"-\")"},
             {"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"x\" xx",
              "! no HTTP request: bytes of another protocol, or of a scanner"},
             {"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\" \"200 5",
              "! no status of three digits, or -, follows the request"},
             {"u [x] \"y\" [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\" 200", "GET /a 200"},
             {"[x] \"GET /a HTTP/1.1\" 200", "GET /a 200"},
             {"[1] \"GET /a HTTP/1.1\" 200", "GET /a 200"},
             {"[] \"GET /a HTTP/1.1\" 200", "GET /a 200"},
             {"[x:y] \"GET /a\" 200",
              "! no access log line: it has no request in quotes behind a time in brackets"},
             {"[1:2] \"GET /a\" 200", "GET /a 200"},
             {"] \"GET /a HTTP/1.1\" 200", "GET /a 200"},
             {"[1:2222222222222222222222222222222222222222222222222222222222222] \"GET /a\" 200",
              "GET /a 200"},
             {"[1:22222222222222222222222222222222222222222222222222222222222222] \"GET /a\" 200",
              "! no access log line: it has no request in quotes behind a time in brackets"},
             {"\"x\" [x] \"GET /a HTTP/1.1\" 200", "GET /a 200"},
             {"192.0.2.1 - - [10] \"GET /a:b\" 200",
              "! no access log line: it has no request in quotes behind a time in brackets"},
             {"a b [c] [10:00] \"GET /a\" 200", "GET /a 200"},
             {"[c] \"q\" [10:00] \"GET /a\" 200", "GET /a 200"},
             {"a \"b\" \"GET /a HTTP/1.1\" 200", "GET /a 200"},
             {"a \"GET\" 200",
              "! no access log line: it has no request in quotes behind a time in brackets"},
             {"a \"GET /a\" \"GET /b HTTP/1.1\" 200", "GET /b 200"},
             {"a \"x y\" 200",
              "! no access log line: it has no request in quotes behind a time in brackets"},
             {"a \"x",
              "! no access log line: it has no request in quotes behind a time in brackets"},
             {"\"GET /a HTTP/1.1\" 200", "GET /a 200"},
             {"a \"b c\" \"d HTTP/1.1\" 200",
              "! no HTTP request: bytes of another protocol, or of a scanner"},
             {"2026-11-24T12:00:00.000Z info access: GET /a 200 0.123 ms (connection 5)",
              "GET /a 200"},
             {"2026-11-24T12:00:00.000Z error access: GET /a 500 1 ms", "GET /a 500"},
             {"2026-11-24T12:00:00.000Z warn access: GET /a 200 1 ms",
              "! no access log line: it has no request in quotes behind a time in brackets"},
             {"2026-11-24T12:00:00.000Z info start: x",
              "! a line of lanewise-server that is no request"},
             {"2026-11-24T12:00:00.000Z info access: - /a 200 1 ms",
              "! no request was read (its place is empty or \"-\")"},
             {"2026-11-24T12:00:00.000Z info access: GET - 200 1 ms",
              "! no request was read (its place is empty or \"-\")"},
             {"2026-11-24T12:00:00.000Z info access: GET /a 200",
              "! a cut line of lanewise-server"},
             {"2026-11-24T12:00:00.000Z info access: GET /a 200 ",
              "! a cut line of lanewise-server"},
             {"2026-11-24T12:00:00.000Z info access: GET /a 20 1 ms",
              "! a cut line of lanewise-server"},
             {"2026-11-24T12:00:00.000Z info access: GET /a - 1 ms", "GET /a"},
             {"2026-11-24T12:00:00.000Z info access: GET /a 408 1 ms",
              "! the client sent no whole request in time (408)"},
             {"2026-11-24T12:00:00.000Z info access: GET /a 101 1 ms",
              "! another protocol took the connection over (101), such as WebSocket"},
             {"2026-11-24T12:00:00.000Z info access: GET a 200 1 ms",
              "! its target is neither a path nor a URL"},
             {"2026-11-24T12:00:00.000Z i",
              "! no access log line: it has no request in quotes behind a time in brackets"},
             {"2026-11-24T12:00:00.000Z ",
              "! no access log line: it has no request in quotes behind a time in brackets"},
             {"2026-11-24x12:00:00.000Z info access: GET /a 200 1",
              "! no access log line: it has no request in quotes behind a time in brackets"},
             {"2026-11-24T12:00:00.000x info access: GET /a 200 1",
              "! no access log line: it has no request in quotes behind a time in brackets"},
             {"2026-11-24T12:00:00.000Zxinfo access: GET /a 200 1",
              "! no access log line: it has no request in quotes behind a time in brackets"},
             {"x026-11-24T12:00:00.000Z info access: GET /a 200 1",
              "! no access log line: it has no request in quotes behind a time in brackets"},
             {"2026-01-01T00:00:00Z stdout F 192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a "
              "HTTP/1.1\" 200",
              "GET /a 200"},
             {"2026-01-01T00:00:00Z stderr F 192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a "
              "HTTP/1.1\" 200",
              "GET /a 200"},
             {"2026-01-01T00:00:00Z stdout F {\"request\":\"GET /a HTTP/1.1\"}", "GET /a"},
             {"x stdout F {\"request\":\"GET /a HTTP/1.1\"",
              "! no HTTP request: bytes of another protocol, or of a scanner"},
             {"2026-01-01T00:00:00Z stdout F 2026-11-24T12:00:00.000Z info access: GET /a 200 1 ms",
              "GET /a 200"},
             {"2                                                 stdout F {\"request\":\"GET /a "
              "HTTP/1.1\"}x",
              "! no JSON, or one that is cut off"},
             {"2                                                   stdout F {\"request\":\"GET /a "
              "HTTP/1.1\"}x",
              "! no access log line: it has no request in quotes behind a time in brackets"},
             {" \t", "! an empty line"},
             {"", "! an empty line"},
             {"# a", "! a comment"},
             {"  # a", "! a comment"},
             {"  {\"request\":\"GET /a HTTP/1.1\"}", "GET /a"},
             {"app: {\"request\":\"GET /a HTTP/1.1\"} ", "GET /a"},
             {"app: {\"request\":\"GET /a HTTP/1.1\"} x",
              "! no access log line: it has no request in quotes behind a time in brackets"},
             {"app: x}",
              "! no access log line: it has no request in quotes behind a time in brackets"},
             {"{", "! no JSON, or one that is cut off"},
             {"app {\"a\":\"b\"} \"GET /a HTTP/1.1\" 200 }",
              "! no HTTP request: bytes of another protocol, or of a scanner"}}) {
        CAPTURE(text);
        CHECK(told(judge_log_line(text)) == expected);
        // What stands behind the line in memory is none of it.
        for (const auto* more : {"\" 200 x", " info access: GET /a 200 1 ms"}) {
            const auto longer = std::string{text} + more;
            CHECK(told(judge_log_line(std::string_view{longer}.substr(0, text.size()))) ==
                  expected);
        }
    }
}

TEST_CASE("members of JSON lines, by the names that loggers give them") {
    for (
        const auto& [text, expected] : std::vector<std::pair<std::string_view, std::string>>{
            {"{\"method\":\"GET\",\"path\":\"/a\"}", "GET /a"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"status\":200}", "GET /a 200"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"status\":\"200\"}", "GET /a 200"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"status\":99}", "GET /a"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"status\":100}", "GET /a 100"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"status\":999}", "GET /a 999"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"status\":1000}", "GET /a"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"status\":\"2xx\"}", "GET /a"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"status\":-5}", "GET /a"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"status\":200.5}", "GET /a"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"status\":408}",
             "! the client sent no whole request in time (408)"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"status\":101}",
             "! another protocol took the connection over (101), such as WebSocket"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"status\":true}", "GET /a"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"status\":\"-\",\"code\":204}", "GET /a 204"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"upstream\":{\"status\":502},\"status\":200}",
             "GET /a 200"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"origin\":{\"status\":502}}", "GET /a"},
            {"{\"method\":\"GET\"}", "! a JSON line without a method and a path"},
            {"{\"path\":\"/a\"}", "! a JSON line without a method and a path"},
            {"{\"method\":\"\",\"path\":\"/a\"}", "! a JSON line without a method and a path"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"query\":\"b=c\"}", "GET /a?b=c"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"query\":\"?b=c\"}", "GET /a?b=c"},
            {"{\"method\":\"GET\",\"path\":\"/a?x\",\"query\":\"b=c\"}", "GET /a?x"},
            {"{\"method\":\"GET\",\"path\":\"/a b\"}", "GET /a b"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"protocol\":\"RTSP/1.0\"}",
             "! no request was read (its place is empty or \"-\")"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"protocol\":\"sip\"}",
             "! no request was read (its place is empty or \"-\")"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"protocol\":\"HTTP/2\"}", "GET /a"},
            {"{\"request\":\"GET /a HTTP/1.1\",\"status\":200}", "GET /a 200"},
            {"{\"request\":\"-\",\"method\":\"GET\",\"path\":\"/b\"}", "GET /b"},
            {"{\"request\":\"-\"}", "! a JSON line without a method and a path"},
            {"{\"request\":\"x\",\"log\":\"GET\"}",
             "! no HTTP request: bytes of another protocol, or of a scanner"},
            {"{\"a\":{\"path\":\"/deep\"},\"path\":\"/a\",\"method\":\"GET\"}", "GET /a"},
            {"{\"a\":{\"b\":{\"path\":\"/deep\"}},\"c\":{\"path\":\"/near\"},\"method\":\"GET\"}",
             "GET /near"},
            {"{\"a\":{\"path\":\"/first\"},\"b\":{\"path\":\"/second\"},\"method\":\"GET\"}",
             "GET /first"},
            {"{\"response\":{\"path\":\"/r\"},\"method\":\"GET\"}",
             "! a JSON line without a method and a path"},
            {"{\"url\":{\"original\":\"/o\"},\"http\":{\"request\":{\"method\":\"PUT\"}}}",
             "PUT /o"},
            {"{\"url.original\":\"/o\",\"http.request.method\":\"PUT\"}", "PUT /o"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"host\":\"A.example\"}", "GET /a at a.example"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"host\":\"a b\"}", "GET /a"},
            {"{\"method\":\"GET\",\"path\":\"http://b/a\",\"host\":\"a\"}", "GET /a at b"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"host\":\"a/b\"}", "GET /a"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"kubernetes\":{\"host\":\"n\"}}", "GET /a"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"host\":\"a\",\"http_host\":\"b\"}",
             "GET /a at b"},
            {"{\"method\":\"GET\",\"path\":\"/"
             "a\",\"headers\":{\"accept-encoding\":\"gzip\",\"x\":\"y\",\"Cookie\":[\"a\",\"b\","
             "\"a\"]}}",
             "GET /a [Accept-Encoding: gzip] [Cookie: a] [Cookie: b]"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"http_accept_encoding\":\"gzip\"}",
             "GET /a [Accept-Encoding: gzip]"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"request_Accept-Language\":\"de\"}",
             "GET /a [Accept-Language: de]"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"accept\":\"*/*\"}", "GET /a [Accept: */*]"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"x\":{\"accept\":\"*/*\"}}", "GET /a"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"range\":\"bytes=0-1\"}", "GET /a"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"http_range\":\"bytes=0-1\"}",
             "GET /a [Range: bytes=0-1]"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"headers\":{\"accept\":\"a\"},\"accept\":\"a\"}",
             "GET /a [Accept: a]"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"headers\":{\"accept\":\"a\"},\"accept\":\"b\"}",
             "GET /a [Accept: a] [Accept: b]"},
            {"{\"method\":\"GET\",\"path\":\"/"
             "a\",\"accept\":\"\",\"cookie\":\"-\",\"accept_language\":null}",
             "GET /a"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"content_type\":\"t\"}", "GET /a"},
            {"{\"method\":\"POST\",\"path\":\"/a\",\"content_type\":\"t\",\"request_body\":\"b\"}",
             "POST /a [Content-Type: t] body b"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"accept\":\"x\",\"accept_encoding\":\"x\"}",
             "GET /a [Accept: x] [Accept-Encoding: x]"},
            {"{\"method\":\"GET\",\"path\":\"/a\",\"headers\":{\"x-api-key\":\"k\"}}",
             "GET /a [X-Api-Key: k]"},
            {"{\"method\":\"GET\",\"path\":\"/"
             "a\",\"headers\":{\"X_API_KEY\":\"k\",\"zz-a\":\"b\"}}",
             "GET /a [X-Api-Key: k]"},
            {"{\"method\":\"POST\",\"path\":\"/a\",\"request_body\":\"b\",\"bytes_received\":7}",
             "POST /a body b of 7"},
            {"{\"method\":\"POST\",\"path\":\"/a\",\"bytes_received\":\"7\"}", "POST /a of 7"},
            {"{\"method\":\"POST\",\"path\":\"/a\",\"bytes_received\":\"7x\"}", "POST /a"},
            {"{\"method\":\"POST\",\"path\":\"/a\",\"bytes_received\":-1}", "POST /a"},
            {"{\"method\":\"POST\",\"path\":\"/a\",\"bytes_received\":1.5}", "POST /a"},
            {"{\"method\":\"POST\",\"path\":\"/a\",\"bytes_received\":1e15}",
             "POST /a of 1000000000000000"},
            {"{\"method\":\"POST\",\"path\":\"/a\",\"bytes_received\":1.1e15}", "POST /a"},
            {"{\"method\":\"POST\",\"path\":\"/a\",\"bytes_received\":18446744073709551615}",
             "POST /a"},
            {"{\"method\":\"POST\",\"path\":\"/a\",\"bytes_received\":3e3}", "POST /a of 3000"},
            {"{\"method\":\"POST\",\"path\":\"/a\",\"bytes_received\":0}", "POST /a of 0"},
            {"{\"log\":\"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \\\"GET /a HTTP/1.1\\\" 200 "
             "5\\n\"}",
             "GET /a 200"},
            {"{\"log\":\"{\\\"method\\\":\\\"GET\\\",\\\"path\\\":\\\"/a\\\"}\"}", "GET /a"},
            {"{\"message\":\"{\\\"message\\\":\\\"{\\\\\\\"message\\\\\\\":\\\\\\\"{}\\\\\\\"}\\\"}"
             "\"}",
             "! a JSON line without a method and a path"},
            {"{\"a\":1}", "! a JSON line without a method and a path"},
            {"{\"method\":\"GET\",\"message\":\"{\\\"path\\\":\\\"/"
             "a\\\",\\\"method\\\":\\\"PUT\\\"}\"}",
             "PUT /a"},
            {"{\"path\":\"/x\",\"message\":\"{\\\"path\\\":\\\"/"
             "a\\\",\\\"method\\\":\\\"PUT\\\"}\"}",
             "PUT /a"},
            {"{\"method\":\"GET\",\"path\":\"x\",\"message\":\"{\\\"path\\\":\\\"/"
             "a\\\",\\\"method\\\":\\\"PUT\\\"}\"}",
             "! its target is neither a path nor a URL"},
            {"{\"level\":\"info\",\"stage\":\"start\"}",
             "! a line of lanewise-server that is no request"},
            {"{\"level\":\"info\",\"stage\":\"access\",\"method\":\"GET\",\"path\":\"/"
             "a\",\"status\":200}",
             "GET /a 200"},
            {"{\"stage\":\"start\",\"method\":\"GET\",\"path\":\"/a\"}", "GET /a"},
            {"[1]", "! no access log line: it has no request in quotes behind a time in brackets"},
            {"{\"a\"", "! no JSON, or one that is cut off"}}) {
        CAPTURE(text);
        CHECK(told(judge_log_line(text)) == expected);
    }
    // A line may be wrapped three times, and a member lie eight deep.
    std::string wrapped = R"({"method":"GET","path":"/a"})";
    for (int times = 1; times <= 4; ++times) {
        std::string escaped;
        for (const char letter : wrapped) {
            if (letter == '"' || letter == '\\') escaped += '\\';
            escaped += letter;
        }
        wrapped = "{\"log\":\"" + escaped + "\"}";
        CHECK(left_out(wrapped) == (times == 4));
    }
    std::string nested = R"("path":"/a","method":"GET")";
    for (int above = 1; above <= 8; ++above) {
        nested = "\"x\":{" + nested + "}";
        CHECK(left_out("{" + nested + "}") == (above == 8));
    }
}

TEST_CASE("escapes of nginx and of Apache are undone once, and what is none stays") {
    for (const auto& [text, expected] : std::vector<std::pair<std::string_view, std::string>>{
             {"a\\x41b", "aAb"},
             {"\\x4", "\\x4"},
             {"\\x4g", "\\x4g"},
             {"\\xg4", "\\xg4"},
             {"\\\"\\\\\\t\\n\\r\\b\\v\\f\\a", "\"\\\t\n\r\010\013\014\007"},
             {"\\q", "\\q"},
             {"a\\", "a\\"},
             {"\\", "\\"},
             {"\\x", "\\x"},
             {"\\x4\\x41", "\\x4A"},
             {"\\x40", "@"},
             {"\\x09", "\t"}}) {
        CAPTURE(text);
        CHECK(log_unescaped(text) == expected);
    }
    CHECK(log_unescaped("\\x00\\x0f\\xF0") == std::string("\0\x0f\xf0", 3));
}

TEST_CASE("a status that no server sends says nothing of a request's success") {
    const auto success_with = [](const std::string& status) {
        return made_of(client + "\"GET /a HTTP/1.1\" " + status + " 5\n")
            .requests.at(0)
            .success.size();
    };
    CHECK(success_with("100") == 1);
    CHECK(success_with("200") == 1);
    CHECK(success_with("599") == 1);
    CHECK(success_with("404") == 2);
    for (const auto* none : {"-", "000", "099", "499", "600", "999"})
        CHECK(success_with(none) == 2);
    CHECK(made_of(client + "\"GET /a HTTP/1.1\" 499 5\n").requests.at(0).success.at(1).first ==
          300);
    CHECK(made_of(client + "\"GET /a HTTP/1.1\" 200 5\n").sources.at(0).remarks.empty());
}

TEST_CASE("a body that the log cut is left out, one that it lacks is counted where one is usual") {
    const auto made = [](const std::string& line) {
        return made_of(line + "\n" + client + "\"GET /kept HTTP/1.1\" 200 5\n");
    };
    const std::string post = R"({"method":"POST","path":"/a")";
    CHECK(made(post + R"(,"request_body":"abc","bytes_received":4})").requests.size() == 1);
    CHECK(made(post + R"(,"request_body":"abc","bytes_received":3})").requests.size() == 2);
    CHECK(made(post + R"(,"request_body":"abc","bytes_received":2})").requests.size() == 2);
    CHECK(made(post + R"(,"request_body":"abc"})").requests.at(0).what.body == "abc");
    CHECK(made(post + R"(,"request_body":"abc"})").notes.empty());
    CHECK(made(post + "}").notes.size() == 1);
    CHECK(made(post + R"(,"bytes_received":0})").notes.empty());
    CHECK(made(post + R"(,"bytes_received":1})").notes.size() == 1);
    for (const auto* method : {"PUT", "PATCH"})
        CHECK(made(R"({"path":"/a","method":")" + std::string{method} + "\"}").notes.size() == 1);
    for (const auto* method : {"GET", "DELETE"})
        CHECK(made(R"({"path":"/a","method":")" + std::string{method} + "\"}").notes.empty());
}

TEST_CASE("an escape ends with its text, whatever stands behind it in memory") {
    const auto start_of = [](std::string_view text, std::size_t bytes) {
        return log_unescaped(text.substr(0, bytes));
    };
    CHECK(start_of("a\\n", 2) == "a\\");
    CHECK(start_of("\\x41", 3) == "\\x4");
    CHECK(start_of("\\x41", 4) == "A");
}
