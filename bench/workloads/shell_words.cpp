#include "shell_words.hpp"

#include "command_splitter.hpp"

namespace lanewise::bench::workloads {

using std::string_view;

shell shell_of(string_view text) {
    const bool bash_signs = text.find('\'') != string_view::npos ||
                            text.find("\\\n") != string_view::npos ||
                            text.find("\\\r\n") != string_view::npos;
    for (auto at = text.find('^'); at != string_view::npos; at = text.find('^', at + 1)) {
        const char next = at + 1 < text.size() ? text[at + 1] : '\0';
        if (next == '\n' || next == '\r' || (next == '"' && text.find("^\"") == at)) {
            // Within single quotes of Bash a caret is one.
            if (!bash_signs || text.find("curl ^\"") != string_view::npos ||
                text.find("^\n") != string_view::npos || text.find("^\r\n") != string_view::npos)
                return shell::cmd;
        }
    }
    if (bash_signs || text.find('$') != string_view::npos) return shell::bash;
    for (auto at = text.find("\"\""); at != string_view::npos; at = text.find("\"\"", at + 2)) {
        const auto is_end = [&](std::size_t i) {
            return i >= text.size() || text[i] == ' ' || text[i] == '\n' || text[i] == '\r';
        };
        // An empty word has blanks around it; within a word, Bash has no use for "".
        if (at > 0 && !is_end(at - 1) && text[at - 1] != '\\' && !is_end(at + 2)) return shell::cmd;
    }
    return shell::bash;
}

std::vector<shell_command> split_commands(string_view text, shell which) {
    return which == shell::cmd ? split_as_cmd(text) : split_as_bash(text);
}

}  // namespace lanewise::bench::workloads
