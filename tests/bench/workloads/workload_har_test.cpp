// HAR files of browsers and proxies.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "bench/workloads/gathering.hpp"
#include "bench/workloads/har_entries.hpp"
#include "bench/workloads/har_reader.hpp"

using namespace lanewise::bench::workloads;

namespace {

/// Of an entry: what the request has beside method and url, and what the entry has beside the
/// request.
std::string entry(const std::string& url, const std::string& more_of_request = "",
                  const std::string& more = R"(,"response":{"status":200})",
                  const std::string& method = "GET") {
    return R"({"request":{"method":")" + method + R"(","url":")" + url + "\"" + more_of_request +
           "}" + more + "}";
}

std::string har(const std::string& entries) {
    return R"({"log":{"version":"1.2","creator":{"name":"x","entries":[]},"pages":[],"entries":[)" +
           entries + "]}}";
}

document made_of(const std::string& text, gathering_options options = {}) {
    gathering all{std::move(options)};
    auto input = text_input::of(text);
    read_har(input, "a.har", all);
    return all.finish(false);
}

gathering_options keeping() {
    return {.keep_secrets = true, .origins = {}};
}

request only(const std::string& one_entry, gathering_options options = {}) {
    const auto made = made_of(har(one_entry), std::move(options));
    REQUIRE(made.requests.size() == 1);
    return made.requests.at(0).what;
}

/// The reason why the second of two entries is left out.
std::string left_out(const std::string& one_entry) {
    const auto made = made_of(har(entry("https://a/kept") + "," + one_entry));
    REQUIRE(made.sources.at(0).left_out.size() == 1);
    CHECK(made.sources.at(0).left_out.at(0).places.at(0).number == 2);
    CHECK(made.requests.size() == 1);
    return made.sources.at(0).left_out.at(0).reason;
}

std::string value_of(const request& one, std::string_view name) {
    for (const auto& field : one.headers)
        if (field.name == name) return field.value;
    return "(none)";
}

bool remarks(const document& made, std::string_view part) {
    return std::ranges::any_of(made.sources.at(0).remarks, [&](const auto& one) {
        return one.reason.find(part) != std::string::npos;
    });
}

std::string post(const std::string& post_data, const std::string& more = "") {
    return entry("https://a/", R"(,"headers":[])" + more + R"(,"postData":)" + post_data,
                 R"(,"response":{"status":200})", "POST");
}

}  // namespace

TEST_CASE(
    "entries become requests, equal ones one of their weight, and their order is that of weight") {
    const auto made =
        made_of(har(entry("https://a.example/x") + "," + entry("https://a.example/y") + "," +
                    entry("https://A.example:443/y#part")));
    REQUIRE(made.requests.size() == 2);
    CHECK(made.requests.at(0).what.path == "/y");
    CHECK(made.requests.at(0).weight == 2);
    CHECK(made.origin == "https://a.example");
    CHECK(made.sources.at(0).units == 3);
}

