// Copies of a program that run together, each pinned to its hardware thread, again and again for
// the same time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/documents/exec_section.hpp"
#include "bench/machine/event_counters.hpp"
#include "started_program.hpp"
#include "work_reader.hpp"

namespace lanewise::bench {

/// What is run, whatever its placement.
struct program_plan {
    std::vector<std::string> words;          ///< {copy} in them becomes the copy's number, from 0
    std::string path;                        ///< the file to run
    std::string directory;                   ///< empty: the bench's own
    double patience_seconds = 300;           ///< of one run
    double work = 1;                         ///< units of one run
    const work_reader* work_from = nullptr;  ///< reads the units from each run's output instead
    const event_source* events = nullptr;    ///< none: nothing is counted
};

/// One copy, with what its runs share.
class program_copy {
public:
    program_copy(const program_plan& plan, int number, int copies, int cpu);

    [[nodiscard]] const program_image& image() const noexcept { return image_; }
    [[nodiscard]] program_outputs& outputs() noexcept { return outputs_; }
    [[nodiscard]] int number() const noexcept { return number_; }
    [[nodiscard]] int cpu() const noexcept { return cpu_; }

private:
    int number_, cpu_;
    program_image image_;
    program_outputs outputs_;
};

struct copy_result {
    bool pinned = false;
    bool counts = true;
    std::uint64_t runs = 0;
    double units = 0;
    double seconds = 0;            ///< until the end of its last run that counts
    double cpu_seconds = 0;        ///< of the runs that count
    double cpu_seconds_other = 0;  ///< of those that don't: they keep the others company
    double bench_cpu_seconds = 0;  ///< of the thread that starts and watches them
    std::uint64_t memory_bytes_max = 0;
    std::vector<double> run_seconds, run_cpu_seconds;
    std::vector<std::uint64_t> run_memory_bytes;
    event_counts events;  ///< of the runs that count, with all that they started
    std::optional<exec_failure> failure;
};

struct copies_result {
    std::vector<copy_result> copies;
    double seconds = 0;  ///< until the last of them was over
    std::uint64_t left_behind = 0;
    double cpu_seconds_left_behind = 0;
    bool interrupted = false;  ///< by the user: the figures say nothing
};

/// Runs every copy for at least `seconds`. The first `counting` of them count; a copy that is done
/// goes on until the last that counts is, so that each has the same company all the time, and what
/// it runs then is stopped at the end. A run that fails stops all. What outlives the runs is ended.
/// To be called on the main thread, which the system makes the parent of orphans.
[[nodiscard]] copies_result run_copies(const program_plan& plan,
                                       std::vector<std::unique_ptr<program_copy>>& copies,
                                       std::size_t counting, double seconds);

/// Runs a command line of the shell's in the plan's place for each copy, once. Throws
/// std::runtime_error with the end of its errors where one fails.
void run_setup(const program_plan& plan, const std::string& command_line, int copies);

}  // namespace lanewise::bench
