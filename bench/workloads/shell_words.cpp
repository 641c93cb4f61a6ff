#include "shell_words.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "request_text.hpp"
#include "utf8.hpp"

namespace lanewise::bench::workloads {
namespace {

using std::string_view;

bool is_name_letter(char letter) {
    return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') || letter == '_';
}
bool is_digit(char letter) {
    return letter >= '0' && letter <= '9';
}

/// What both shells share: the commands, the word that is read, the line.
class splitter {
public:
    explicit splitter(string_view text) : text_{text} {}

protected:
    [[nodiscard]] char at(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
    [[nodiscard]] bool done() const { return at_ >= text_.size(); }

    char take() {
        const char letter = text_[at_++];
        if (letter == '\n') ++line_;
        return letter;
    }

    void put(char letter) {
        in_word_ = true;
        word_.text += letter;
    }

    void end_word() {
        if (!in_word_) return;
        if (current_.words.empty()) current_.line = word_line_;
        if (dropping_words_ > 0) {
            --dropping_words_;
        } else if (!skipping_) {
            current_.words.push_back(std::move(word_));
        }
        word_ = {};
        in_word_ = false;
    }

    void begin_word() {
        if (!in_word_) word_line_ = line_;
        in_word_ = true;
    }

    void end_command() {
        end_word();
        skipping_ = false;
        dropping_words_ = 0;
        if (!current_.words.empty() || !current_.problem.empty()) {
            if (commands_.size() >= commands_max) {
                commands_.back().problem = "more than 100000 commands: the others are not read";
                at_ = text_.size();
            } else {
                commands_.push_back(std::move(current_));
            }
        }
        current_ = {};
        current_.line = line_;
    }

    void cut(std::string what) {
        if (std::ranges::find(current_.cut_off, what) == current_.cut_off.end())
            current_.cut_off.push_back(std::move(what));
    }

    void complain(std::string what) {
        if (current_.problem.empty()) current_.problem = std::move(what);
    }

    void name_unexpanded(std::string what) {
        if (word_.unexpanded.empty()) word_.unexpanded = std::move(what);
    }

    string_view text_;
    std::size_t at_ = 0, line_ = 1, word_line_ = 1;
    std::vector<shell_command> commands_;
    shell_command current_;
    shell_word word_;
    bool in_word_ = false, skipping_ = false;
    int dropping_words_ = 0;  ///< the file of a redirection
};

class bash_splitter : splitter {
public:
    using splitter::splitter;

    std::vector<shell_command> split() {
        while (!done()) step();
        end_command();
        return std::move(commands_);
    }

private:
    void step() {
        const char letter = text_[at_];
        if (letter == ' ' || letter == '\t' || letter == '\r') {
            take();
            end_word();
        } else if (letter == '\n') {
            end_command();
            take();
            skip_here_documents();
        } else if (letter == '#' && !in_word_) {
            while (!done() && text_[at_] != '\n') ++at_;
        } else if (letter == '\\') {
            escape();
        } else if (letter == '\'') {
            single_quoted();
        } else if (letter == '"') {
            double_quoted();
        } else if (letter == '$') {
            dollar(false);
        } else if (letter == '`') {
            begin_word();
            backquoted();
        } else if (letter == '|' || letter == '&' || letter == ';' || letter == '(' ||
                   letter == ')') {
            operate();
        } else if (letter == '<' || letter == '>') {
            redirect();
        } else {
            begin_word();
            put(take());
        }
    }

    void escape() {
        ++at_;
        if (at(at_) == '\r' && at(at_ + 1) == '\n') ++at_;
        if (done()) return;
        if (text_[at_] == '\n') {
            take();  // the line goes on
            // Copied from a terminal, the next line begins with its prompt.
            if (!in_word_ && at(at_) == '>' && at(at_ + 1) == ' ') at_ += 2;
            return;
        }
        begin_word();
        put(take());
    }

    void single_quoted() {
        begin_word();
        ++at_;
        while (!done() && text_[at_] != '\'') put(take());
        if (done()) return complain("a ' is not closed");
        ++at_;
    }