TEST_CASE("pseudo headers and those of the connection go, whatever their case; others stay") {
    const auto one = only(entry(
        "https://a/",
        R"(,"headers":[{"name":":authority","value":"b"},{"name":":method","value":"GET"},)"
        R"({"name":"hOST","value":"c"},{"name":"content-length","value":"7"},)"
        R"({"name":"CONNECTION","value":"close"},{"name":"accept","value":"*/*"},)"
        R"({"name":"X-Twice","value":"1"},{"name":"x-twice","value":"2"},)"
        R"({"name":"Sec-Fetch-Mode","value":"cors"},{"name":"bad name","value":"x"},{"name":"X","value":"a\nb"}])"));
    REQUIRE(one.headers.size() == 4);
    CHECK(value_of(one, "accept") == "*/*");
    CHECK(value_of(one, "X-Twice") == "1");
    CHECK(value_of(one, "x-twice") == "2");
}

TEST_CASE("text of a body wins over its params, and is exact") {
    const auto one = only(post(
        R"({"mimeType":"application/json","text":"{\"a\":\"\u00e4\"}","params":[{"name":"b","value":"c"}]})"));
    CHECK(one.body == "{\"a\":\"\xc3\xa4\"}");
    CHECK(value_of(one, "Content-Type") == "application/json");
    CHECK(only(post(R"({"mimeType":"text/plain","text":"YWJj"})")).body == "YWJj");
    CHECK(only(post(R"({"mimeType":"text/plain","text":"YWJj","encoding":"base64"})")).body ==
          "abc");
    CHECK(only(post(R"({"mimeType":"","text":""})")).has_body);
}

TEST_CASE("params alone are encoded, keeping order and repeats") {
    const auto one = only(post(
        R"({"mimeType":"application/x-www-form-urlencoded","params":[{"name":"b","value":"1 &"},{"name":"a"},{"name":"b","value":"\u00e4"}]})"));
    CHECK(one.body == "b=1+%26&a=&b=%C3%A4");
    const auto parts = only(post(
        R"({"mimeType":"multipart/form-data; boundary=XX","params":[{"name":"a","value":"1"},{"name":"f","fileName":"x.txt","contentType":"text/plain","value":"hi"}]})"));
    CHECK(parts.body ==
          "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
          "--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.txt\"\r\n"
          "Content-Type: text/plain\r\n\r\nhi\r\n--XX--\r\n");
}

TEST_CASE("damaged and missing bodies are said") {
    CHECK(left_out(post(R"({"mimeType":"text/plain","text":"%%%","encoding":"base64"})"))
              .find("damaged") != std::string::npos);
    CHECK(left_out(
              post(R"({"mimeType":"multipart/form-data","params":[{"name":"f","fileName":"x"}]})"))
              .find("missing") != std::string::npos);
    const auto lacking = made_of(har(entry("https://a/", R"(,"bodySize":12)", "", "POST")));
    REQUIRE(lacking.notes.size() == 1);
    CHECK(lacking.notes.at(0).find("POST 1") != std::string::npos);
    CHECK(remarks(made_of(har(post(R"({"text":"abc"})", R"(,"bodySize":9)"))), "another size"));
    CHECK(remarks(made_of(har(post(R"({"text":"a\ud83d"})"))), "damaged"));
    CHECK(remarks(made_of(har(post(R"({"text":"a\ufffd"})"))), "U+FFFD"));
    CHECK(
        made_of(har(post(R"({"text":"abc"})", R"(,"bodySize":3)"))).sources.at(0).remarks.empty());
}

TEST_CASE("what was not sent as a request of its own is left out and counted") {
    const std::string ok = R"(,"response":{"status":200})";
    CHECK(left_out(entry("https://a/", "", ok + R"(,"_fromCache":"memory")")).find("cache") !=
          std::string::npos);
    CHECK(left_out(entry("https://a/", "", R"(,"response":{"status":0})")).find("status 0") !=
          std::string::npos);
    CHECK(left_out(entry("wss://a/", "", ok)).find("WebSocket") != std::string::npos);
    CHECK(left_out(entry("https://a/", "", R"(,"response":{"status":101})")).find("WebSocket") !=
          std::string::npos);
    CHECK(left_out(entry("https://a/", "", ok + R"(,"_resourceType":"websocket")"))
              .find("WebSocket") != std::string::npos);
    for (const std::string_view url : {"data:text/plain,a", "blob:https://a/1",
                                       "chrome-extension://a/b", "about:blank", "file:///a"})
        CHECK(left_out(entry(std::string{url}, "", ok)).find("scheme") != std::string::npos);
    CHECK(left_out(entry("http://", "", ok)).find("url") != std::string::npos);
    CHECK(left_out("{}").find("request") != std::string::npos);
    CHECK(left_out("5").find("object") != std::string::npos);
    CHECK(left_out(R"({"request":{"url":"https://a/"}})").find("method") != std::string::npos);
    CHECK(left_out(R"({"request":{"method":"GET"}})").find("url") != std::string::npos);
    CHECK(left_out(R"({"request":{"method":"GET","url":}})").find("JSON") != std::string::npos);
}

TEST_CASE("304 and errors were real requests, and count as they were answered") {
    const auto made = made_of(har(entry("https://a/n", "", R"(,"response":{"status":304})") + "," +
                                  entry("https://a/m", "", R"(,"response":{"status":404})")));
    CHECK(made.requests.at(0).success == std::vector<status_range>{{200, 299}, {300, 399}});
    CHECK(made.requests.at(1).success == std::vector<status_range>{{200, 299}, {404, 404}});
}

TEST_CASE("several origins are named, and the user chooses") {
    const auto text = har(entry("https://a/x") + "," + entry("https://a/y") + "," +
                          entry("http://b:8080/z") + "," + entry("https://[2001:db8::1]/"));
    try {
        (void)made_of(text);
        FAIL("no choice was asked for");
    } catch (const unusable& error) {
        const std::string why = error.what();
        CHECK(why.find("https://a (2 requests)") != std::string::npos);
        CHECK(why.find("http://b:8080 (1 request)") != std::string::npos);
        CHECK(why.find("https://[2001:db8::1]") != std::string::npos);
        CHECK(why.find("--origin https://a") != std::string::npos);
    }
    const auto one = made_of(text, {.keep_secrets = false, .origins = {"http://B:8080"}});
    CHECK(one.requests.size() == 1);
    CHECK(one.requests.at(0).what.path == "/z");
    CHECK_THROWS_AS((void)made_of(text, {.keep_secrets = false, .origins = {"https://c"}}),
                    unusable);
}

TEST_CASE("the URL wins over queryString, without its fragment and user, and encoded") {
    CHECK(only(entry("https://a/x", R"(,"queryString":[{"name":"q","value":"1"}])")).path == "/x");
    CHECK(only(entry("https://a?b#c")).path == "/?b");
    CHECK(only(entry("https://a/\u00e4 \\\"{}|?a=b c")).path == "/%C3%A4%20\"{}|?a=b%20c");
    CHECK(only(entry("https://a/%zz%41+")).path == "/%zz%41+");
    const auto made = made_of(har(entry("https://user:pass@a/")));
    CHECK(made.origin == "https://a");
    CHECK(made.dropped.size() == 1);
    CHECK(to_text(made).find("pass@") == std::string::npos);
}

TEST_CASE("secrets are dropped by name and kept on demand; nothing that is printed holds them") {
    const auto text = entry(
        "https://a/?token=S0",
        R"(,"headers":[{"name":"cookie","value":"sid=S1"},{"name":"AUTHORIZATION","value":"Bearer S2"},)"
        R"({"name":"X-Api-Key","value":"S3"},{"name":"x-csrf-token","value":"S4"},)"
        R"({"name":"Referer","value":"https://a/?access_token=S5&b=1"}],"cookies":[{"name":"sid","value":"S1"}])");
    const auto made = made_of(har(text));
    const auto written = to_text(made);
    for (const std::string_view secret : {"S0", "S1", "S2", "S3", "S4", "S5"})
        CHECK(written.find(secret) == std::string::npos);
    CHECK(value_of(made.requests.at(0).what, "Referer") == "https://a/?b=1");
    CHECK(made.dropped.size() == 6);
    const auto kept = only(text, keeping());
    CHECK(value_of(kept, "cookie") == "sid=S1");
    CHECK(value_of(kept, "AUTHORIZATION") == "Bearer S2");
    CHECK(kept.path == "/?token=S0");
}

TEST_CASE("version 1.1, missing fields and unknown ones are harmless") {
    CHECK(
        made_of(
            R"({"log":{"entries":[{"x":{"y":[1,{"entries":[]}]},"request":{"method":"GET","url":"http://a/"}}]}})")
            .requests.size() == 1);
    CHECK(made_of(R"({ "log" : { "entries" : [ ] , "a":1, "entries" : [)" + entry("http://a/") +
                  "]}}")
              .requests.size() == 1);
    CHECK(made_of("\n\n" + har("\n" + entry("http://a/") + "\n")).sources.at(0).units == 1);
    CHECK(only(R"({"pageref":"\"]}","request":{"method":"GET","url":"http://a/","headers":null}})")
              .path == "/");
}

TEST_CASE("a head of more than 256 KiB is left out") {
    CHECK(left_out(entry("https://a/", R"(,"headers":[{"name":"X","value":")" +
                                           std::string(300'000, 'x') + "\"}]"))
              .find("256 KiB") != std::string::npos);
}

TEST_CASE("what stands before a cut or after damage is read, and both are named by line") {
    const auto text = har(entry("https://a/1") + ",\n{\"request\":{\"method\":\"GET\",,}},\n" +
                          entry("https://a/3") + ",\n" + entry("https://a/4"));
    const auto made = made_of(text.substr(0, text.size() - 20));
    CHECK(made.requests.size() == 2);
    REQUIRE(made.sources.at(0).left_out.size() == 2);
    CHECK(made.sources.at(0).left_out.at(0).places.at(0).line == 2);
    CHECK(made.sources.at(0).left_out.at(1).places.at(0).line == 4);
    CHECK(made.sources.at(0).left_out.at(1).reason.find("cut off") != std::string::npos);
    CHECK(remarks(made_of(text.substr(0, text.size() - 3)), "cut off"));
    CHECK(remarks(made_of(text + "\n192.0.2.1 - - x"), "in line 5"));
    CHECK(made_of(text + "\n" + har(entry("https://a/5"))).requests.size() == 4);
}

TEST_CASE("what is no HAR is unusable") {
    for (const std::string_view text :
         {"", "{}", "[]", "x", R"({"log":{}})", R"({"log":{"entries":[]}})",
          R"({"log":{"entries":{}}})",
          R"({"log":{"creator":{"entries":[{"request":{"method":"GET","url":"http://a/"}}]}}})"}) {
        CAPTURE(text);
        CHECK_THROWS_AS((void)made_of(std::string{text}), unusable);
    }
}

TEST_CASE("a HAR is cut into its entries, whatever they hold and whatever stands around them") {
    const auto cut = [](const std::string& text) {
        auto input = text_input::of(text);
        har_entries entries{input};
        har_entries::entry one;
        std::string all;
        while (entries.next(one)) {
            all += std::to_string(one.line) + ":" + std::string{one.text};
            all += one.cut_off ? "!cut " : " ";
        }
        all += entries.has_list() ? "list" : "none";
        if (entries.is_closed()) all += ", closed";
        if (entries.line_behind() != 0) all += ", behind " + std::to_string(entries.line_behind());
        return all;
    };
    CHECK(cut("") == "none");
    CHECK(cut("{}") == "none");
    CHECK(cut(R"({"log":{"entries":[]}})") == "list, closed");
    CHECK(cut(R"({"log":{"entries":[{"a":1},{"b":[2]}]}})") ==
          R"(1:{"a":1} 1:{"b":[2]} list, closed)");
    CHECK(cut("{ \"log\" :\n{\"entries\"\t: [\r\n {\"a\":1}\n,\n {\"b\":2} ]}}\n") ==
          "3:{\"a\":1} 5:{\"b\":2} list, closed");
    CHECK(cut(R"({"log":{"entries":[{"a":"]}\"{["},{"b":"\\"}]}})") ==
          R"(1:{"a":"]}\"{["} 1:{"b":"\\"} list, closed)");
    CHECK(cut(R"({"log":{"entries":[1,"two",null]}})") == R"(1:1 1:"two" 1:null list, closed)");
    CHECK(cut(R"({"log":{"entries":[1 , [2,3] ]}})") == "1:1  1:[2,3] list, closed");
    // The list may stand in the root, and nowhere else.
    CHECK(cut(R"({"entries":[1]})") == "1:1 list, closed");
    CHECK(cut(R"({"entries":[{"a":1}]})") == R"(1:{"a":1} list, closed)");
    for (const auto* elsewhere :
         {R"({"a":{"entries":[1]}})", R"({"log":{"a":{"entries":[1]}}})", R"(["entries",[1]])",
          R"([[["entries"]]])", R"({"log":[{"entries":[1]}]})", R"({"entries":{"a":[1]}})",
          R"({"log":{"entries":{"entries":1}}})", R"({"log":{"a":"entries","b":[1]}})",
          R"({"log":{"xentries":[1]}})"}) {
        CAPTURE(elsewhere);
        CHECK(cut(elsewhere) == "none");
    }
    // Names are compared whole, be they as long as they like.
    CHECK(cut("{\"" + std::string(40, 'x') + R"(":1,"log":{"entries":[1]}})") ==
          "1:1 list, closed");
    CHECK(cut(R"({"a\"entries":[1]})") == "none");
    // What is cut off, and what goes on behind the end.
    CHECK(cut(R"({"log":{"entries":[{"a":1},{"b")") == R"(1:{"a":1} 1:{"b"!cut list)");
    CHECK(cut(R"({"log":{"entries":[{"a":1})") == R"(1:{"a":1} list)");
    CHECK(cut(R"({"log":{"entries":[{"a":1}]}})"
              "\n\nx") == R"(1:{"a":1} list, closed, behind 3)");
    CHECK(cut(R"({"log":{"entries":[{"a":1}]}})"
              " \t\r\n") == R"(1:{"a":1} list, closed)");
    CHECK(cut(R"({"log":{"entries":[1]}})"
              "\n[2]\nx") == "1:1 list, closed, behind 2");
    CHECK(cut(R"({"log":{"entries":[1]}})"
              "\nx\ny") == "1:1 list, closed, behind 2");
    CHECK(cut(R"({"log":{"entries":[1]}})"
              "\n"
              R"({"log":{"entries":[2]}})") == "1:1 2:2 list, closed");
    CHECK(cut("{}\nx") == "none, behind 2");
    CHECK(cut("x[1]") == "none");
    CHECK(cut("]}"
              R"({"log":{"entries":[1]}})") == "1:1 list, closed");
    CHECK(cut(R"({"log":{"entries":[{"a":1}}],"b":[{"c":2}]}})") == R"(1:{"a":1} list, closed)");
}

