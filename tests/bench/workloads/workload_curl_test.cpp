// Command lines of curl: quoting of Bash and of Windows' cmd, and what curl makes of its options.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "bench/workloads/curl_command.hpp"
#include "bench/workloads/curl_files.hpp"
#include "bench/workloads/curl_options.hpp"
#include "bench/workloads/curl_reader.hpp"
#include "bench/workloads/shell_words.hpp"
#include "bench/workloads/text_input.hpp"
#include "tests/bench/temporary_folder.hpp"

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
    for (const auto* none : {"--no-data", "--no-nothing", "--no-"})
        CHECK(refusal("curl " + std::string{none} + " http://a/x").find(none) != std::string::npos);
    const auto authorized = [](const char* options) {
        return value_of(only("curl -u a:b " + std::string{options} + " http://a/", keeping()),
                        "Authorization");
    };
    CHECK(authorized("--basic") == "Basic YTpi");
    CHECK(authorized("--digest --basic") == "Basic YTpi");
    const auto other =
        made_of("curl http://a/kept\ncurl -u a:b --no-basic http://a/", keeping()).sources.at(0);
    REQUIRE(other.left_out.size() == 1);
    CHECK(other.left_out.at(0).reason.find("neither Basic nor Bearer") != std::string::npos);
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

TEST_CASE("a form's part is read as curl reads it: quotes, commas, types with parameters") {
    const auto part = [](std::string_view text) { return form_part_of(text, false); };
    CHECK(part("f=a b \t;type=text/x").content == "a b");
    CHECK(part(R"(f="a\"b\\c\d;,";type=text/x)").content == R"(a"b\c\d;,)");
    CHECK(part(R"(f="a\"b\\c\d;,";type=text/x)").content_type == "text/x");
    CHECK(part(R"(f="a;type=text/x)").content == "\"a");
    CHECK(part(R"(f="a;type=text/x)").content_type == "text/x");
    CHECK(part("f=a,b").content == "a,b");
    CHECK(part("f=a,b,c;type=text/x").content == "a,b,c");
    CHECK(part("f=a,b,c;type=text/x").content_type == "text/x");
    CHECK(part("f=a;type=text/x; charset=utf-8;filename=n").content_type ==
          "text/x; charset=utf-8");
    CHECK(part("f=a;type=text/x; charset=utf-8;filename=n").file_name == "n");
    CHECK(part("f=a; filename=\"x;y\";unknown=1;type=b/c").file_name == "x;y");
    CHECK(part("f=a; filename=\"x;y\";unknown=1;type=b/c").content_type == "b/c");
    const auto headers = part("f=a;type=text/x;headers=\"X-One:  1 \";encoder=7bit");
    CHECK(headers.content_type == "text/x");
    REQUIRE(headers.headers.size() == 2);
    CHECK(headers.headers[0].name == "X-One");
    CHECK(headers.headers[0].value == "1");
    CHECK(headers.headers[1].value == "7bit");
    for (const auto* encoder : {"8bit", "binary", "7BIT"})
        CHECK(part(std::string{"f=a;encoder="} + encoder).content == "a");
    // A line of base64 has 76 letters, and an end only where another follows.
    const auto base64 = [&](std::size_t bytes) {
        return part("f=" + std::string(bytes, 'a') + ";encoder=base64").content;
    };
    CHECK(base64(57).size() == 76);
    CHECK(base64(58).substr(76) == "\r\nYQ==");
    CHECK(base64(1) == "YQ==");
    CHECK(form_part_of("f=@x;type=y", true).content == "@x;type=y");
    for (const auto* wrong : {"f", "=a", "f=(a", "f=a;headers=@x", "f=a;headers=<x",
                              "f=a;headers=NoColon", "f=a;headers=\"a b: c\"",
                              "f=a;headers=\"a: \x01\"", "f=a;encoder=rot13", "f=a;type=a\x01"}) {
        CAPTURE(wrong);
        CHECK_THROWS_AS((void)part(wrong), refused);
    }
}

TEST_CASE("a form's file goes by its name without its folder, a content of a file has none") {
    const folder files;
    const auto upload = form_part_of("f=@" + files / "form.txt", false);
    CHECK(upload.file_name == "form.txt");
    CHECK(upload.content_type == "text/plain");
    CHECK(upload.content == "a\r\nb\n");
    const auto content = form_part_of("f=<" + files / "form.txt", false);
    CHECK_FALSE(content.file_name);
    CHECK(content.content == "a\r\nb\n");
    CHECK_THROWS_AS(
        (void)form_part_of("f=@" + files / "form.txt" + "," + files / "body.txt", false), refused);
}

TEST_CASE("a file is read that is one, of 8 MiB at most") {
    const temporary_folder files;
    const auto why = [](const std::string& path) {
        try {
            return std::to_string(file_content(path).size());
        } catch (const refused& error) {
            return std::string{error.what()};
        }
    };
    const auto large = files.with("large", "");
    {
        std::ofstream{large};
    }
    CHECK(why(large) == "0");
    std::filesystem::resize_file(large, 8 << 20);
    CHECK(why(large) == "8388608");
    std::filesystem::resize_file(large, (8 << 20) + 1);
    CHECK(why(large).starts_with("it names a file of more than 8 MiB: "));
    CHECK(why(files / "none").starts_with("it names a file that can't be read: "));
    CHECK(why(files.path()).starts_with("it names a file that can't be read: "));
    CHECK(why("-") == "it reads standard input (-), whose text is not here");
}

TEST_CASE("what is shown of a command is short and printable") {
    CHECK(shown("\x1f ~\x7f\x80") == "? ~??");
    CHECK(shown(std::string(60, 'a')) == std::string(60, 'a'));
    CHECK(shown(std::string(61, 'a')) == std::string(60, 'a') + "...");
}

TEST_CASE("letters, digits and - . _ ~ stand for themselves in a query, all else is encoded") {
    std::string kept;
    for (int i = 0; i < 256; ++i) {
        const std::string one(1, static_cast<char>(i));
        if (percent_encoded(one, false) == one) kept += one;
    }
    CHECK(kept == "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~");
    CHECK(percent_encoded("a b\xe9/", false) == "a%20b%E9%2F");
    CHECK(percent_encoded("a b", true) == "a+b");
}

TEST_CASE(
    "an option without its value, or a file of cookies, is refused or dropped with its name") {
    CHECK(refusal("curl http://a/ --request") == "its option --request lacks its value");
    CHECK(refusal("curl http://a/ -X") == "its option --request lacks its value");
    const auto dropped = made_of("curl -b cookies.txt http://a/x");
    CHECK(dropped.requests.size() == 1);
    REQUIRE(dropped.dropped.size() == 1);
    CHECK(dropped.dropped[0].first == "Cookie (of a file)");
    const auto kept = made_of("curl http://a/1\ncurl -b cookies.txt http://a/x", keeping());
    CHECK(kept.requests.size() == 1);
    CHECK(made_of("curl -- http://a/1").requests.size() == 1);
}

TEST_CASE("dots between slashes are taken out as curl takes them, encoded ones too") {
    for (const auto* up : {"..", ".%2e", "%2E.", "%2e%2E"})
        CHECK(only("curl http://a/x/" + std::string{up} + "/y?a/../b").path == "/y?a/../b");
    for (const auto* here : {".", "%2e", "%2E"})
        CHECK(only("curl http://a/x/" + std::string{here} + "/y").path == "/x/y");
    CHECK(only("curl http://a/x/..").path == "/");
    CHECK(only("curl http://a/x/y/..").path == "/x/");
    CHECK(only("curl http://a/../../x").path == "/x");
    CHECK(only("curl http://a/x/...").path == "/x/...");
    CHECK(only("curl http://a//x//").path == "//x//");
    CHECK(only("curl --path-as-is http://a/x/../y").path == "/x/../y");
}

TEST_CASE("a URL without a scheme, or with one slash, goes where curl sends it") {
    const auto origin = [](const std::string& url) { return made_of("curl " + url).origin; };
    CHECK(origin("http:/a/x") == "http://a");
    CHECK(origin("https:/a/x") == "https://a");
    CHECK(origin("HTTPS:/a/x") == "https://a");
    CHECK(origin("a.example") == "http://a.example");
    CHECK(origin("a.example:8080/x") == "http://a.example:8080");
    CHECK(origin("http:8080/x") == "http://http:8080");
    CHECK(origin("a?u=http://b/") == "http://a");
    CHECK(origin("a/http://b/") == "http://a");
    CHECK(origin("--proto-default https a/x") == "https://a");
    CHECK(origin("ftp:/a/x") == "http://ftp");
    CHECK(origin("http:") == "http://http");
    CHECK(refusal("curl 'http://a/ b'").starts_with("its URL holds a blank"));
    CHECK(refusal("curl ftp://a/x") == "the scheme of its URL is neither http nor https");
}

TEST_CASE("data goes behind the query that a URL has, with an & where one is needed") {
    CHECK(only("curl -G -d x=1 'http://a/p'").path == "/p?x=1");
    CHECK(only("curl -G -d x=1 'http://a/p?'").path == "/p?x=1");
    CHECK(only("curl -G -d x=1 'http://a/p?b'").path == "/p?b&x=1");
    CHECK(only("curl -G -d x=1 -d y=2 'http://a/p?b'").path == "/p?b&x=1&y=2");
}

TEST_CASE("ways to send a body exclude each other, and a method is one that can be sent") {
    const folder files;
    const auto file = files / "body.txt";
    for (const auto& two :
         words{"-F a=b -I", "-F a=b -T " + file, "-d a -I", "-d a -F b=c", "-d a -T " + file}) {
        CAPTURE(two);
        CHECK(refusal("curl http://a/ " + two) ==
              "two of --data, --form, --upload-file and --head exclude each other");
    }
    for (const auto* one : {"-F a=b", "-I", "-d a", "-G -d a -I"})
        CHECK(made_of("curl http://a/ " + std::string{one}).requests.size() == 1);
    for (const auto* wrong : {"CONNECT", "'a b'", "''x:"})
        CHECK(refusal("curl http://a/ -X " + std::string{wrong}) ==
              "its --request is no method that can be sent");
    CHECK(only("curl http://a/ -X connect").method == "connect");
}

TEST_CASE("a command stands for ten thousand URLs at most") {
    CHECK(made_of("curl 'http://a/[1-10000]'").requests.size() == 10'000);
    CHECK(refusal("curl 'http://a/[1-10000]' http://a/x") == "it has more than 10000 URLs");
    CHECK(refusal("curl").starts_with("it has no URL"));
}

TEST_CASE("curl stands first in its command, behind variables and words such as sudo alone") {
    for (const auto* command : {"A=1 b=2 curl http://a/x", "sudo time curl http://a/x",
                                "/usr/bin/curl http://a/x", "$ curl http://a/x"})
        CHECK(made_of(command).requests.size() == 1);
    for (const auto* other : {"echo curl http://a/x", "=x curl http://a/x", "a/b=1 curl http://a/x",
                              "mycurl http://a/x"})
        CHECK(refusal(other) == "not a command of curl");
}

TEST_CASE("fields of the connection are left out of a request, and that is said once") {
    const auto made = made_of("curl -H 'Connection: x' -H 'TE: y' -H 'A: b' http://a/");
    CHECK(made.requests.at(0).what.headers.size() ==
          made_of("curl -H 'A: b' http://a/").requests.at(0).what.headers.size());
    CHECK(made.sources.at(0).remarks.size() == 1);
    CHECK(made_of("curl -H 'A: b' http://a/").sources.at(0).remarks.empty());
    CHECK(made_of("curl -H 'TE: y' -H 'A: b' http://a/").sources.at(0).remarks.size() == 1);
}
