#include "exports.hpp"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "bench/claims/claims_kernels.hpp"
#include "bench/claims/claims_load.hpp"
#include "bench/claims/claims_sweeps.hpp"
#include "bench/documents/gaps_section.hpp"
#include "program/printable.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

std::string without_repeats(std::string_view name) {
    const auto cut = std::min(name.find("/iterations:"), name.find("/repeats:"));
    if (cut == std::string_view::npos) return std::string{name};
    // An aggregate's suffix, such as _median, comes after it.
    const auto suffix = name.find('_', cut);
    return std::string{name.substr(0, cut)} +
           (suffix == std::string_view::npos ? "" : std::string{name.substr(suffix)});
}

/// A cell of text, which no spreadsheet runs: names come from other people's machines, and what
/// begins with one of these is a formula there. The apostrophe marks it as text.
std::string cell(const std::string& given) {
    auto text = program::printable(given);
    const auto first = text.find_first_not_of(' ');
    constexpr std::string_view starts = "=+-@|%";
    constexpr std::array<std::string_view, 4> wide{"＝", "＋", "－", "＠"};
    const auto begins = [&](std::string_view mark) {
        return text.compare(first, mark.size(), mark) == 0;
    };
    if (first != std::string::npos &&
        (starts.find(text[first]) != std::string_view::npos || std::ranges::any_of(wide, begins)))
        text.insert(0, "'");
    // Some countries' spreadsheets take the semicolon for what divides cells.
    if (text.find_first_of(",;\"'") == std::string::npos) return text;
    std::string safe = "\"";
    for (const char letter : text) safe += letter == '"' ? "\"\"" : std::string{letter};
    return safe + "\"";
}

/// A number that a spreadsheet reads as one; what is none leaves the cell empty.
std::string plain(double value) {
    if (!std::isfinite(value)) return {};
    std::ostringstream text;
    text.precision(10);
    text << value;
    return text.str();
}

}  // namespace

json::value to_google_benchmark(const document& from) {
    if (!from.content.at("kernels").is_object())
        throw std::invalid_argument{from.file + ": field /kernels: holds no kernel runs"};
    auto copy = from.content.at("kernels").as_object();
    for (auto& entry : copy.at("benchmarks").as_array()) {
        for (const auto* field : {"name", "run_name"}) {
            entry.as_object()[field] = without_repeats(entry.at(field).as_string());
        }
    }
    return copy;
}

json::value to_action_benchmark(std::span<const document> documents) {
    json::array list;
    for (const auto& one : documents) {
        for (const auto& rate : kernel_rates(one)) {
            if (rate.variant == "portable") continue;
            const auto& items = rate.items_per_second;
            list.push_back({{"name", machine_name(one) + ": " + rate.kernel + "/" + rate.variant +
                                         "/" + rate.level},
                            {"unit", "items/s"},
                            {"value", items.median},
                            {"range", plain(std::max(items.ci95.high - items.median,
                                                     items.median - items.ci95.low))}});
        }
        for (const auto& load : claims_about_load(one)) {
            const auto held = load.rate_that_held();
            if (!held) continue;
            list.push_back({{"name", load.pool_and_node() + ": " + load.name()},
                            {"unit", "requests/s"},
                            {"value", *held}});
        }
    }
    return list;
}