TEST_CASE("a reply's status is a number that HTTP has; another one says nothing") {
    const auto success_with = [](const std::string& status) {
        const auto made =
            made_of(har(entry("https://a/kept") + "," +
                        entry("https://a/", "", ",\"response\":{\"status\":" + status + "}")));
        if (made.requests.size() < 2) return made.sources.at(0).left_out.at(0).reason;
        std::string text;
        for (const auto& range : made.requests.at(1).success)
            text += std::to_string(range.first) + "-" + std::to_string(range.last) + " ";
        return text;
    };
    const std::string unknown = "200-299 300-399 ", known = "200-299 ";
    CHECK(success_with("100") == known);
    CHECK(success_with("599") == known);
    CHECK(success_with("300") == unknown);
    CHECK(success_with("404") == "200-299 404-404 ");
    for (const auto* none : {"99", "600", "-1", "-5", "999", "1000", "1e9", "\"200\"", "null"})
        CHECK(success_with(none) == unknown);
    CHECK(success_with("0") == "no reply (status 0): blocked, aborted or failed");
    CHECK(success_with("101") == "a WebSocket");
}

TEST_CASE("an entry that came from a cache is left out, by each browser's word for it") {
    const std::string reason = "answered from a cache: nothing was sent";
    for (const auto* word : {"_fromCache", "fromCache", "_servedFromCache", "_fromDiskCache"}) {
        for (const auto* value : {"true", "\"disk\"", "1", "{}"}) {
            CAPTURE(word);
            CHECK(left_out(entry("https://a/", "", ",\"" + std::string{word} + "\":" + value)) ==
                  reason);
        }
        for (const auto* value : {"false", "null", "\"\"", "\"none\""})
            only(entry("https://a/", "", ",\"" + std::string{word} + "\":" + value));
    }
    CHECK(left_out(entry("https://a/", R"(,"_fromCache":true)")) == reason);
    for (const auto* word : {"_fromCache", "fromCache", "_fetchedViaServiceWorker"})
        CHECK(left_out(entry("https://a/", "",
                             R"(,"response":{"status":200,")" + std::string{word} + "\":true}")) ==
              reason);
    CHECK(left_out(entry("https://a/", "", R"(,"_fetchType":"Memory Cache")")) == reason);
    only(entry("https://a/", "", R"(,"_fetchType":"Network Load")"));
}

