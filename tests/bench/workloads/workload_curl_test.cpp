// Command lines of curl: quoting of Bash and of Windows' cmd, and what curl makes of its options.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "bench/workloads/curl_options.hpp"
#include "bench/workloads/curl_reader.hpp"
#include "bench/workloads/shell_words.hpp"
#include "bench/workloads/text_input.hpp"

using namespace lanewise::bench::workloads;

namespace {

using words = std::vector<std::string>;

words words_of(std::string_view text, shell which = shell::bash) {
    words all;
    for (const auto& command : split_commands(text, which)) {
        CHECK(command.problem == "");
        for (const auto& word : command.words) all.push_back(word.text);
    }
    return all;
}

document made_of(const std::string& text, gathering_options options = {}) {
    gathering all{std::move(options)};
    read_curl(text, "curl.txt", all);
    return all.finish(false);
}

gathering_options keeping() {
    return {.keep_secrets = true, .origins = {}};
}

request only(const std::string& text, gathering_options options = {}) {
    const auto made = made_of(text, std::move(options));
    REQUIRE(made.requests.size() == 1);
    return made.requests.at(0).what;
}

std::string value_of(const request& one, std::string_view name) {
    std::string values;
    for (const auto& field : one.headers)
        if (field.name == name) values += (values.empty() ? "" : "|") + field.value;
    return values;
}

/// Why the command is left out.
std::string refusal(const std::string& text) {
    const auto made = made_of("curl http://a/kept\n" + text);
    REQUIRE(made.sources.at(0).left_out.size() == 1);
    CHECK(made.sources.at(0).left_out.at(0).places.at(0).line == 2);
    return made.sources.at(0).left_out.at(0).reason;
}

bool remarks(const document& made, std::string_view part) {
    return std::ranges::any_of(made.sources.at(0).remarks, [&](const auto& one) {
        return one.reason.find(part) != std::string::npos;
    });
}

/// A folder with some files, which goes at the end.
class folder {
public:
    folder() {
        std::filesystem::create_directories(path_);
        std::ofstream{path_ / "body.txt", std::ios::binary} << std::string("a\r\nb\0c\n", 7);
        std::ofstream{path_ / "form.txt", std::ios::binary} << "a\r\nb\n";
        std::ofstream{path_ / "headers"} << "X-One: 1\r\nX-Two: 2\n";
    }
    ~folder() { std::filesystem::remove_all(path_); }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    [[nodiscard]] std::string operator/(std::string_view name) const {
        return (path_ / name).string();
    }

private:
    std::filesystem::path path_ =
        std::filesystem::temp_directory_path() /
        ("lanewise_curl_" +
         std::to_string(std::hash<std::string>{}(std::filesystem::current_path().string())));
};

}  // namespace

