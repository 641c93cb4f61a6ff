// How many units of work a run was, read from what it printed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace lanewise::bench {

class work_reader {
public:
    /// A Perl expression whose first group, or whole match where it has none, is a number. Throws
    /// std::invalid_argument for one that is none.
    explicit work_reader(const std::string& text);
    work_reader(work_reader&&) noexcept;
    work_reader& operator=(work_reader&&) noexcept;
    ~work_reader();

    /// The number of the last match; nullopt: there is none, it is no number above 0, or the
    /// expression takes too many steps on this text.
    [[nodiscard]] std::optional<double> read(std::string_view text) const;

private:
    struct expression;
    std::unique_ptr<expression> expression_;
};

}  // namespace lanewise::bench
