// Command lines as Windows' cmd reads them.

#include "command_splitter.hpp"
#include "request_text.hpp"

namespace lanewise::bench::workloads {
namespace {

using std::string_view;

/// Two passes: cmd's own (carets, variables, operators) and that of the program's start-up code
/// (quotes, and backslashes before them), which is done for each command that the first one found.
class cmd_splitter : command_splitter {
public:
    using command_splitter::command_splitter;

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
            while (at(at_) == ' ' || at(at_) == '\t') ++at_;
            for (bool quoted = false; !done() && text_[at_] != '\n'; ++at_) {
                if (text_[at_] == '"') quoted = !quoted;
                if (!quoted && string_view{" \t\r&|"}.find(text_[at_]) != string_view::npos) break;
            }
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

std::vector<shell_command> split_as_cmd(string_view text) {
    return cmd_splitter{text}.split();
}

}  // namespace lanewise::bench::workloads