    void double_quoted() {
        begin_word();
        ++at_;
        while (!done() && text_[at_] != '"') {
            const char letter = text_[at_];
            if (letter == '\\') {
                const char next = at(at_ + 1);
                if (next == '\n') {
                    ++at_;
                    take();
                } else if (next == '$' || next == '`' || next == '"' || next == '\\') {
                    ++at_;
                    put(take());
                } else {
                    put(take());
                }
            } else if (letter == '$') {
                dollar(true);
            } else if (letter == '`') {
                backquoted();
            } else {
                put(take());
            }
        }
        if (done()) return complain("a \" is not closed");
        ++at_;
    }

    void backquoted() {
        name_unexpanded("`...`");
        put(take());
        while (!done() && text_[at_] != '`') {
            if (text_[at_] == '\\' && at_ + 1 < text_.size()) put(take());
            put(take());
        }
        if (done()) return complain("a ` is not closed");
        put(take());
    }

    void dollar(bool within_quotes) {
        begin_word();
        const char next = at(at_ + 1);
        if (!within_quotes && next == '\'') {
            at_ += 2;
            return ansi_quoted();
        }
        if (!within_quotes && next == '"') {
            ++at_;
            return double_quoted();
        }
        if (next == '(' || next == '{') return bracketed(next);
        if (is_name_letter(next)) {
            std::string name{"$"};
            put(take());
            while (is_name_letter(at(at_)) || is_digit(at(at_))) {
                name += text_[at_];
                put(take());
            }
            return name_unexpanded(std::move(name));
        }
        constexpr string_view special = "0123456789@*#?-$!";
        if (next != '\0' && special.find(next) != string_view::npos) {
            name_unexpanded(std::string{'$', next});
            put(take());
        }
        put(take());
    }

    /// ${name...} and $(command), to their closing bracket.
    void bracketed(char open) {
        const auto start = at_;
        const char close = open == '(' ? ')' : '}';
        put(take());
        int depth = 0;
        char quote = '\0';
        while (!done()) {
            const char letter = text_[at_];
            put(take());
            if (quote != '\0') {
                if (letter == '\\' && quote == '"' && !done()) {
                    put(take());
                } else if (letter == quote) {
                    quote = '\0';
                }
            } else if (letter == '\'' || letter == '"') {
                quote = letter;
            } else if (letter == open) {
                ++depth;
            } else if (letter == close && --depth == 0) {
                auto name = "$" + std::string{open == '(' ? "(...)" : "{...}"};
                const auto inside = text_.substr(start + 2, at_ - start - 3);
                if (open == '{' && std::ranges::all_of(inside, [](char one) {
                        return is_name_letter(one) || is_digit(one);
                    }))
                    name = "${" + std::string{inside} + "}";
                return name_unexpanded(std::move(name));
            }
        }
        complain(open == '(' ? "a $( is not closed" : "a ${ is not closed");
    }

    /// Behind $', with C's escapes.
    void ansi_quoted() {
        while (!done() && text_[at_] != '\'') {
            if (text_[at_] != '\\' || at_ + 1 >= text_.size()) {
                put(take());
                continue;
            }
            ++at_;
            const char kind = take();
            constexpr string_view names = "abeEfnrtv\\'\"?",
                                  values = "\a\b\x1b\x1b\f\n\r\t\v\\'\"?";
            if (const auto known = names.find(kind); known != string_view::npos) {
                put(values[known]);
            } else if (kind == 'x') {
                put_number(16, 2, kind);
            } else if (kind == 'u') {
                put_number(16, 4, kind);
            } else if (kind == 'U') {
                put_number(16, 8, kind);
            } else if (kind >= '0' && kind <= '7') {
                --at_;
                put_number(8, 3, kind);
            } else if (kind == 'c' && !done()) {
                put(static_cast<char>(take() & 0x1f));
            } else {
                put('\\');
                put(kind);
            }
        }
        if (done()) return complain("a $' is not closed");
        ++at_;
    }

