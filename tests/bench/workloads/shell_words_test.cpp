// Command lines in words, beside Bash itself: the quoting of random texts.
#include "bench/workloads/shell_words.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace lanewise::bench::workloads;

namespace {

constexpr auto bash = "/bin/bash";

/// What an unclosed quote makes of a line, for either reader.
constexpr auto refused = "refused";

std::string shown(const shell_command& command) {
    if (!command.problem.empty()) return refused;
    auto text = std::to_string(command.words.size());
    for (const auto& word : command.words) text += "|" + word.text;
    return text;
}

/// Each command as its line, its words, what they would have to expand to, what was cut off, and
/// what is wrong: "1: <a> <$B>=$B [a pipe] !a ' is not closed".
std::string taken_apart(std::string_view text, shell which) {
    std::string all;
    for (const auto& command : split_commands(text, which)) {
        all += (all.empty() ? "" : "; ") + std::to_string(command.line) + ":";
        for (const auto& word : command.words) {
            all += " <" + word.text + ">";
            if (!word.unexpanded.empty()) all += "=" + word.unexpanded;
        }
        for (const auto& cut : command.cut_off) all += " [" + cut + "]";
        if (!command.problem.empty()) all += " !" + command.problem;
    }
    return all;
}

/// Of each text, the words that Bash hands to a command.
std::vector<std::string> as_bash_reads(const std::vector<std::string>& texts) {
    const auto file = std::filesystem::temp_directory_path() /
                      ("lanewise-shell-words-" + std::to_string(::getpid()));
    {
        std::ofstream out{file, std::ios::binary};
        for (const auto& text : texts) out << text << '\0';
    }
    const auto command = "LC_ALL=C.UTF-8 PATH= " + std::string{bash} +
                         R"( -c 'while IFS= read -r -d "" text; do
    if eval "set -- $text" 2>/dev/null; then
        printf %s "$#"; for word; do printf "|%s" "$word"; done
    else printf refused; fi
    printf "\0"
done' <)" + file.string();
    std::unique_ptr<FILE, int (*)(FILE*)> output{::popen(command.c_str(), "r"), ::pclose};
    REQUIRE(output);
    std::vector<std::string> read{""};
    for (int letter = std::fgetc(output.get()); letter != EOF; letter = std::fgetc(output.get())) {
        if (letter == '\0')
            read.emplace_back();
        else
            read.back() += static_cast<char>(letter);
    }
    read.pop_back();
    std::filesystem::remove(file);
    return read;
}

}  // namespace

TEST_CASE("quotes and backslashes in any order make the words that Bash makes of them") {
    if (::access(bash, X_OK) != 0) {
        MESSAGE("there is no Bash here to compare with");
        return;
    }
    constexpr const char* pieces[] = {
        "a",    "B",    " ",      "\t",    "'",   "\"",      "$'",          "$\"",
        "\\n",  "\\x4", "\\x41B", "\\101", "\\7", "\\u00e4", "\\U0001F600", "\\'",
        "\\\"", "\\\\", "$ ",     "\\$",   "\\e", "\\q",     "=",           "\xc3\xa9"};
    std::mt19937 random{7};
    std::vector<std::string> texts;
    for (int i = 0; i < 4000; ++i) {
        // With a word before it, a line that is nothing but blanks is a command too. A comment
        // would end with its line.
        std::string text = "w ";
        const std::string line = i % 2 == 0 ? "#" : "\\\n";
        for (auto left = random() % 9; left > 0; --left) {
            const auto piece = random() % (std::size(pieces) + 1);
            text += piece == std::size(pieces) ? line : pieces[piece];
        }
        texts.push_back(text + "z");  // no backslash is the last
    }
    const auto expected = as_bash_reads(texts);
    REQUIRE(expected.size() == texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
        CAPTURE(texts[i]);
        const auto commands = split_commands(texts[i], shell::bash);
        REQUIRE(commands.size() == 1);
        CHECK(shown(commands[0]) == expected[i]);
    }
}

