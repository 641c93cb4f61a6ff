// Tables in CSV: the program's own, and those of a user.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lanewise::bench {

struct csv_record {
    int line;  ///< where it begins
    std::vector<std::string> cells;
};

/// Records of RFC 4180: fields in quotes may hold commas, line ends and doubled quotes. Lines that
/// are blank or begin with # are no records.
[[nodiscard]] std::vector<csv_record> csv_records(std::string_view text);

}  // namespace lanewise::bench
