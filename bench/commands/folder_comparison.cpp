#include "folder_comparison.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "bench/figures/statistics.hpp"
#include "bench/imports/google_benchmark.hpp"
#include "bench/machine/progress.hpp"
#include "child_program.hpp"
#include "measure_in_turn.hpp"

namespace lanewise::bench {
namespace {

using rates = std::vector<std::pair<std::string, double>>;  // by the case's name, a second

void check_folder(const std::string& folder) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(folder, ignored)) {
        throw std::invalid_argument{
            "\"" + folder +
            "\" is no folder: compare BASE HEAD -- COMMAND runs one command in two"};
    }
}

ended run_well(const std::vector<std::string>& words, const std::string& directory,
               const temporary_folder& folder) {
    auto run = run_program(words, folder, directory);
    if (run.code != 0)
        throw std::runtime_error{words[0] + " in " + directory + " ended with " +
                                 how_it_ended(run)};
    return run;
}

/// Runs a second, of as many runs as the time takes: a run that began is finished.
rates time_command(const folder_options& options, const std::string& directory,
                   const temporary_folder& folder) {
    double seconds = 0;
    int runs = 0;
    while ((runs == 0 || seconds < options.seconds) && !interrupted()) {
        seconds += run_well(options.words, directory, folder).seconds;
        ++runs;
    }
    if (runs == 0) return {};
    return {{options.words[0], runs / seconds}};
}

rates run_benchmarks(const folder_options& options, const std::string& directory,
                     const temporary_folder& folder) {
    const auto file = folder / "benchmarks.json";
    auto words = options.words;
    words.insert(words.end(), {"--benchmark_out=" + file, "--benchmark_out_format=json",
                               "--benchmark_repetitions=3"});
    run_well(words, directory, folder);
    rates found;
    for (const auto& one : read_google_benchmark(file).cases) {
        if (!one.rates.empty()) found.emplace_back(one.name, median(one.rates));
    }
    return found;
}

}  // namespace

std::vector<paired_case> run_in_folders(const folder_options& options) {
    for (const auto& one : {options.base, options.head}) check_folder(one);
    const temporary_folder folder;
    const auto measure = [&](const std::string& directory) {
        return options.google_benchmark ? run_benchmarks(options, directory, folder)
                                        : time_command(options, directory, folder);
    };
    // Once each that does not count: files are read into memory, and a failure is told at once.
    if (!options.google_benchmark) {
        for (const auto& one : {options.base, options.head}) run_well(options.words, one, folder);
    }
    std::vector<paired_case> cases;
    const auto add_round = [&](const rates& base, const rates& head) {
        for (const auto& [name, rate] : base) {
            const auto same = std::ranges::find(head, name, &rates::value_type::first);
            if (same == head.end() || rate <= 0 || same->second <= 0) continue;
            add_pair(cases, name, rate, same->second);
        }
    };
    measure_in_turn(options.rounds, options.base, options.head, measure, add_round);
    return cases;
}

}  // namespace lanewise::bench