    void put_number(int base, int digits_max, char kind) {
        std::uint32_t number = 0;
        int digits = 0;
        while (digits < digits_max) {
            const int digit = hex_digit(at(at_));
            if (digit < 0 || digit >= base || at_ >= text_.size()) break;
            number = number * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(digit);
            ++at_;
            ++digits;
        }
        if (digits == 0) {
            put('\\');
            put(kind);
        } else if (kind == 'u' || kind == 'U') {
            append_utf8(word_.text, number);
        } else {
            put(static_cast<char>(number & 0xff));
        }
    }

    void operate() {
        const char letter = text_[at_];
        end_word();
        ++at_;
        const bool twice = at(at_) == letter;
        if (twice && letter != '(' && letter != ')') ++at_;
        if (letter == '|' && !twice) {
            if (at(at_) == '&') ++at_;
            cut("a pipe");
            skipping_ = true;
            return;
        }
        if (letter == '&' && !twice && at(at_) == '>') return redirect();
        if (letter == '&' && !twice && !done() && is_name_letter(at(at_)))
            cut("an & outside of quotes, where a shell ends the command");
        end_command();
    }

    void redirect() {
        // A number right before it is the stream that is redirected.
        if (in_word_ && !word_.text.empty() && std::ranges::all_of(word_.text, is_digit)) {
            word_ = {};
            in_word_ = false;
        }
        end_word();
        const char letter = text_[at_];
        if (at(at_ + 1) == '(') {
            // A substitution of a process is a word.
            begin_word();
            put(take());
            name_unexpanded(std::string{letter} + "(...)");
            int depth = 0;
            while (!done()) {
                const char one = text_[at_];
                put(take());
                if (one == '(') ++depth;
                if (one == ')' && --depth == 0) return;
            }
            return complain("a <( is not closed");
        }
        std::size_t count = 0;
        while (at(at_) == letter && count < 3) {
            ++at_;
            ++count;
        }
        if (letter == '<' && count == 2) {
            const bool indented = at(at_) == '-';
            if (indented) ++at_;
            cut("a here-document");
            return note_here_document();
        }
        cut("a redirection");
        if (at(at_) == '|') ++at_;
        if (at(at_) == '&') {
            ++at_;
            while (is_digit(at(at_)) || at(at_) == '-') ++at_;
            return;
        }
        dropping_words_ = 1;
    }

    void note_here_document() {
        while (at(at_) == ' ' || at(at_) == '\t') ++at_;
        std::string end;
        while (!done() && string_view{" \t\r\n;|&<>"}.find(text_[at_]) == string_view::npos) {
            if (string_view{"'\"\\"}.find(text_[at_]) == string_view::npos) end += text_[at_];
            ++at_;
        }
        here_documents_.push_back(std::move(end));
    }

    void skip_here_documents() {
        for (const auto& end : here_documents_) {
            for (bool more = true; more && !done();) {
                const auto stop = std::min(text_.find('\n', at_), text_.size());
                const auto line = trimmed(text_.substr(at_, stop - at_));
                at_ = std::min(stop + 1, text_.size());
                ++line_;
                more = line != end;
            }
        }
        here_documents_.clear();
        if (current_.words.empty()) current_.line = line_;
    }

    std::vector<std::string> here_documents_;
};

/// Two passes: cmd's own (carets, variables, operators) and that of the program's start-up code
/// (quotes, and backslashes before them), which is done for each command that the first one found.
class cmd_splitter : splitter {
public:
    using splitter::splitter;