TEST_CASE("Bash's quoting is read whole") {
    CHECK(words_of(R"(a  "b c"'d e'f\ g)") == words{"a", "b cd ef g"});
    CHECK(words_of(R"('it'\''s' "\"\\\a\$")") == words{"it's", "\"\\\\a$"});
    CHECK(words_of(R"($'a\n\t\x41\u00e4\U0001F600\101\'\\\"\q\ca\e' $"x")") ==
          words{"a\n\tA\xc3\xa4\xf0\x9f\x98\x80"
                "A'\\\"\\q\x01\x1b",
                "x"});
    CHECK(words_of("a \\\n  b \\\r\n c\"d\\\ne\"") == words{"a", "b", "cde"});
    CHECK(words_of("a # b\n# c\nd#e 'f # g'") == words{"a", "d#e", "f # g"});
    CHECK(words_of("'' \"\" a''") == words{"", "", "a"});
    CHECK(words_of("'a\nb'") == words{"a\nb"});
    CHECK(words_of("a\\") == words{"a"});
    CHECK(words_of("") == words{});
}

TEST_CASE("a quote that is not closed is a problem of its command") {
    for (const std::string_view text :
         {"a 'b", "a \"b", "a $'b", "a `b", "a $(b", "a ${b", "a <(b"})
        CHECK(split_commands(text, shell::bash).at(0).problem != "");
}

TEST_CASE("what only a shell knows is named") {
    const auto unexpanded = [](std::string_view text) {
        return split_commands(text, shell::bash).at(0).words.at(0).unexpanded;
    };
    CHECK(unexpanded("$HOST/x") == "$HOST");
    CHECK(unexpanded("\"${HOST}/x\"") == "${HOST}");
    CHECK(unexpanded("\"${HOST:-a}/x\"") == "${...}");
    CHECK(unexpanded("\"$(date \"+%s)\")\"") == "$(...)");
    CHECK(unexpanded("`date`") == "`...`");
    CHECK(unexpanded("$1") == "$1");
    CHECK(unexpanded("<(ls)") == "<(...)");
    CHECK(unexpanded("'$HOST'") == "");
    CHECK(unexpanded("\"\\$HOST\"") == "");
    CHECK(unexpanded("a$") == "");
    CHECK(unexpanded("\"a$\"") == "");
}

TEST_CASE("pipes, redirections and other commands are cut off and named") {
    const auto made = made_of(
        "curl http://a/1 | jq . && curl http://a/2 >out 2>&1; curl http://a/3 -o x 2>/dev/null &\n"
        "cat x | curl http://a/none\n"
        "curl http://a/4 -d x <<EOF\ncurl http://a/5\nEOF\ncurl http://a/6?a=1&b=2\n");
    words paths;
    for (const auto& one : made.requests) paths.push_back(one.what.path);
    CHECK(paths == words{"/1", "/2", "/3", "/4", "/6?a=1"});
    CHECK(remarks(made, "pipe"));
    CHECK(remarks(made, "redirection"));
    CHECK(remarks(made, "here-document"));
    CHECK(remarks(made, "an & outside"));
    CHECK(made.sources.at(0).left_out.size() == 1);
}

TEST_CASE("Windows' cmd is told by its carets or doubled quotes, and read in both its passes") {
    const std::string browser =
        "curl ^\"https://a.example/x?a=1^&b=^%^41^\" ^\r\n"
        "  -H ^\"accept: */*^\" ^\r\n"
        "  --data-raw ^\"^{^\\^\"a^\\^\":^\\^\"b c^\\^\",^\\^\"p^\\^\":^\\^\"100^%^\\^\"^}^\"\r\n";
    CHECK(shell_of(browser) == shell::cmd);
    const auto one = only(browser);
    CHECK(one.path == "/x?a=1&b=%41");
    CHECK(one.body == R"({"a":"b c","p":"100%"})");
    const std::string doubled = R"(curl "http://a/" -d "{""a"":""b c""}")";
    CHECK(shell_of(doubled) == shell::cmd);
    CHECK(only(doubled).body == R"({"a":"b c"})");
    CHECK(words_of(R"(curl "a\\" "b\"c" d\e "%20x%20")", shell::cmd) ==
          words{"curl", "a\\", "b\"c", "d\\e", "%20x%20"});
    CHECK(words_of("curl ^\"a^\n\nb^\"", shell::cmd) == words{"curl", "a\nb"});
    CHECK(split_commands("curl \"http://%HOST%/\" | more", shell::cmd)
              .at(0)
              .words.back()
              .unexpanded == "%HOST%");
    CHECK(split_commands("curl a >x | more", shell::cmd).at(0).cut_off.size() == 2);
    CHECK(shell_of("curl 'http://a' -d '{\"a\":\"\"}'") == shell::bash);
    CHECK(shell_of("curl http://a -d \"\" -H \"X: \\\"\\\"\"") == shell::bash);
    CHECK(shell_of("curl 'http://a/' -d 'a^\"b'") == shell::bash);
}

TEST_CASE("data joins by &, and makes a POST of a form") {
    const auto one = only("curl http://a/ -d a=1 --data b=2 --data-ascii c -dd --data-raw @x");
    CHECK(one.method == "POST");
    CHECK(one.body == "a=1&b=2&c&d&@x");
    CHECK(value_of(one, "Content-Type") == "application/x-www-form-urlencoded");
    CHECK(only("curl http://a/ -d ''").has_body);
    CHECK(only("curl http://a/ -XPUT -d x -H 'content-type: text/plain'").method == "PUT");
    CHECK(value_of(only("curl http://a/ -d x -H 'content-type: text/plain'"), "content-type") ==
          "text/plain");
    CHECK(value_of(only("curl http://a/ -d x -H 'content-type: text/plain'"), "Content-Type") ==
          "");
}

TEST_CASE("@ names a file in each option in its own way") {
    const folder files;
    const auto file = files / "body.txt";
    CHECK(only("curl http://a/ -d @" + file).body == "abc");
    CHECK(only("curl http://a/ --data-binary @" + file).body == std::string("a\r\nb\0c\n", 7));
    CHECK(only("curl http://a/ --data-raw @x").body == "@x");
    CHECK(only("curl http://a/ --data-urlencode @" + file).body == "a%0D%0Ab%00c%0A");
    CHECK(only("curl http://a/ --data-urlencode n@" + file).body == "n=a%0D%0Ab%00c%0A");
    CHECK(only("curl http://a/ --json @" + file).body == std::string("a\r\nb\0c\n", 7));
    CHECK(value_of(only("curl http://a/ -H @" + (files / "headers")), "X-Two") == "2");
    CHECK(only("curl http://a/up/ -T " + file).path == "/up/body.txt");
    CHECK(only("curl http://a/up -T " + file).method == "PUT");
    for (const std::string_view option : {"-d @", "-T ", "-F x=@", "-H @", "--data-urlencode @"}) {
        CHECK(refusal("curl http://a/ " + std::string{option} + "/no/such").find("/no/such") !=
              std::string::npos);
        CHECK(refusal("curl http://a/ " + std::string{option} + "-").find("standard input") !=
              std::string::npos);
    }
}

TEST_CASE("--data-urlencode encodes what stands behind the name") {
    CHECK(only("curl http://a/ --data-urlencode 'a b&' --data-urlencode '=c=d' "
               "--data-urlencode 'n=e f' --data-urlencode 'x@y=z'")
              .body == "a+b%26&c%3Dd&n=e+f&x@y=z");
}

TEST_CASE("--get puts the data into the query, --head asks for the head alone") {
    const auto one = only("curl -G http://a/x -d b=1 --data-urlencode 'c=d e'");
    CHECK(one.method == "GET");
    CHECK(one.path == "/x?b=1&c=d+e");
    CHECK(!one.has_body);
    CHECK(only("curl -G 'http://a/x?y=1' -d b=1").path == "/x?y=1&b=1");
    CHECK(only("curl -IG http://a/x -d b=1").method == "HEAD");
    CHECK(only("curl -I http://a/x").method == "HEAD");
    CHECK(only("curl http://a/x --url-query 'a=b c'").path == "/x?a=b+c");
    CHECK(refusal("curl -I http://a/x -d b=1").find("exclude") != std::string::npos);
    CHECK(refusal("curl http://a/x -d b=1 -F c=d").find("exclude") != std::string::npos);
}

TEST_CASE("--json sets both types and joins without a sign") {
    const auto one = only(R"(curl http://a/ --json '{"a":' --json '1}')");
    CHECK(one.body == R"({"a":1})");
    CHECK(value_of(one, "Content-Type") == "application/json");
    CHECK(value_of(one, "Accept") == "application/json");
    CHECK(value_of(only("curl http://a/ --json 1 -H 'Accept: x'"), "Accept") == "x");
}

TEST_CASE("what follows a part's type is the type's, unless it is a modifier, as curl has it") {
    const auto body = [](const std::string& part) {
        return only("curl http://a/ -F 'a=1;type=" + part + "'").body;
    };
    for (const auto* type : {"text/x", "text/x;", "text/x;charset=a"})
        CHECK(body(type).find("\r\nContent-Type: " + std::string{type} + "\r\n") !=
              std::string::npos);
    CHECK(body("text/x; ").find("\r\nContent-Type: text/x;\r\n") != std::string::npos);
    CHECK(body("text/x;filename=b").find("\r\nContent-Type: text/x\r\n") != std::string::npos);
}

TEST_CASE("forms have parts with their modifiers") {
    const folder files;
    auto one = only("curl http://a/ -F a=1 -F 'b=<" + (files / "form.txt") +
                    ";type=text/x' -F 'c=@" + (files / "form.txt") +
                    ";filename=\"q\\\"r;s\";type=text/html; charset=utf-8' -F 'd=x;encoder=base64' "
                    "-F 'e=y;headers=\"X-A: b\"' --form-string 'f=@z;type=w'");
    const auto type = value_of(one, "Content-Type");
    const auto boundary = type.substr(type.find("boundary=") + 9);
    for (auto at = one.body.find(boundary); at != std::string::npos; at = one.body.find(boundary))
        one.body.replace(at, boundary.size(), "B");
    CHECK(one.body ==
          "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
          "--B\r\nContent-Disposition: form-data; name=\"b\"\r\nContent-Type: text/x\r\n\r\n"
          "a\r\nb\n\r\n"
          "--B\r\nContent-Disposition: form-data; name=\"c\"; filename=\"q%22r;s\"\r\n"
          "Content-Type: text/html; charset=utf-8\r\n\r\na\r\nb\n\r\n"
          "--B\r\nContent-Disposition: form-data; name=\"d\"\r\n"
          "Content-Transfer-Encoding: base64\r\n\r\neA==\r\n"
          "--B\r\nContent-Disposition: form-data; name=\"e\"\r\nX-A: b\r\n\r\ny\r\n"
          "--B\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n@z;type=w\r\n--B--\r\n");
    CHECK(value_of(only("curl http://a/ -F x=@" + (files / "form.txt")), "Content-Type")
              .starts_with("multipart/form-data; boundary="));
    CHECK(refusal("curl http://a/ -F x").find("name=content") != std::string::npos);
    CHECK(refusal("curl http://a/ -F 'x=(;type=a/b'").find("part") != std::string::npos);
}

TEST_CASE("headers are given, emptied, taken away and repeated") {
    const auto one = only(
        "curl http://a/ -H 'X-Empty;' -H 'Accept:' -H 'Host: b.example' -HX-Glued:1 -H 'X-T: 1' "
        "-H 'X-T: 2' -H 'no colon' -H 'Content-Length: 9' -A agent -e http://r/ --compressed -r "
        "0-9");
    CHECK(std::ranges::any_of(one.headers, [](const auto& field) {
        return field.name == "X-Empty" && field.value.empty();
    }));
    CHECK(value_of(one, "Accept") == "");
    CHECK(value_of(one, "Host") == "b.example");
    CHECK(value_of(one, "X-Glued") == "1");
    CHECK(value_of(one, "X-T") == "1|2");
    CHECK(value_of(one, "Content-Length") == "");
    CHECK(value_of(one, "User-Agent") == "agent");
    CHECK(value_of(one, "Referer") == "http://r/");
    CHECK(value_of(one, "Accept-Encoding") == "deflate, gzip");
    CHECK(value_of(one, "Range") == "bytes=0-9");
    CHECK(value_of(only("curl http://a/ -d x -H 'Content-Type:'"), "Content-Type") == "");
    CHECK(value_of(only("curl http://a/"), "Accept") == "*/*");
}

TEST_CASE("credentials are dropped, or kept on demand; an explicit header wins") {
    for (const std::string_view text :
         {"curl http://a/ -u u:S1", "curl http://u:S1@a/", "curl http://a/ --oauth2-bearer S1",
          "curl http://a/ -H 'authorization: Bearer S1'", "curl http://a/ -b a=S1",
          "curl http://a/ -H 'Cookie: a=S1'", "curl http://a/ -H 'X-Api-Key: S1'",
          "curl 'http://a/?api_key=S1'"}) {
        CAPTURE(text);
        const auto made = made_of(std::string{text});
        CHECK(made.dropped.size() == 1);
        CHECK(to_text(made).find("S1") == std::string::npos);
    }
    CHECK(value_of(only("curl http://a/ -u u:p", keeping()), "Authorization") == "Basic dTpw");
    CHECK(value_of(only("curl http://u:p%40@a/", keeping()), "Authorization") == "Basic dTpwQA==");
    CHECK(value_of(only("curl http://a/ -u u:p --oauth2-bearer t", keeping()), "Authorization") ==
          "Bearer t");
    CHECK(value_of(only("curl http://a/ -u u:p -H 'Authorization: x'", keeping()),
                   "Authorization") == "x");
    CHECK(value_of(only("curl http://a/ -b a=1 -b b=2", keeping()), "Cookie") == "a=1;b=2");
    // What is dropped need not be known.
    CHECK(only("curl http://a/ -H \"Authorization: Bearer $TOKEN\" -u \"$ME\"").headers.size() ==
          1);
}

TEST_CASE("variables in what is sent leave the command out, and are named") {
    for (const std::string_view text :
         {"curl \"http://$HOST/\"", "curl http://a/ -d \"{\\\"a\\\":$HOST}\"",
          "curl http://a/ -H \"X: $HOST\"", "curl -X $HOST http://a/"}) {
        CAPTURE(text);
        CHECK(refusal(std::string{text}).find("$HOST") != std::string::npos);
    }
    CHECK(only("curl http://a/ -o \"$OUT\" --cacert $CA").path == "/");
}

TEST_CASE("several URLs, patterns and --next are requests of their own") {
    CHECK(made_of("curl http://a/1 http://a/2 -d x").requests.size() == 2);
    const auto made = made_of("curl 'http://a/{x,y}/[1-3]' http://a/[08-10:2] http://a/[a-c]");
    CHECK(made.requests.size() == 11);
    CHECK(made.requests.at(0).what.path == "/x/1");
    CHECK(made.requests.at(5).what.path == "/y/3");
    CHECK(made.requests.at(6).what.path == "/08");
    CHECK(only("curl -g 'http://a/{x,y}[1]'").path == "/{x,y}[1]");
    CHECK(only("curl 'http://a/\\{x\\}?a[]=1'").path == "/{x}?a[]=1");
    CHECK(made_of("curl 'http://[::1]:8080/[1-2]'").origin == "http://[::1]:8080");
    for (const std::string_view text :
         {"curl http://a/[1-100001]", "curl 'http://a/{x'", "curl http://a/[3-1]",
          "curl http://a/x]", "curl http://a/[1-200][1-200]"})
        CHECK(refusal(std::string{text}).find("--globoff") != std::string::npos);
    const auto next = made_of("curl http://a/1 -d x --next http://a/2 -: -I http://a/3");
    REQUIRE(next.requests.size() == 3);
    CHECK(next.requests.at(1).what.method == "GET");
    CHECK(next.requests.at(2).what.method == "HEAD");
}

TEST_CASE("options are glued, abbreviated and negated, and unknown ones named") {
    CHECK(only("curl -sSLXPATCH http://a/").method == "PATCH");
    CHECK(value_of(only("curl --heade 'X: 1' --url http://a/x"), "X") == "1");
    CHECK(only("curl --no-progress-meter --no-location http://a/x").path == "/x");
    CHECK(only("curl -- http://a/x").path == "/x");
    CHECK(only("curl http://a/x -w '%{http_code}\\n' -m 5 --connect-timeout 3 -k").path == "/x");
    CHECK(refusal("curl http://a/ --frobnicate").find("--frobnicate") != std::string::npos);
    CHECK(refusal("curl http://a/ --da x").find("--da") != std::string::npos);
    CHECK(refusal("curl http://a/ -d").find("lacks") != std::string::npos);
    CHECK(refusal("curl -d x").find("no URL") != std::string::npos);
    CHECK(refusal("curl http://a/ -K conf").find("--config") != std::string::npos);
    CHECK(remarks(made_of("curl -L http://a/"), "redirects"));
}

TEST_CASE("URLs are completed and shortened as curl does it") {
    CHECK(made_of("curl a.example:8080/x").origin == "http://a.example:8080");
    CHECK(made_of("curl 'a.example/x?u=http://b/'").origin == "http://a.example");
    CHECK(made_of("curl --proto-default https a.example").origin == "https://a.example");
    CHECK(made_of("curl HTTPS://A.example:443").origin == "https://a.example");
    CHECK(only("curl http://a/x/../y/./z/..#f").path == "/y/");
    CHECK(only("curl http://a/x//y").path == "/x//y");
    CHECK(only("curl --path-as-is http://a/x/../y").path == "/x/../y");
    CHECK(only("curl http://a/\xc3\xa4").path == "/%C3%A4");
    CHECK(only("curl http://a/x --request-target '*' -X OPTIONS").path == "*");
    CHECK(refusal("curl 'http://a/x y'").find("%20") != std::string::npos);
    CHECK(refusal("curl ftp://a/x").find("scheme") != std::string::npos);
    CHECK(refusal("curl http://a:99999/").find("URL") != std::string::npos);
    CHECK(refusal("curl http://").find("URL") != std::string::npos);
}

TEST_CASE("prompts, prefixes and other commands stand before curl or instead of it") {
    CHECK(only("$ curl http://a/x \\\n> -d y").body == "y");
    CHECK(only("A=b time /usr/bin/curl http://a/x").path == "/x");
    CHECK(only("curl.exe http://a/x").path == "/x");
    CHECK(refusal("wget http://a/x").find("not a command of curl") != std::string::npos);
    CHECK_THROWS_AS((void)made_of("echo hello"), unusable);
    CHECK_THROWS_WITH_AS((void)made_of(""), "curl.txt: is empty", unusable);
}

TEST_CASE("requests to several origins are named, and the user chooses") {
    CHECK_THROWS_AS((void)made_of("curl http://a/ http://b/"), unusable);
    CHECK(made_of("curl http://a/ http://b/", {.keep_secrets = false, .origins = {"b"}})
              .requests.size() == 1);
}