TEST_CASE("what is no request of HTTP says what it was") {
    for (const auto& [url, more] : {std::pair{"ws://a/", ""},
                                    {"wss://a/", ""},
                                    {"https://a/", R"(,"_resourceType":"websocket")"},
                                    {"https://a/", R"(,"_webSocketMessages":[])"}})
        CHECK(left_out(entry(url, "", more)) == "a WebSocket");
    CHECK(left_out(entry("https://a/", R"(,"headers":[{"name":"upgrade","value":"WebSocket"}])")) ==
          "a WebSocket");
    only(entry("https://a/", R"(,"headers":[{"name":"upgrade","value":"h2c"}])"));
    CHECK(left_out(entry("data:x")).starts_with("another scheme than http"));
    CHECK(left_out(entry("https://a/", "", "", "CONNECT")) == "CONNECT asks for a tunnel");
    CHECK(left_out(entry("https://a/", "", "", "a b")) ==
          "its request has no \"method\" such as GET");
    CHECK(left_out(R"({"request":{"url":"https://a/"}})") ==
          "its request has no \"method\" such as GET");
    CHECK(left_out(R"({"request":{"method":"GET"}})") == "its request has no \"url\"");
    CHECK(left_out(entry("")) == "its request has no \"url\"");
    CHECK(left_out(entry("https://")) == "its \"url\" is no URL such as https://host/path");
    CHECK(left_out("{}") == "it has no object \"request\"");
    CHECK(left_out("[]") == "no JSON object");
}

TEST_CASE("headers without a name or a value are none") {
    const auto one = only(entry(
        "https://a/", R"(,"headers":[{"name":"a"},{"value":"b"},7,{"name":"c","value":"d"}])"));
    REQUIRE(one.headers.size() == 1);
    CHECK(one.headers[0].value == "d");
}

TEST_CASE("a body's size is the header's, else the recording's, and one that differs is told") {
    const auto told = [](const std::string& length, const std::string& size,
                         const std::string& body = "abc") {
        const auto made =
            made_of(har(entry("https://a/",
                              R"(,"headers":[{"name":"Content-Length","value":")" + length +
                                  "\"}]" + (size.empty() ? "" : ",\"bodySize\":" + size) +
                                  R"(,"postData":{"text":")" + body + "\"}",
                              "", "POST")));
        return remarks(made, "another size") ? "differs" : "";
    };
    CHECK(told("3", "") == std::string{});
    CHECK(told("4", "") == std::string{"differs"});
    CHECK(told("3", "9") == std::string{});
    CHECK(told("3x", "9") == std::string{"differs"});
    CHECK(told("x", "3") == std::string{});
    CHECK(told("", "3") == std::string{});
    CHECK(told("", "4") == std::string{"differs"});
    for (const auto* none : {"0", "-1", "1e15", "null"}) CHECK(told("", none) == std::string{});
    CHECK(told("", "999999999999999") == std::string{"differs"});
    const auto lacks = [](const std::string& size) {
        const auto made = made_of(har(entry("https://a/", ",\"bodySize\":" + size, "", "POST")));
        return made.notes.size();
    };
    CHECK(lacks("1") == 1);
    CHECK(lacks("0") == 0);
    CHECK(lacks("-1") == 0);
    CHECK(only(post(R"({"params":[]})")).has_body == false);
    CHECK(only(post(R"({"text":"","params":[]})")).has_body);
    CHECK(only(post(R"({"text":"","params":[{"name":"a","value":"b"}]})")).body == "a=b");
    CHECK(only(post(R"({"text":""})")).has_body);
    CHECK(only(post("{}")).has_body == false);
    CHECK(only(post(R"({"mimeType":"multipart/form-data","params":[{"name":"a","value":"b"}]})"))
              .body.starts_with("--"));
    CHECK(only(post(R"({"params":[{"name":"a","value":"b","fileName":"c"}]})"))
              .body.starts_with("--"));
    CHECK(left_out(post(R"({"params":[{"name":"a","fileName":"c"}]})"))
              .starts_with("its body is missing"));
    CHECK(only(post(R"({"params":[{"name":"a","value":"b"},{"name":"c","value":"d"}]})")).body ==
          "a=b&c=d");
}
