// The http command as it is typed: what it keeps of the words, and what it says at its end.
#include <doctest/doctest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <string>
#include <vector>

#include "bench/documents/files.hpp"
#include "bench/measure/build_type.hpp"
#include "tests/bench/load/scripted_server.hpp"
#include "tests/bench/temporary_folder.hpp"
#include "typed_command.hpp"

using namespace lanewise::bench;
namespace json = boost::json;

namespace {

using list = std::vector<std::string>;

}  // namespace

TEST_CASE("a document keeps how it was made, without the values of secret headers") {
    const temporary_folder here;
    scripted_server server{[](const asked&) {
        return answer{{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"}, answer::end::stay};
    }};
    const auto url = server.url("/a");
    const list words{"http",
                     "arm=" + url,
                     "--header",
                     "authorization: Bearer s3cret",
                     "--header",
                     "X-Team: shop",
                     "--header=Cookie: s3cret",
                     "--header=X-More: a:b",
                     "--expect",
                     "200",
                     "--instance",
                     "arm=m9x.large",
                     "--instance",
                     "m9y.large",
                     "--rounds",
                     "1",
                     "--warmup",
                     "0",
                     "--seconds",
                     "0.05",
                     "--rate-first",
                     "20",
                     "--rate-max",
                     "20",
                     "--connections",
                     "1",
                     "-o",
                     here / "r.json"};
    const auto made = typed(add_http, words);
    CAPTURE(made.errors);
    if (!release_build) {
        CHECK(made.status == 1);
        CHECK(contains(made.errors, "this is a debug build, whose times mean nothing"));
        return;
    }
    CHECK(made.status == 0);
    const auto text = read_file(here / "r.json");
    CHECK_FALSE(contains(text, "s3cret"));
    const auto document = json::parse(text).as_object();
    list kept;
    for (const auto& word : document.at("made").at("command").as_array())
        kept.emplace_back(word.as_string());
    auto wanted = words;
    wanted.insert(wanted.begin(), "lanewise-bench");
    for (auto& word : wanted) {
        if (word == "authorization: Bearer s3cret") word = "authorization: ...";
        if (word == "--header=Cookie: s3cret") word = "--header=Cookie: ...";
    }
    CHECK(kept == wanted);
    CHECK(document.at("machine").at("instance") == "m9y.large");
    // One line for each server, whatever held.
    CHECK(contains(made.errors, "lanewise-bench: arm, " + url + ": "));
    CHECK(made.errors.ends_with(".\n"));
    CHECK_FALSE(contains(made.errors, "in 0 rounds"));
}