TEST_CASE("Bash's words, with what is not expanded, what is cut off and where a command begins") {
    for (const auto& [text, expected] : std::vector<std::pair<const char*, const char*>>{
             {"a\\\r\nb", "1: <ab>"},
             {"a \\\n> b", "1: <a> <b>"},
             {"a\\\n> b", "1: <a> [a redirection]"},
             {"a \\\n>b", "1: <a> [a redirection]"},
             {"`a \\` b` c", "1: <`a \\` b`>=`...` <c>"},
             {"`a", "1: <`a>=`...` !a ` is not closed"},
             {"`a\\", "1: <`a\\>=`...` !a ` is not closed"},
             {"a `b\\\\` c", "1: <a> <`b\\\\`>=`...` <c>"},
             {"$(a \"b)\" c) d", "1: <$(a \"b)\" c)>=$(...) <d>"},
             {"$(a 'b)' c) d", "1: <$(a 'b)' c)>=$(...) <d>"},
             {"$(a \"\\\")\" b) c", "1: <$(a \"\\\")\" b)>=$(...) <c>"},
             {"$(a '\\') b) c", "1: <$(a '\\')>=$(...) <b>; 1: <c>"},
             {"$(a (b) c) d", "1: <$(a (b) c)>=$(...) <d>"},
             {"${a} b", "1: <${a}>=${a} <b>"},
             {"${a-b} c", "1: <${a-b}>=${...} <c>"},
             {"${a {b} c} d", "1: <${a {b} c}>=${...} <d>"},
             {"$(a", "1: <$(a> !a $( is not closed"},
             {"${a", "1: <${a> !a ${ is not closed"},
             {"${a0_} x", "1: <${a0_}>=${a0_} <x>"},
             {"$'a\\", "1: <a\\> !a $' is not closed"},
             {"$'\\ca' x", "1: <\001> <x>"},
             {"$'\\c", "1: <\\c> !a $' is not closed"},
             {"$'\\U0001F6009' x", "1: <\360\237\230\2009> <x>"},
             {"$'\\x", "1: <\\x> !a $' is not closed"},
             {"$'\\x4", "1: <\004> !a $' is not closed"},
             {"a || b", "1: <a>; 1: <b>"},
             {"a | b c", "1: <a> [a pipe]"},
             {"a |& b; c", "1: <a> [a pipe]; 1: <c>"},
             {"a && b", "1: <a>; 1: <b>"},
             {"a & b", "1: <a>; 1: <b>"},
             {"a &b", "1: <a> [an & outside of quotes, where a shell ends the command]; 1: <b>"},
             {"a &1", "1: <a>; 1: <1>"},
             {"a &> f b", "1: <a> <b> [a redirection]"},
             {"((a)) b", "1: <a>; 1: <b>"},
             {"a;; b", "1: <a>; 1: <b>"},
             {"a (b) c", "1: <a>; 1: <b>; 1: <c>"},
             {"a & ", "1: <a>"},
             {"a &", "1: <a>"},
             {"a & c", "1: <a>; 1: <c>"},
             {"a 2> f b", "1: <a> <b> [a redirection]"},
             {"a b2> f c", "1: <a> <b2> <c> [a redirection]"},
             {"a 2>&1 b", "1: <a> <b> [a redirection]"},
             {"a >&- b", "1: <a> <b> [a redirection]"},
             {"a >| f b", "1: <a> <b> [a redirection]"},
             {"a >> f b", "1: <a> <b> [a redirection]"},
             {"a < f b", "1: <a> <b> [a redirection]"},
             {"a <<< w b", "1: <a> <b> [a redirection]"},
             {"a >>> f", "1: <a> [a redirection]"},
             {"a '2'> f b", "1: <a> <b> [a redirection]"},
             {"a <(b (c) d) e", "1: <a> <<(b (c) d)>=<(...) <e>"},
             {"a >(b) c", "1: <a> <>(b)>=>(...) <c>"},
             {"a <(b", "1: <a> <<(b>=<(...) !a <( is not closed"},
             {"a 3<&0 b", "1: <a> <b> [a redirection]"},
             {"a ''> f b", "1: <a> <> <b> [a redirection]"},
             {"a <<E b\nx\nE\nc", "1: <a> <b> [a here-document]; 4: <c>"},
             {"a <<-E b\nx\n\tE\nc", "1: <a> <b> [a here-document]; 4: <c>"},
             {"a <<'E' b\nx\nE\nc", "1: <a> <b> [a here-document]; 4: <c>"},
             {"a <<'E F' b\nx\nE\nE F\nc", "1: <a> <b> [a here-document]; 5: <c>"},
             {"a <<\"E F\";b\nx\nE F\nc", "1: <a> [a here-document]; 1: <b>; 4: <c>"},
             {"a <<E\\ F b\nE\nE F\nc", "1: <a> <b> [a here-document]; 4: <c>"},
             {"a <<E'|'\"'\" b\nx\nE|'\nc", "1: <a> <b> [a here-document]; 4: <c>"},
             {"a <<'E\nx\nE\nc", "1: <a> [a here-document]; 4: <c>"},
             {"a <<E\\\nF b\nE\nEF\nc", "1: <a> <b> [a here-document]; 5: <c>"},
             {"a <<E\\", "1: <a> [a here-document]"},
             {"a << \tE\nx\nE\nc", "1: <a> [a here-document]; 4: <c>"},
             {"a <<E\nx", "1: <a> [a here-document]"},
             {"a <<E <<F b\n1\nE\n2\nF\nc", "1: <a> <b> [a here-document]; 6: <c>"},
             {"a <<E|b\nE\nc", "1: <a> [a here-document] [a pipe]; 3: <c>"},
             {"a <<E;b\nE\nc", "1: <a> [a here-document]; 1: <b>; 3: <c>"},
             {"a <<E&b\nE\nc",
              "1: <a> [a here-document] [an & outside of quotes, where a shell ends the command]; "
              "1: <b>; 3: <c>"},
             {"a <<E>f\nE\nc", "1: <a> [a here-document] [a redirection]; 3: <c>"},
             {"a <<E<f\nE\nc", "1: <a> [a here-document] [a redirection]; 3: <c>"},
             {"a <<E\r\nE\r\nc", "1: <a> [a here-document]; 3: <c>"},
             {"$A0_b x", "1: <$A0_b>=$A0_b <x>"},
             {"$A-b x", "1: <$A-b>=$A <x>"},
             {"$Zz9 b", "1: <$Zz9>=$Zz9 <b>"},
             {"$zZ0 b", "1: <$zZ0>=$zZ0 <b>"},
             {"\"$A\" b", "1: <$A>=$A <b>"},
             {"a $1 b", "1: <a> <$1>=$1 <b>"},
             {"a $@ b", "1: <a> <$@>=$@ <b>"},
             {"a $$ b", "1: <a> <$$>=$$ <b>"},
             {"a $", "1: <a> <$>"},
             {"a $. b", "1: <a> <$.> <b>"},
             {"\"a `b` c\" d", "1: <a `b` c>=`...` <d>"},
             {"\"a\\\nb\" c", "1: <ab> <c>"},
             {"\"\\$A \\` \\\" \\\\ \\q\"", "1: <$A ` \" \\ \\q>"},
             {"\n\na\n\n b\\\nc d", "3: <a>; 5: <bc> <d>"},
             {"a\n#c\nb", "1: <a>; 3: <b>"},
             {"a#b c", "1: <a#b> <c>"},
             {"a 'x\ny' b\nc", "1: <a> <x\ny> <b>; 3: <c>"},
             {"a \"x\ny\"\nc", "1: <a> <x\ny>; 3: <c>"},
             {"'a", "1: <a> !a ' is not closed"},
             {"\"a", "1: <a> !a \" is not closed"},
             {"$'a", "1: <a> !a $' is not closed"},
             {"a\tb\rc", "1: <a> <b> <c>"},
             {"a $'b' $\"c\"", "1: <a> <b> <c>"},
             {"\"$'b'\"", "1: <$'b'>"},
             {"a '' b", "1: <a> <> <b>"},
             {"a \\", "1: <a>"},
             {"a \\\n", "1: <a>"},
             {"a&b", "1: <a> [an & outside of quotes, where a shell ends the command]; 1: <b>"},
             {"_=1 a", "1: <_=1> <a>"},
             {"a &_b", "1: <a> [an & outside of quotes, where a shell ends the command]; 1: <_b>"},
             {"a &\nb", "1: <a>; 2: <b>"},
             {"a & 'b'", "1: <a>; 1: <b>"}}) {
        CAPTURE(text);
        CHECK(taken_apart(text, shell::bash) == expected);
        // What stands behind the text in memory is none of it.
        const auto longer = text + std::string{"A>&\"'x"};
        CHECK(taken_apart(std::string_view{longer}.substr(0, longer.size() - 6), shell::bash) ==
              expected);
    }
    CHECK(taken_apart("$'\\u007f\\u0080\\u07ff\\u0800\\uffff\\U00010000'", shell::bash) ==
          "1: <\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80>");
    const std::string zero{"\0", 1};
    CHECK(taken_apart("$'\\0' x", shell::bash) == "1: <" + zero + "> <x>");
    CHECK(taken_apart("$'\\08' x", shell::bash) == "1: <" + zero + "8> <x>");
    CHECK(taken_apart("$'\\400'", shell::bash) == "1: <" + zero + ">");
}

