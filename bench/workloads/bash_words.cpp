// Command lines as Bash reads them: its quoting whole, and what only a shell knows by name.
#include <algorithm>
#include <cstdint>

#include "command_splitter.hpp"
#include "request_text.hpp"
#include "utf8.hpp"

namespace lanewise::bench::workloads {
namespace {

using std::string_view;

class bash_splitter : command_splitter {
public:
    using command_splitter::command_splitter;

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
        char quote = '\0';
        for (; !done() && text_[at_] != '\n'; ++at_) {
            const char letter = text_[at_];
            const bool bare = quote == '\0';
            if (letter == quote) {
                quote = '\0';
            } else if (bare && (letter == '\'' || letter == '"')) {
                quote = letter;
            } else if (bare && letter == '\\') {
                if (at(++at_) == '\n') {
                    ++line_;  // the word goes on
                } else {
                    end += at(at_);
                }
            } else if (bare && string_view{" \t\r;|&<>"}.find(letter) != string_view::npos) {
                break;
            } else {
                end += letter;
            }
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

}  // namespace

std::vector<shell_command> split_as_bash(string_view text) {
    return bash_splitter{text}.split();
}

}  // namespace lanewise::bench::workloads
