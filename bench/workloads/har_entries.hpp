// Cuts a HAR file into its entries while it is read: an entry that is no JSON does not keep the
// others from counting, a file that is cut off has the entries before the cut, and the memory that
// it takes is that of one entry.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "text_input.hpp"

namespace lanewise::bench::workloads {

class har_entries {
public:
    static constexpr std::size_t longest = std::size_t{64} << 20;

    explicit har_entries(text_input& input) : input_{&input} {}

    struct entry {
        std::string_view text;  ///< lasts until the next call; empty where it was too long
        std::size_t line = 0;   ///< where it begins
        bool cut_off = false;   ///< the file ends within it
        bool too_long = false;
    };
    /// False at the end.
    [[nodiscard]] bool next(entry& to);

    /// After the end.
    [[nodiscard]] bool has_list() const noexcept { return has_list_; }
    [[nodiscard]] bool is_closed() const noexcept { return depth_ == 0 && has_list_; }
    /// The line where something follows the HAR's end; 0: nothing does.
    [[nodiscard]] std::size_t line_behind() const noexcept { return line_behind_; }

private:
    /// True where the letter ends an entry.
    bool take(char letter, entry& to);
    void take_in_string(char letter);
    void close();

    text_input* input_;
    std::string_view piece_;
    std::size_t line_ = 1, depth_ = 0, entries_depth_ = 0, line_behind_ = 0, entry_line_ = 0;
    bool in_string_ = false, escaped_ = false, in_entry_ = false, too_long_ = false;
    bool has_list_ = false, root_closed_ = false;
    std::string string_;                ///< the last one outside of entries, its start
    std::array<std::string, 3> names_;  ///< of the members that are open, by depth
    std::string entry_;
};

}  // namespace lanewise::bench::workloads
