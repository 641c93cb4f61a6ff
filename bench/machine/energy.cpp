#include "energy.hpp"

#include <filesystem>
#include <fstream>

namespace lanewise::bench {
namespace {

std::optional<std::uint64_t> read_number(const std::filesystem::path& file) {
    std::ifstream stream{file};
    std::uint64_t value = 0;
    return stream >> value ? std::optional{value} : std::nullopt;
}

}  // namespace

energy_meter::energy_meter(std::string root) : root_{std::move(root)} {
    std::error_code error;
    const std::filesystem::path zones = std::filesystem::path{root_} / "sys/class/powercap";
    for (std::filesystem::directory_iterator zone{zones, error}, end; !error && zone != end;
         zone.increment(error)) {
        std::string name;
        std::ifstream{zone->path() / "name"} >> name;
        if (!name.starts_with("package")) continue;  // core, uncore and dram zones are parts of it
        const auto range = read_number(zone->path() / "max_energy_range_uj");
        if (range && read_number(zone->path() / "energy_uj"))
            ranges_[zone->path().string()] = *range;
    }
}

energy_meter::reading energy_meter::read() const {
    reading now;
    for (const auto& [zone, range] : ranges_) {
        if (const auto counter = read_number(std::filesystem::path{zone} / "energy_uj"))
            now[zone] = *counter;
    }
    return now;
}

std::optional<double> energy_meter::joules(const reading& before, const reading& after) const {
    if (ranges_.empty()) return std::nullopt;
    double microjoules = 0;
    for (const auto& [zone, range] : ranges_) {
        const auto first = before.find(zone);
        const auto last = after.find(zone);
        if (first == before.end() || last == after.end()) return std::nullopt;
        const auto used = last->second >= first->second ? last->second - first->second
                                                        : range - first->second + last->second;
        microjoules += static_cast<double>(used);
    }
    return microjoules * 1e-6;
}

}  // namespace lanewise::bench
