// A CPU package whose counter of energy grows while a test runs, as a machine's own does.
#pragma once

#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace lanewise::bench {

class package_counter {
public:
    package_counter() {
        std::filesystem::create_directories(zone_);
        std::ofstream{zone_ / "name"} << "package-0\n";
        std::ofstream{zone_ / "max_energy_range_uj"} << "262143328850\n";
        grow();
        growing_ = std::jthread{[this](const std::stop_token& stop) {
            while (!stop.stop_requested()) grow();
        }};
    }
    ~package_counter() {
        growing_.request_stop();
        growing_.join();
        std::filesystem::remove_all(root_);
    }
    package_counter(const package_counter&) = delete;
    package_counter& operator=(const package_counter&) = delete;

    /// Where `sys/class/powercap` lies.
    [[nodiscard]] std::string root() const { return root_.string() + "/"; }
    /// All that was counted since this was made.
    [[nodiscard]] double joules() const { return static_cast<double>(microjoules_) * 1e-6; }

private:
    void grow() {
        const auto next = root_ / "next";
        std::ofstream{next} << microjoules_ + 1000 << "\n";
        microjoules_ += 1000;
        std::filesystem::rename(next, zone_ / "energy_uj");  // never half written
    }

    std::filesystem::path root_ =
        std::filesystem::temp_directory_path() / ("lanewise-package-" + std::to_string(::getpid()));
    std::filesystem::path zone_ = root_ / "sys/class/powercap/intel-rapl:0";
    std::atomic<std::uint64_t> microjoules_ = 0;
    std::jthread growing_;
};

}  // namespace lanewise::bench