TEST_CASE("cmd's words: carets, quotes within quotes, variables, and what ends a command") {
    for (const auto& [text, expected] : std::vector<std::pair<const char*, const char*>>{
             {"a ^\nb", "1: <a> <b>"},
             {"a ^\r\nb", "1: <a> <b>"},
             {"a ^\n\nb", "1: <a> <b>"},
             {"a ^\n\r\nb", "1: <a> <b>"},
             {"a ^\r\n\r\nb", "1: <a> <b>"},
             {"a^", "1: <a>"},
             {"a^&b", "1: <a&b>"},
             {"a \"^\" b", "1: <a> <^> <b>"},
             {"\"a\nb\" c", "1: <a\nb> <c>"},
             {"a\r\nb", "1: <a>; 2: <b>"},
             {"a | b c\nd", "1: <a> [a pipe]; 2: <d>"},
             {"a || b", "1: <a>; 1: <b>"},
             {"a & b", "1: <a>; 1: <b>"},
             {"a && b", "1: <a>; 1: <b>"},
             {"\"a|b\" c", "1: <a|b> <c>"},
             {"\"a&b\" c", "1: <a&b> <c>"},
             {"a > f b", "1: <a> <b> [a redirection]"},
             {"a >> f b", "1: <a> <b> [a redirection]"},
             {"a 2>&1 b", "1: <a> <b> [a redirection]"},
             {"a 1> f b", "1: <a> <b> [a redirection]"},
             {"a b1> f", "1: <a> <b1> [a redirection]"},
             {"a >f&b", "1: <a> [a redirection]; 1: <b>"},
             {"a >f|b", "1: <a> [a redirection] [a pipe]"},
             {"a < f", "1: <a> [a redirection]"},
             {"\"a>b\"", "1: <a>b>"},
             {"a >   f b", "1: <a> <b> [a redirection]"},
             {"a >\tf b", "1: <a> <b> [a redirection]"},
             {"a > \t f\tb", "1: <a> <b> [a redirection]"},
             {"a >\"f g&h\" b", "1: <a> <b> [a redirection]"},
             {"a >\"f g\nb", "1: <a> [a redirection]; 2: <b>"},
             {"%A% b", "1: <%A%> <b>"},
             {"%AB% c", "1: <%AB%> <c>"},
             {"%ABC% c", "1: <%ABC%> <c>=%ABC%"},
             {"%1B% c", "1: <%1B%> <c>"},
             {"%_AB%", "1: <%_AB%>=%_AB%"},
             {"%E4%BD%A0", "1: <%E4%BD%A0>"},
             {"%E41%BD x", "1: <%E41%BD> <x>"},
             {"%ABC%12", "1: <%ABC%12>"},
             {"%E40%B0 x", "1: <%E40%B0> <x>"},
             {"%E00%BD x", "1: <%E00%BD> <x>"},
             {"%ABC%1g", "1: <%ABC%1g>=%ABC%"},
             {"%AB1%12", "1: <%AB1%12>"},
             {"%ABCD%ab %X1%", "1: <%ABCD%ab> <%X1%>"},
             {"%A_0% c", "1: <%A_0%> <c>=%A_0%"},
             {"a %AB", "1: <a> <%AB>"},
             {"%%AB%% c", "1: <%%AB%%> <c>"},
             {"100% %AB%", "1: <100%> <%AB%>"},
             {"a\\b c", "1: <a\\b> <c>"},
             {"a\\\"b c", "1: <a\"b> <c>"},
             {"a\\\\\"b c\" d", "1: <a\\b c> <d>"},
             {"\"a\\\\\" b", "1: <a\\> <b>"},
             {"a\\\\ b", "1: <a\\\\> <b>"},
             {"\"a\"\"b\" c", "1: <a\"b> <c>"},
             {"a \"\" b", "1: <a> <> <b>"},
             {"a \"b", "1: <a> <b> !a \" is not closed"},
             {"\"a\" \"\"\"b\"", "1: <a> <\"b>"},
             {"a\tb", "1: <a> <b>"},
             {"\\\\\\\"a", "1: <\\\"a>"},
             {"a\\", "1: <a\\>"},
             {"\"a\"\"", "1: <a\"> !a \" is not closed"},
             {"\"a b\"c d", "1: <a bc> <d>"},
             {"\n\na\nb", "3: <a>; 4: <b>"},
             {"a ^\nb\nc", "1: <a> <b>; 3: <c>"},
             {"a^\nb c\nd", "1: <ab> <c>; 3: <d>"},
             {" \"a\" ", "1: <a>"},
             {"\n ^a\nb", "2: <a>; 3: <b>"},
             {"a ^\n\n b\nc", "1: <a> <b>; 4: <c>"}}) {
        CAPTURE(text);
        CHECK(taken_apart(text, shell::cmd) == expected);
        const auto longer = text + std::string{"\nx"};
        CHECK(taken_apart(std::string_view{longer}.substr(0, longer.size() - 2), shell::cmd) ==
              expected);
    }
}

