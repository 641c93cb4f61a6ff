#include "har_entries.hpp"

namespace lanewise::bench::workloads {
namespace {

bool is_blank(char letter) {
    return letter == ' ' || letter == '\t' || letter == '\r' || letter == '\n';
}

}  // namespace

void har_entries::take_in_string(char letter) {
    constexpr std::size_t name_max = 32;
    if (escaped_) {
        escaped_ = false;
    } else if (letter == '\\') {
        escaped_ = true;
    } else if (letter == '"') {
        in_string_ = false;
        return;
    }
    if (!in_entry_ && string_.size() < name_max) string_ += letter;
}

void har_entries::close() {
    if (depth_ == 0) return;
    --depth_;
    if (depth_ < entries_depth_) entries_depth_ = 0;
    if (depth_ == 0) root_closed_ = true;
}

bool har_entries::take(char letter, entry& to) {
    if (letter == '\n') ++line_;
    if (in_string_) {
        if (in_entry_ && !too_long_) entry_ += letter;
        take_in_string(letter);
        return false;
    }
    const bool between = entries_depth_ != 0 && depth_ == entries_depth_ && !in_entry_;
    if (between && !is_blank(letter) && letter != ',' && letter != ']') {
        in_entry_ = true;
        too_long_ = false;
        entry_.clear();
        entry_line_ = line_;
    }
    const bool is_plain_end =
        in_entry_ && depth_ == entries_depth_ && (letter == ',' || letter == ']');
    if (in_entry_ && !is_plain_end && !too_long_) {
        entry_ += letter;
        if (entry_.size() > longest) {
            too_long_ = true;
            entry_ = {};
        }
    }
    if (letter == '"') {
        in_string_ = true;
        string_.clear();
    } else if (letter == '{' || letter == '[') {
        // A second HAR that follows is read as well.
        if (depth_ == 0 && letter == '[' && root_closed_ && line_behind_ == 0) line_behind_ = line_;
        const bool is_list = letter == '[' && names_.at(depth_ < 3 ? depth_ : 0) == "entries" &&
                             ((depth_ == 2 && names_[1] == "log") || depth_ == 1);
        ++depth_;
        if (depth_ < 3) names_.at(depth_).clear();
        if (is_list && entries_depth_ == 0) {
            entries_depth_ = depth_;
            has_list_ = true;
        }
    } else if (letter == '}' || letter == ']') {
        if (!is_plain_end) {
            const bool was_in = in_entry_;
            close();
            if (was_in && depth_ == entries_depth_ && entries_depth_ != 0) {
                in_entry_ = false;
                to = {.text = entry_, .line = entry_line_, .cut_off = false, .too_long = too_long_};
                return true;
            }
            if (entries_depth_ == 0) in_entry_ = false;
        }
    } else if (letter == ':' && !in_entry_ && depth_ > 0 && depth_ < 3) {
        names_.at(depth_) = string_;
    } else if (depth_ == 0 && root_closed_ && !is_blank(letter) && line_behind_ == 0) {
        line_behind_ = line_;
    }
    if (is_plain_end) {
        in_entry_ = false;
        if (letter == ']') close();
        to = {.text = entry_, .line = entry_line_, .cut_off = false, .too_long = too_long_};
        return true;
    }
    return false;
}

bool har_entries::next(entry& to) {
    for (;;) {
        if (piece_.empty()) piece_ = input_->read();
        if (piece_.empty()) break;
        while (!piece_.empty()) {
            const char letter = piece_.front();
            piece_.remove_prefix(1);
            if (take(letter, to)) return true;
        }
    }
    if (!in_entry_) return false;
    in_entry_ = false;
    to = {.text = entry_, .line = entry_line_, .cut_off = true, .too_long = too_long_};
    return true;
}

}  // namespace lanewise::bench::workloads
