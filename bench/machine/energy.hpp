// Joules, where the machine shows them: Linux powercap, packages only, so that nothing counts
// twice.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace lanewise::bench {

class energy_meter {
public:
    /// Finds the packages' counters below root; they are readable by root alone on most systems.
    explicit energy_meter(std::string root = "/");

    [[nodiscard]] bool readable() const noexcept { return !ranges_.empty(); }

    /// Microjoules of each package.
    using reading = std::map<std::string, std::uint64_t>;
    [[nodiscard]] reading read() const;

    /// Joules between two readings, a counter that wrapped once included; nullopt where none is
    /// readable.
    [[nodiscard]] std::optional<double> joules(const reading& before, const reading& after) const;

private:
    std::string root_;
    std::map<std::string, std::uint64_t> ranges_;  ///< folder -> where its counter wraps
};

}  // namespace lanewise::bench