TEST_CASE("a text is cmd's by its carets and its quotes within quotes, else Bash's") {
    for (const auto* text :
         {"a ^\nb", "a ^\r\nb", "a ^\"b^\"", "'a' ^\n", "'a' curl ^\"x", "'a' ^\r\n", "a\"\"b",
          "x\"\"y z\"\"", "a \"\" b\"\"c", "\"^\"", "a\"\"\"\"b"}) {
        CAPTURE(text);
        CHECK(shell_of(text) == shell::cmd);
    }
    for (const auto* text :
         {"a 'b'", "a \\\nb", "a \\\r\nb", "a '^\"'", "a ^b", "a^", "$a", "a$ \"\"", "a \"\" b",
          "\"\"b", "a\"\"", "a\\\"\"b", "a\n\"\"b", "a\"\"\nb", "a\"\"\r", "\"\"\"\"", "'a' ^\r"}) {
        CAPTURE(text);
        CHECK(shell_of(text) == shell::bash);
    }
    CHECK(shell_of("^\nb") == shell::cmd);
    CHECK(shell_of(std::string_view{"a^\nb"}.substr(0, 2)) == shell::bash);
}

TEST_CASE("a text has a hundred thousand commands at most") {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += "a\n";
    CHECK(split_commands(text, shell::bash).size() == 100'000);
    CHECK(split_commands(text, shell::bash).back().problem.empty());
    const auto more = split_commands(text + "b\nc\n", shell::bash);
    CHECK(more.size() == 100'000);
    CHECK(more.back().problem == "more than 100000 commands: the others are not read");
}