std::string to_csv(std::span<const document> documents) {
    std::string text = "file,machine,kind,name,variant,level,threads,value,unit,low,high\n";
    const auto line = [&](const std::vector<std::string>& words, const std::string& threads,
                          const std::string& value, const std::string& unit, const std::string& low,
                          const std::string& high) {
        for (const auto& word : words) text += cell(word) + ",";
        text += threads + "," + value + "," + unit + "," + low + "," + high + "\n";
    };
    for (const auto& one : documents) {
        const auto machine = machine_name(one);
        for (const auto& rate : kernel_rates(one)) {
            const auto& items = rate.items_per_second;
            line({one.file, machine, "kernel", rate.kernel, rate.variant, rate.level}, "1",
                 plain(items.median), "items/s", plain(items.ci95.low), plain(items.ci95.high));
        }
        for (const auto& thread : claims_about_threads(one)) {
            for (const auto& point : thread.scaling) {
                line({one.file, machine, "threads", thread.kernel, "", thread.level},
                     std::to_string(point.threads), plain(point.rate), "items/s", "", "");
            }
            for (const auto& [kind, share] :
                 {std::pair{"smt_yield", &thread.smt_yield},
                  std::pair{"neighbour_penalty", &thread.neighbour_penalty},
                  std::pair{"memory_neighbour_penalty", &thread.memory_neighbour_penalty}}) {
                if (!*share) continue;
                line({one.file, machine, kind, thread.kernel, "", thread.level}, "",
                     plain((*share)->value), "share", plain((*share)->ci95.low),
                     plain((*share)->ci95.high));
            }
        }
        for (const auto& gap : gaps_of(one))
            line({one.file, machine, "gap", gap.what + ": " + gap.why, "", ""}, "", "", "", "", "");
        for (const auto& load : claims_about_load(one)) {
            for (const auto& round : load.rounds) {
                line({one.file, load.pool_and_node(), "http", load.url, "", ""}, "",
                     round.rate_at_target ? plain(*round.rate_at_target) : "", "requests/s", "",
                     "");
            }
            // The curve: the rate that was answered, and what p99 was there.
            for (const auto& step : load.curve) {
                line({one.file, load.pool_and_node(), load.closed_loop ? "closed_loop" : "p99_ms",
                      load.url + " at " + plain(step.achieved) + "/s", "", ""},
                     "", plain(step.p99_ms), "ms", "", "");
            }
        }
    }
    return text;
}

http_entry from_wrk(const std::string& text) {
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with('{')) continue;
        boost::system::error_code error;
        const auto value = json::parse(line, error);
        if (error || !value.is_object() || !value.get_object().contains("wrk")) continue;
        const auto& run = value.get_object();
        // 1e15: a year in nanoseconds, thirty times
        const auto number = [&](std::string_view name, double least, double most = 1e15) {
            const auto* found = run.if_contains(name);
            const double amount =
                found && found->is_number() ? found->to_number<double>() : least - 1;
            if (!(amount >= least && amount <= most)) {
                throw std::invalid_argument{"wrk's line: field /" + std::string{name} +
                                            ": must be a number from " + plain(least) + " to " +
                                            plain(most)};
            }
            return amount;
        };
        const auto* url = run.if_contains("url");
        if (!url || !url->is_string())
            throw std::invalid_argument{"wrk's line: field /url: is missing"};
        const auto seconds = number("seconds", 1e-6);
        const auto requests = number("requests", 0);
        const auto whole = [](double amount) { return static_cast<std::uint64_t>(amount); };
        http_step step;
        step.achieved = requests / seconds;
        step.seconds = seconds;
        step.requests = whole(requests);
        step.errors = whole(number("errors", 0));
        step.mean_ms = number("mean_us", 0) / 1000;
        step.p50_ms = number("p50_us", 0) / 1000;
        step.p90_ms = number("p90_us", 0) / 1000;
        step.p99_ms = number("p99_us", 0) / 1000;
        step.p999_ms = number("p999_us", 0) / 1000;
        step.max_ms = number("max_us", 0) / 1000;
        step.verdict = "closed loop";
        http_entry entry;
        entry.url = url->as_string();
        entry.closed_loop = true;
        entry.generator.connections = static_cast<int>(number("connections", 1, 1e6));
        entry.generator.pinning = "wrk's, which is not known";
        entry.curve.push_back(std::move(step));
        return entry;
    }
    throw std::invalid_argument{
        "holds no line of wrk.lua: run wrk --latency -s wrk.lua URL, whose last line is JSON"};
}

}  // namespace lanewise::bench
