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
