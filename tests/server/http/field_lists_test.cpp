// Lists and parameters of fields, by the grammar of RFC 9110, 5.6: a list that is made from the
// grammar comes apart into the elements that it was made from.
#include "server/http/field_lists.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "server/http/negotiation.hpp"

using namespace lanewise::server;

namespace {

std::vector<std::string> elements_of(std::string_view list, quoting of = quoting::strings) {
    std::vector<std::string> all;
    for (;;) {
        const auto element = next_element(list, of);
        if (element.empty()) return all;
        all.emplace_back(element);
    }
}

using texts = std::vector<std::string>;

// Sentences of the grammar, at random but the same each time.
class sentences {
public:
    std::size_t below(std::size_t bound) { return random_() % bound; }

    std::string some_of(std::string_view characters, std::size_t least, std::size_t most) {
        std::string text(least + below(most - least + 1), ' ');
        for (char& c : text) c = characters[below(characters.size())];
        return text;
    }
    std::string white_space() { return some_of(" \t", 0, 2); }
    std::string token() {
        return some_of("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCXYZ", 1, 6);
    }
    // quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE
    std::string quoted_string() {
        std::string text = "\"";
        for (auto i = below(8); i > 0; --i) {
            text += below(3) == 0 ? "\\" + some_of("\"\\,;= \ta\xff", 1, 1)
                                  : some_of("\t !#,;=[]~\x80\xff", 1, 1);
        }
        return text + "\"";
    }
    // entity-tag = [ weak ] opaque-tag
    std::string tag() {
        return (below(2) == 0 ? "W/\"" : "\"") + some_of("!#,;=\\[~\x80\xff", 0, 6) + "\"";
    }
    std::string parameters() {
        std::string text;
        for (auto i = below(4); i > 0; --i) {
            text += white_space() + ";" + white_space();
            if (below(5) > 0) text += token() + "=" + (below(2) == 0 ? token() : quoted_string());
        }
        return text;
    }
    // #element with what its receiver has to take: empty elements, and white space around all.
    std::string list(const texts& elements) {
        std::string text = empty_elements();
        for (std::size_t i = 0; i < elements.size(); ++i) {
            if (i > 0) text += "," + empty_elements();
            text += white_space() + elements[i] + white_space();
        }
        return text + (below(2) == 0 ? "" : "," + empty_elements());
    }

private:
    std::string empty_elements() {
        std::string text;
        for (auto i = below(3); i > 0; --i) text += white_space() + ",";
        return text;
    }
    std::mt19937 random_{2'026};
};

}  // namespace

TEST_CASE("RFC 9110, 5.6.1: the lists of the text, empty elements and white space among them") {
    CHECK(elements_of("foo,bar") == texts{"foo", "bar"});
    CHECK(elements_of("foo ,bar,") == texts{"foo", "bar"});
    CHECK(elements_of("foo , ,bar,charlie") == texts{"foo", "bar", "charlie"});
    for (const char* nothing : {"", ",", ",   ,", " \t ", ",\t,"})
        CHECK(elements_of(nothing).empty());
}

TEST_CASE("RFC 9110, 5.6.4: separators within a quoted string separate nothing") {
    CHECK(elements_of(R"("a,b" , c)") == texts{R"("a,b")", "c"});
    CHECK(elements_of(R"(x;y="a\",b", c)") == texts{R"(x;y="a\",b")", "c"});
    CHECK(elements_of(R"("\\",b)") == texts{R"("\\")", "b"});
    CHECK(elements_of(R"("",b)") == texts{R"("")", "b"});
    // What does not end is one malformed element.
    CHECK(elements_of(R"(a, "b, c)") == texts{"a", R"("b, c)"});
    CHECK(elements_of(R"(a, "b\)") == texts{"a", R"("b\)"});
    std::string_view rest = R"(charset="a;b" ; q=0.5)";
    CHECK(next_item(rest, ';') == R"(charset="a;b")");
    CHECK(rest == " q=0.5");
}

TEST_CASE("RFC 9110, 8.8.3: in an entity tag a backslash escapes nothing") {
    CHECK(elements_of(R"("a\", "b,c", W/"d")", quoting::tags) ==
          texts{R"("a\")", R"("b,c")", R"(W/"d")"});
}

TEST_CASE("RFC 9110, 5.6.1: any list that the grammar makes comes apart as it was made") {
    sentences make;
    for (int i = 0; i < 20'000; ++i) {
        texts elements, tags;
        for (auto count = make.below(5); count > 0; --count) {
            elements.push_back((make.below(3) == 0 ? make.quoted_string() : make.token()) +
                               make.parameters());
            tags.push_back(make.tag());
        }
        // Parameters may end in white space, which belongs to the list.
        for (auto& element : elements) element = syntax::trimmed(element);
        const auto list = make.list(elements), list_of_tags = make.list(tags);
        CAPTURE(list);
        REQUIRE(elements_of(list) == elements);
        REQUIRE(elements_of(list_of_tags, quoting::tags) == tags);
    }
}

TEST_CASE("RFC 9110, 5.6.6: any parameters that the grammar makes come apart as they were made") {
    sentences make;
    for (int i = 0; i < 20'000; ++i) {
        std::vector<std::pair<std::string, std::string>> all;
        std::string text;
        for (auto count = make.below(5); count > 0; --count) {
            all.emplace_back(make.token(),
                             make.below(2) == 0 ? make.token() : make.quoted_string());
            // A parameter may be empty, too.
            text += make.white_space() + ";" + (make.below(3) == 0 ? ";" : "") +
                    make.white_space() + all.back().first + "=" + all.back().second;
        }
        CAPTURE(text);
        std::string_view rest = text, name, value;
        for (const auto& [made_name, made_value] : all) {
            REQUIRE(next_parameter(rest, name, value));
            REQUIRE(name == made_name);
            REQUIRE(value == made_value);
        }
        REQUIRE_FALSE(next_parameter(rest, name, value));
    }
}

TEST_CASE("quoted strings hold together what Accept, Accept-Encoding and the conditions list") {
    constexpr std::string_view offers[] = {"application/json", "application/octet-stream"};
    CHECK(best_media_type(R"(text/x;v="a,application/json", application/octet-stream)", offers) ==
          1);
    CHECK(best_media_type(R"(application/json;v="a;q=0";q=1, */*;q=0.1)", offers) == 0);
    CHECK(best_media_type(R"(application/json;v=";q=1";q=0, */*)", offers) == 1);
    CHECK(best_media_type(R"(text/x;v="\",*/*")", offers) == -1);
    CHECK_FALSE(accepts_coding(R"(x;v=",gzip,")", "gzip"));
    CHECK(accepts_coding(R"(x;v=",", gzip)", "gzip"));
    CHECK(accepts_coding(" , ,gzip", "gzip"));
    CHECK(names_tag(R"("a,\", "t")", "\"t\""));
    CHECK_FALSE(names_tag(R"("a,"t"")", "\"t\""));
    CHECK_FALSE(names_tag("\"a,t\"", "t"));
    CHECK_FALSE(names_tag_strongly("\"a, \"t\"", "\"t\""));
}
