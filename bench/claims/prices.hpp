// What an hour of an instance costs: the table of prices.csv, the user's own, and factors for spot
// or commitments.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lanewise::bench {

struct price {
    std::string provider, region, instance, architecture;
    int vcpus = 0;
    int threads_per_core = 0;  ///< 1: a vCPU is a whole core; 2: it is one of a core's two threads
    double memory_gib = 0;     ///< 0: not known
    double usd_per_hour = 0;   ///< on demand; 0: only its spot price is known
    std::string source;
    std::string date;  ///< as in 2026-07-20; empty: not known
    std::string weak;  ///< why it is to be taken with care; may be empty

    struct spot_price {
        double usd_per_hour = 0;
        std::optional<double> low, high;  ///< over zones; none: not known
        std::string date;
    };
    std::optional<spot_price> spot;  ///< none: not known
};

class price_table {
public:
    /// Reads CSV (RFC 4180; lines that begin with # are comments) with the header of prices.csv, of
    /// which instance and usd_per_hour are needed; of an instance that comes twice the first
    /// counts. A row may have a spot price alone. Throws std::invalid_argument that names file,
    /// line and field.
    [[nodiscard]] static price_table parse(const std::string& file, std::string_view text);

    /// The table that is part of the program.
    [[nodiscard]] static price_table built_in();

    /// "m7g.xlarge=0.12" in dollars an hour, or "m7g.xlarge=x0.4" as a factor on the table's;
    /// throws like parse.
    void set(const std::string& assignment);

    /// The first row of the instance that has a price on demand, with the spot price of its region
    /// where another row has that. It is weak where another region has another price; nullopt:
    /// unknown.
    [[nodiscard]] std::optional<price> find(std::string_view instance) const;

    [[nodiscard]] const std::vector<price>& rows() const noexcept { return rows_; }

private:
    std::vector<price> rows_;
};

/// Whether the text is a day such as 2026-07-20.
[[nodiscard]] bool is_day(std::string_view text);

/// Days from the price's date to `today`; nullopt: it has none. Negative: it lies ahead.
[[nodiscard]] std::optional<int> age_in_days(const price& one, std::string_view today);

/// The table as CSV that parse() reads.
[[nodiscard]] std::string csv_of(std::span<const price> rows);

/// Sentences about a price: no date, older than 90 days on `today` (2026-11-24) or ahead of
/// it, weak.
[[nodiscard]] std::vector<std::string> warnings_about(const price& one, std::string_view today);

}  // namespace lanewise::bench
