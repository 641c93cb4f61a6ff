// What /proc/stat says of some CPUs.
#include "bench/machine/cpu_times.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "bench/machine/idle_time.hpp"

using namespace lanewise::bench;

namespace {

/// A folder in place of "/" whose proc/stat holds this text; it goes with the object.
class stat_file {
public:
    explicit stat_file(const std::string& text)
        : root_{std::filesystem::temp_directory_path() /
                ("lanewise-cpu-times-" + std::to_string(getpid()))} {
        std::filesystem::create_directories(root_ / "proc");
        std::ofstream{root_ / "proc/stat"} << text;
    }
    ~stat_file() {
        std::error_code error;
        std::filesystem::remove_all(root_, error);
    }
    stat_file(const stat_file&) = delete;
    stat_file& operator=(const stat_file&) = delete;

    [[nodiscard]] std::string root() const { return root_.string() + "/"; }

private:
    std::filesystem::path root_;
};

}  // namespace

TEST_CASE("time that nobody used, waited for I/O or was given to others is summed over some CPUs") {
    const auto second = static_cast<int>(sysconf(_SC_CLK_TCK));
    const auto line = [&](const char* cpu, int idle, int iowait, int steal) {
        return std::string{cpu} + " 7 7 7 " + std::to_string(idle * second) + " " +
               std::to_string(iowait * second) + " 7 7 " + std::to_string(steal * second) +
               " 9 9\n";
    };
    const stat_file file{line("cpu ", 1000, 1000, 1000) + line("cpu0", 100, 20, 3) +
                         line("cpu1", 500, 500, 500) + line("cpu2", 200, 10, 4) +
                         line("cpu10", 700, 700, 700) + "intr 5 6 7\n"};
    const auto counted = cpu_times_of({0, 2, 5}, file.root());
    REQUIRE(counted);
    CHECK(counted->cpus == 2);  // there is no fifth
    CHECK(counted->idle_seconds == doctest::Approx(123 + 214));
    CHECK(counted->steal_seconds == doctest::Approx(7));
    CHECK(idle_seconds({0, 2}, file.root()).value_or(0) == doctest::Approx(337));
    CHECK_FALSE(idle_seconds({0, 2, 5}, file.root()));  // of one it is not known
    CHECK_FALSE(cpu_times_of({7}, file.root()));        // the line of all CPUs is none's
}

TEST_CASE("CPUs that the file does not name have no times, and half a line counts for none") {
    const stat_file file{"cpu  1 2 3 4 5 6 7 8\ncpu0 1 2 3 4 5 6 7\n"};
    CHECK_FALSE(cpu_times_of({0, 1}, file.root()));
    CHECK_FALSE(cpu_times_of({0}, "/no/such/folder/"));
}
