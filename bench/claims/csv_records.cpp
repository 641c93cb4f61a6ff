#include "csv_records.hpp"

#include <utility>

namespace lanewise::bench {

std::vector<csv_record> csv_records(std::string_view text) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // a byte order mark
    std::vector<csv_record> records;
    int line = 1;
    for (std::size_t at = 0; at < text.size();) {
        csv_record one{line, {""}};
        bool quoted = false, over = false;
        for (; at < text.size() && !over; ++at) {
            const char letter = text[at];
            if (letter == '\n') ++line;
            if (quoted && letter == '"' && at + 1 < text.size() && text[at + 1] == '"') {
                one.cells.back() += '"';
                ++at;
            } else if (letter == '"' && (quoted || one.cells.back().empty())) {
                quoted = !quoted;
            } else if (!quoted && letter == ',') {
                one.cells.emplace_back();
            } else if (!quoted && letter == '\n') {
                over = true;
            } else if (quoted || letter != '\r' || (at + 1 < text.size() && text[at + 1] != '\n')) {
                one.cells.back() += letter;
            }
        }
        const bool blank = one.cells.size() == 1 && one.cells[0].empty();
        if (!blank && !one.cells[0].starts_with('#')) records.push_back(std::move(one));
    }
    return records;
}

}  // namespace lanewise::bench