    std::vector<shell_command> split() {
        while (!done()) step();
        end_raw();
        return std::move(commands_);
    }

private:
    void step() {
        const char letter = text_[at_];
        if (letter == '\n' && !in_quotes_) {
            end_raw();
            take();
        } else if (letter == '\r') {
            ++at_;
        } else if (letter == '^' && !in_quotes_) {
            caret();
        } else if (letter == '"') {
            in_quotes_ = !in_quotes_;
            put_raw(take());
        } else if (letter == '%') {
            percent();
        } else if (!in_quotes_ && (letter == '|' || letter == '&')) {
            ++at_;
            if (at(at_) != letter && letter == '|') {
                cut_raw_ = "a pipe";
                skip_raw_ = true;
            } else {
                if (at(at_) == letter) ++at_;
                end_raw();
            }
        } else if (!in_quotes_ && (letter == '<' || letter == '>')) {
            while (at(at_) == letter) ++at_;
            if (at(at_) == '&') ++at_;
            if (raw_.ends_with(" 1") || raw_.ends_with(" 2")) raw_.pop_back();
            cut("a redirection");
            while (at(at_) == ' ') ++at_;
            while (!done() && string_view{" \t\r\n&|"}.find(text_[at_]) == string_view::npos) ++at_;
        } else {
            if (raw_.empty()) raw_line_ = line_;
            put_raw(take());
        }
    }

    void put_raw(char letter) {
        if (!skip_raw_) raw_ += letter;
    }

    /// The next character as it is; at the end of a line the line goes on, and an empty line that
    /// follows stands for a line feed.
    void caret() {
        ++at_;
        if (at(at_) == '\r') ++at_;
        if (done()) return;
        if (text_[at_] == '\n') {
            take();
            if (at(at_) == '\r' && at(at_ + 1) == '\n') ++at_;
            if (at(at_) == '\n') put_raw(take());
            return;
        }
        if (raw_.empty()) raw_line_ = line_;
        put_raw(take());
    }

    void percent() {
        auto end = at_ + 1;
        while (is_name_letter(at(end)) || is_digit(at(end))) ++end;
        const auto name = text_.substr(at_ + 1, end - at_ - 1);
        const auto two_digits = [&](std::size_t from) {
            return hex_digit(at(from)) >= 0 && hex_digit(at(from + 1)) >= 0;
        };
        // %E4% before two digits more is an encoded URL.
        if (at(end) == '%' && name.size() > 2 && is_name_letter(name.front()) &&
            !(two_digits(at_ + 1) && two_digits(end + 1)))
            unexpanded_ = "%" + std::string{name} + "%";
        put_raw(take());
    }

    void end_raw() {
        current_.line = raw_line_;
        if (!cut_raw_.empty()) cut(cut_raw_);
        split_raw();
        // Which word the variable is in is lost by the first pass: the command needs it.
        if (!unexpanded_.empty() && !current_.words.empty())
            current_.words.back().unexpanded = unexpanded_;
        end_command();
        raw_.clear();
        cut_raw_.clear();
        unexpanded_.clear();
        skip_raw_ = in_quotes_ = false;
        raw_line_ = line_;
    }

    void split_raw() {
        bool quoted = false;
        word_line_ = raw_line_;
        for (std::size_t i = 0; i < raw_.size(); ++i) {
            const char letter = raw_[i];
            if (letter == '\\') {
                std::size_t count = 0;
                while (i + count < raw_.size() && raw_[i + count] == '\\') ++count;
                const bool before_quote = i + count < raw_.size() && raw_[i + count] == '"';
                for (std::size_t j = 0; j < (before_quote ? count / 2 : count); ++j) put('\\');
                i += count - 1;
                if (before_quote && count % 2 == 1) {
                    put('"');
                    ++i;
                }
            } else if (letter == '"') {
                in_word_ = true;
                if (quoted && i + 1 < raw_.size() && raw_[i + 1] == '"') {
                    put('"');
                    ++i;
                } else {
                    quoted = !quoted;
                }
            } else if (!quoted && (letter == ' ' || letter == '\t' || letter == '\n')) {
                end_word();
                word_line_ = raw_line_;
            } else {
                put(letter);
            }
        }
        end_word();
        if (quoted) complain("a \" is not closed");
    }

    std::string raw_, cut_raw_, unexpanded_;
    std::size_t raw_line_ = 1;
    bool in_quotes_ = false, skip_raw_ = false;
};

}  // namespace

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
    return which == shell::cmd ? cmd_splitter{text}.split() : bash_splitter{text}.split();
}

}  // namespace lanewise::bench::workloads
