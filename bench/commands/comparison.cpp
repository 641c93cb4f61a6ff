#include "comparison.hpp"

#include <algorithm>
#include <iostream>
#include <stdexcept>
#include <utility>

#include "bench/claims/claims_kernels.hpp"
#include "bench/claims/regressions.hpp"
#include "bench/documents/document.hpp"
#include "bench/documents/files.hpp"
#include "bench/figures/format.hpp"
#include "bench/load/http_load.hpp"
#include "bench/load/http_target.hpp"
#include "bench/machine/progress.hpp"
#include "bench/measure/build_type.hpp"
#include "child_program.hpp"
#include "folder_comparison.hpp"
#include "kernels/machine/machine.hpp"
#include "measure_in_turn.hpp"

namespace lanewise::bench {
namespace {

constexpr int regression = 3;
constexpr int bad_usage = 2;
constexpr auto seconds_of_repetition = "0.01";  ///< so that twelve runs take some minutes

/// One quick run of a build; a build from before there were sweeps does not know how to leave them
/// out.
document measure(const std::string& program, const std::vector<std::string>& kernels,
                 const temporary_folder& folder) {
    const auto file = folder / "result.json";
    std::vector<std::string> words{program,    "run", "--quick", "--seconds", seconds_of_repetition,
                                   "--output", file};
    for (const auto& kernel : kernels) words.insert(words.end(), {"--kernel", kernel});
    auto shorter = words;
    shorter.emplace_back("--no-sweeps");
    auto run = run_program(shorter, folder);
    if (run.code == bad_usage) run = run_program(words, folder);
    if (run.code != 0) {
        throw std::runtime_error{program + " run ended with " + how_it_ended(run)};
    }
    auto parsed = parse_document(file, read_file(file));
    if (const auto* bad = std::get_if<std::vector<bad_document>>(&parsed)) {
        throw std::runtime_error{program +
                                 ": its document can't be used: " + bad->front().sentence()};
    }
    return std::get<document>(std::move(parsed));
}

/// Throws unless the program is a lanewise-bench that runs here: said at once, not after the other
/// one was measured.
void check_program(const std::string& program, const temporary_folder& folder) {
    const auto version = run_program({program, "--version"}, folder);
    if (version.code != 0 || !version.output.starts_with("lanewise-bench ")) {
        throw std::runtime_error{
            program + " is no lanewise-bench: --version ended with exit code " +
            std::to_string(version.code) +
            (version.output.empty() ? "" : " and said \"" + version.output + "\"")};
    }
    const auto tried = run_program(
        {program, "run", "--quick", "--no-sweeps", "--kernel", "dot_f32", "--repetitions", "1",
         "--seconds", "0.0001", "--output", folder / "tried.json"},
        folder);
    // A build from before one of these options says bad usage, and is no worse for that.
    if (tried.code != 0 && tried.code != bad_usage) {
        throw std::runtime_error{program + " run ended with " + how_it_ended(tried)};
    }
}

void add_round(const document& base, const document& head, std::vector<paired_case>& cases) {
    const auto before = kernel_rates(base), after = kernel_rates(head);
    for (const auto& one : before) {
        if (one.variant == "portable") continue;
        const auto same = std::ranges::find_if(after, [&](const kernel_rate& other) {
            return other.kernel == one.kernel && other.variant == one.variant &&
                   other.level == one.level && other.parameters == one.parameters;
        });
        if (same == after.end()) continue;  // only cases that both builds have
        add_pair(cases, one.kernel + "/" + one.variant + "/" + one.level,
                 one.items_per_second.median, same->items_per_second.median);
    }
}

/// Rounds of all kernels, or of those that are named.
std::vector<paired_case> run_builds(const compare_options& options,
                                    const std::vector<std::string>& kernels) {
    const temporary_folder folder;
    for (const auto& program : {options.base, options.head}) check_program(program, folder);
    std::vector<paired_case> cases;
    measure_in_turn(
        options.rounds, options.base, options.head,
        [&](const std::string& program) { return measure(program, kernels, folder); },
        [&](const document& base, const document& head) { add_round(base, head, cases); });
    return cases;
}

std::vector<paired_case> run_servers(const compare_options& options) {
    http_options load;
    load.pools = {http_pool{options.base, {}, {}, {}, {}}, http_pool{options.head, {}, {}, {}, {}}};
    load.rounds = options.rounds;
    load.p99_ms = options.p99_ms;
    load.seconds = options.seconds;
    load.curve = false;
    const auto made = run_http(machine::read(), "", load);
    paired_case pair{
        "requests a second with p99 within " + digits(options.p99_ms, 2) + " ms", {}, {}};
    const auto& base = made.entries.at(0).rounds;
    const auto& head = made.entries.at(1).rounds;
    std::size_t spoilt = 0;
    for (std::size_t i = 0; i < std::min(base.size(), head.size()); ++i) {
        // A round counts where both have a figure: pairs are what is compared.
        if (!base[i].rate_at_target || !head[i].rate_at_target) {
            spoilt += base[i].bound_by_generator || head[i].bound_by_generator ? 1 : 0;
            continue;
        }
        pair.base.push_back(*base[i].rate_at_target);
        pair.head.push_back(*head[i].rate_at_target);
    }
    if (pair.base.size() < 3 && !interrupted()) {
        throw std::runtime_error{
            "nothing to compare: only in " + counted(pair.base.size(), "round") +
            " both servers confirmed a rate" +
            (spoilt > 0 ? "; in " + counted(spoilt, "round") +
                              " the generator could not hold its own, which needs a quieter machine"
                        : "")};
    }
    return {pair};
}

/// The kernels of the cases that look slower: "dot_f32" of "dot_f32/avx2/L1".
std::vector<std::string> suspects(const std::vector<case_change>& changes) {
    std::vector<std::string> names;
    for (const auto& one : changes) {
        const auto kernel = one.name.substr(0, one.name.find('/'));
        if (one.regressed && std::ranges::find(names, kernel) == names.end())
            names.push_back(kernel);
    }
    return names;
}

std::string signed_percent(double share) {
    return (share < 0 ? "-" : "+") + percent(std::abs(share));
}

std::string text_of(const std::vector<case_change>& changes, const compare_options& options) {
    const auto slower = std::ranges::count_if(changes, &case_change::regressed);
    std::string text =
        slower > 0 ? std::to_string(slower) + " of " + counted(changes.size(), "case") +
                         " got slower by more than " + percent(options.bound) + ", beyond doubt.\n"
                   : "No case of " + std::to_string(changes.size()) + " got slower by more than " +
                         percent(options.bound) + " beyond doubt.\n";
    text += "\n| case | change | 98 % interval | |\n|---|---:|---:|---|\n";
    for (const auto& one : changes) {
        text += "| " + one.name + " | " + signed_percent(one.change) + " | " +
                signed_percent(one.ci98.low) + " to " + signed_percent(one.ci98.high) + " | " +
                (one.regressed ? "**slower**" : "") + " |\n";
    }
    return text;
}

}  // namespace

int compare(const compare_options& options) {
    catch_interruption();
    if (looks_like_url(options.base) != looks_like_url(options.head)) {
        throw std::invalid_argument{"compare takes two programs or two URLs, not one of each"};
    }
    const bool servers = looks_like_url(options.base);
    const bool folders = !options.words.empty();
    if (servers && folders)
        throw std::invalid_argument{"a command is compared in two folders, not at two URLs"};
    if (options.google_benchmark && !folders)
        throw std::invalid_argument{
            "--google-benchmark needs a program: compare BASE HEAD --google-benchmark -- PROGRAM"};
    if (servers && !release_build) {
        throw std::runtime_error{
            "this is a debug build, whose times mean nothing; build the release preset"};
    }
    check_output(options.output);
    const auto run = [&](const std::vector<std::string>& kernels) {
        if (folders) {
            return judge_changes(
                run_in_folders({options.base, options.head, options.words, options.rounds,
                                options.seconds, options.google_benchmark}),
                options.bound);
        }
        return judge_changes(servers ? run_servers(options) : run_builds(options, kernels),
                             options.bound);
    };
    auto changes = run(options.kernels);
    if (const auto names = suspects(changes); !names.empty() && !interrupted()) {
        std::cerr << "lanewise-bench: "
                  << (servers   ? "the second server"
                      : folders ? "the second folder's program"
                                : counted(names.size(), "kernel"))
                  << " may be slower: measured once more, to be sure\n";
        keep_confirmed(changes, run(names));
    }
    if (interrupted()) throw std::runtime_error{"interrupted: nothing was decided"};
    if (changes.empty())
        throw std::runtime_error{
            "nothing to compare: fewer than three rounds of any case that both have"};
    write_atomically(options.output, text_of(changes, options));
    return std::ranges::any_of(changes, &case_change::regressed) ? regression : 0;
}

}  // namespace lanewise::bench
