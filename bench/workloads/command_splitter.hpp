// What the readers of Bash's and of cmd's command lines share: the commands so far, the word that
// is read, the line.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shell_words.hpp"

namespace lanewise::bench::workloads {

inline bool is_name_letter(char letter) {
    return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') || letter == '_';
}
inline bool is_digit(char letter) {
    return letter >= '0' && letter <= '9';
}

class command_splitter {
public:
    explicit command_splitter(std::string_view text) : text_{text} {}

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

    std::string_view text_;
    std::size_t at_ = 0, line_ = 1, word_line_ = 1;
    std::vector<shell_command> commands_;
    shell_command current_;
    shell_word word_;
    bool in_word_ = false, skipping_ = false;
    int dropping_words_ = 0;  ///< the file of a redirection
};

[[nodiscard]] std::vector<shell_command> split_as_bash(std::string_view text);
[[nodiscard]] std::vector<shell_command> split_as_cmd(std::string_view text);

}  // namespace lanewise::bench::workloads
