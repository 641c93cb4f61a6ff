// lanewise-bench live: what a service's own traffic says of its pools.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <chrono>
#include <cmath>
#include <ctime>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/claims/claims_live.hpp"
#include "bench/claims/claims_live_curve.hpp"
#include "bench/documents/document.hpp"
#include "bench/documents/files.hpp"
#include "bench/live/gathering.hpp"
#include "bench/live/presets.hpp"
#include "bench/live/prometheus.hpp"
#include "command.hpp"
#include "live_prices.hpp"
#include "program/printable.hpp"

namespace lanewise::bench {
namespace {

constexpr int candidate_is_worse = 3, not_decided = 4;
constexpr std::size_t windows_max = 2'000;  // a Prometheus answers at most 11,000 points a series
constexpr std::size_t windows_by_default = 120;
constexpr double window_s_min = 60;  // four samples at the usual 15 s between scrapes
constexpr std::size_t token_bytes_max = 64 << 10;

struct live_command {
    live::prometheus_options prometheus;
    live::gather_options gather;
    std::vector<std::string> preset{"lanewise"};
    std::string pool_label, since = "6h", window, until, planned, token_file, output;
    double error_margin = 0.1, slow_margin = 0.5;  // in points: hundredths of the requests
    double timeout_s = 60;
    std::optional<double> planned_windows;  ///< by --planned
    std::uint64_t planned_steps = 1;
    live_price_flags prices;
    std::vector<std::string> curves;
    std::vector<std::string> command;
};

/// 90s, 30m, 6h, 2d or a number of seconds.
double duration_s(const std::string& option, const std::string& text) {
    double value = 0;
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value);
    const std::string_view unit{end, static_cast<std::size_t>(last - end)};
    const double factor = unit.empty() || unit == "s" ? 1
                          : unit == "m"               ? 60
                          : unit == "h"               ? 3600
                          : unit == "d"               ? 86400
                                                      : 0;
    if (error != std::errc{} || factor == 0 || !(value > 0) || value * factor > 86400.0 * 366)
        throw std::invalid_argument{option + " " + text +
                                    ": is no time such as 90s, 30m, 6h or 2d"};
    return value * factor;
}

/// Seconds since 1970, or a time such as 2026-11-29T17:00:00Z.
double point_in_time(const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size() && value > 0 && value < 1e11)
        return value;
    std::tm parts{};
    const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    if (!rest || *rest)
        throw std::invalid_argument{"--until " + text +
                                    ": is no time such as 2026-11-29T17:00:00Z"};
    return static_cast<double>(timegm(&parts));
}

double now_s() {
    using namespace std::chrono;
    return duration<double>(system_clock::now().time_since_epoch()).count();
}

void read_token(live_command& options) {
    if (options.token_file.empty()) return;
    std::string text;
    try {
        text = read_file(options.token_file);
    } catch (const std::system_error& error) {
        throw std::invalid_argument{std::string{"--token-file "} + error.what()};
    }
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    const bool visible = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 127; });
    if (text.empty() || !visible || text.size() > token_bytes_max)
        throw std::invalid_argument{"--token-file " + options.token_file +
                                    ": holds no token, one word of visible letters"};
    options.prometheus.authorization = "Bearer " + text;
}

void read_options(live_command& options) {
    auto& gather = options.gather;
    if (options.preset.front() == "custom") {
        if (options.preset.size() != 2)
            throw std::invalid_argument{"--preset custom needs a file: --preset custom FILE"};
        gather.series = live::parse_preset(options.preset[1], read_file(options.preset[1]));
    } else {
        if (options.preset.size() != 1)
            throw std::invalid_argument{"--preset " + options.preset.front() + " takes no file"};
        gather.series = live::preset_named(options.preset.front());
    }
    if (!options.pool_label.empty()) gather.series.pool_label = options.pool_label;
    live::check_label(gather.series.pool_label);
    (void)live::with_matchers(gather.series.requests, gather.matchers);
    const double since = duration_s("--since", options.since);
    double window = since / windows_by_default;
    window = options.window.empty() ? std::max(window_s_min, std::ceil(window / 15) * 15)
                                    : duration_s("--window", options.window);
    if (window < 1 || window != std::floor(window))
        throw std::invalid_argument{"--window " + options.window + ": is no whole second"};
    gather.window_seconds = window;
    const double windows = std::floor(since / window);
    if (windows < 1 || windows > static_cast<double>(windows_max))
        throw std::invalid_argument{"--since " + options.since + " holds " +
                                    std::to_string(static_cast<long long>(windows)) +
                                    " windows: 1 to " + std::to_string(windows_max) +
                                    " can be read (--window)"};
    gather.windows = static_cast<std::size_t>(windows);
    if (!options.planned.empty())
        options.planned_windows = std::max(1.0, duration_s("--planned", options.planned) / window);
    const double until = options.until.empty() ? now_s() : point_in_time(options.until);
    gather.start = std::floor(until) - windows * window;
    options.prometheus.patience = std::chrono::duration<double>{options.timeout_s};
    read_token(options);
}

void say(std::ostream& to, const live_section& section, const live_claims& claims) {
    const auto line = [&](const std::string& text) {
        if (!text.empty()) to << program::printable(text) << "\n";
    };
    line(claims.sentence());
    for (const auto& reason : claims.reasons) line(reason);
    line(claims.cost_sentence());
    if (claims.windows_less > 0)
        line(std::to_string(claims.windows_less) + " of " + std::to_string(section.windows) +
             " windows do not count: one of the pools was not seen, or not asked.");
    for (const auto& one : section.omissions)
        line("Left out or mended: " + std::to_string(one.count) + " " + one.what + ".");
    for (const auto& one : section.warnings) line("The Prometheus warns: " + one);
}

int exit_status(live_verdict verdict) {
    if (verdict == live_verdict::not_worse) return 0;
    return verdict == live_verdict::worse ? candidate_is_worse : not_decided;
}

/// Before the Prometheus is asked: a file that can't be read is the user's to mend.
std::vector<load_claims> loads_of(const std::vector<std::string>& files) {
    std::vector<load_claims> loads;
    const auto read = load_documents(files);
    if (!read.bad.empty()) throw std::invalid_argument{"--curve " + read.bad.front().sentence()};
    for (const auto& one : read.documents) {
        auto found = claims_about_load(one);
        std::ranges::move(found, std::back_inserter(loads));
    }
    return loads;
}

int look_at_traffic(live_command& options) {
    read_options(options);
    const auto loads = loads_of(options.curves);
    live::prometheus from{options.prometheus};
    const live::ask_range ask = [&](const std::string& promql, const live::time_range& over) {
        return from.range(promql, over);
    };
    auto section = live::gather(options.gather, ask);
    section.source = from.name();
    section.error_margin = options.error_margin / 100;
    section.slow_margin = options.slow_margin / 100;
    section.planned_windows = options.planned_windows;
    if (options.planned_steps > 1) section.planned_steps = options.planned_steps;
    set_prices(options.prices, section, [&] { return live::nodes_seen(options.gather, ask); });
    auto claims = claims_about_live(section);
    // A partial answer may lack what would speak against the candidate.
    if (!section.warnings.empty() && claims.verdict == live_verdict::not_worse) {
        claims.verdict = live_verdict::not_decided;
        claims.reasons.emplace_back("The Prometheus warned: its answer may not be whole.");
    }
    const auto value = write_section(section);
    if (const auto bad = check_part("live", options.prometheus.url, value); !bad.empty())
        throw std::runtime_error{"the figures make no document: " + bad.front().sentence()};
    if (!options.output.empty()) {
        auto document = new_document(options.command);
        document["live"] = value;
        write_atomically(options.output, document_text(std::move(document)));
    }
    auto& to = options.output == "-" ? std::cerr : std::cout;
    say(to, section, claims);
    if (const auto equal = costs_at_equal_use(section, claims, loads))
        to << program::printable(equal->sentence()) << "\n";
    else if (!options.curves.empty())
        to << "The documents of --curve have no headroom curve of " +
                  program::printable(section.candidate) + ".\n";
    return exit_status(claims.verdict);
}

}  // namespace

void add_live(CLI::App& program, chosen_command& chosen) {
    auto options = std::make_shared<live_command>();
    auto* command = program.add_subcommand(
        "live", "Say by a Prometheus whether a service's own traffic does worse on one pool");
    command->add_option("--prometheus", options->prometheus.url, "Address of the Prometheus")
        ->type_name("URL")
        ->required();
    command
        ->add_option("--preset", options->preset,
                     "Names of the series: lanewise, nginx-ingress, envoy, istio, go, or custom "
                     "and a file (default: lanewise)")
        ->type_name("NAME")
        ->expected(1, 2);
    command
        ->add_option("--pool-label", options->pool_label,
                     "Label that names the pool (default: the preset's, arch for most)")
        ->type_name("LABEL");
    command
        ->add_option("--baseline", options->gather.baseline,
                     "Pool to compare with (default: the one named amd64 or x86_64)")
        ->type_name("POOL");
    command
        ->add_option("--candidate", options->gather.candidate,
                     "Pool to judge (default: the one named arm64 or aarch64)")
        ->type_name("POOL");
    command
        ->add_option("--match", options->gather.matchers,
                     "Matchers for every series, such as namespace=\"shop\"")
        ->type_name("MATCHERS");
    command->add_option("--since", options->since, "Time to look back: 30m, 6h or 2d")
        ->type_name("TIME")
        ->capture_default_str();
    command
        ->add_option("--until", options->until,
                     "End of that time, such as 2026-11-29T17:00:00Z (default: now)")
        ->type_name("TIME");
    command
        ->add_option("--window", options->window,
                     "Length of a window, at least four scrapes (default: a 120th of --since, 60s "
                     "at least)")
        ->type_name("TIME");
    auto* planned =
        command
            ->add_option(
                "--planned", options->planned,
                "Time after which a decision is planned, where the question is asked again and "
                "again meanwhile: the intervals then hold at all those looks together "
                "(default: this is the only look)")
            ->type_name("TIME");
    command
        ->add_option("--planned-steps", options->planned_steps,
                     "Steps of a canary, each watched so: the intervals then hold in all of them "
                     "together")
        ->check(CLI::Range(1, 100))
        ->needs(planned)
        ->capture_default_str();
    command
        ->add_option("--error-margin", options->error_margin,
                     "Points by which the share of errors may be larger: 0.1 is 1 request in 1,000")
        ->check(CLI::Range(0.0, 100.0))
        ->capture_default_str();
    command
        ->add_option(
            "--slow-margin", options->slow_margin,
            "Points by which the share of requests beyond the baseline's p99 may be larger")
        ->check(CLI::Range(0.0, 100.0))
        ->capture_default_str();
    command
        ->add_option("--price", options->prices.prices,
                     "Price of a whole pool, dollars an hour; give the option again for the other "
                     "(default: by --instance, else by node labels or OpenCost)")
        ->type_name("POOL=USD")
        ->allow_extra_args(false);
    command
        ->add_option("--instance", options->prices.instances,
                     "Nodes of a pool, as arm64=m7g.2xlarge or arm64=3xm7g.2xlarge")
        ->type_name("POOL=TYPE")
        ->allow_extra_args(false);
    command
        ->add_option("--cpus", options->prices.cpus,
                     "CPUs that a pool has (default: its instances')")
        ->type_name("POOL=N")
        ->allow_extra_args(false);
    command
        ->add_option("--curve", options->curves,
                     "Document of the http command with a headroom curve of the candidate: costs "
                     "are also compared at one utilisation")
        ->type_name("FILE")
        ->allow_extra_args(false);
    command
        ->add_option("--token-file", options->token_file,
                     "File with a bearer token for the Prometheus")
        ->type_name("FILE");
    command
        ->add_option("--cacert", options->prometheus.tls.ca_file,
                     "File of the certificates to trust, in PEM (default: the system's)")
        ->type_name("FILE");
    command->add_flag("--insecure{false}", options->prometheus.tls.verify, "Take any certificate");
    command->add_option("--timeout", options->timeout_s, "Seconds for all questions together")
        ->check(CLI::Range(0.1, 3600.0))
        ->capture_default_str();
    command
        ->add_option("-o,--output", options->output,
                     "File for the document, which the report reads; - is standard output")
        ->type_name("FILE");
    command->footer(
        "\nThe candidate is not worse where the 95 % intervals of both differences, errors and "
        "slow "
        "requests, end below their margins.\nEach window compares the pools within itself, so that "
        "neither the time of day nor a growing share favours one.\n\n"
        "EXIT STATUS\n  0 not worse, 3 worse, 4 not decided, 1 the Prometheus gave no answer, 2 "
        "bad "
        "usage\n\n"
        "EXAMPLES\n  lanewise-bench live --prometheus http://prometheus:9090 --since 6h\n"
        "  lanewise-bench live --prometheus http://prometheus:9090 --preset go --match "
        "'job=\"shop\"' --price amd64=1.6 --price arm64=1.3 -o live.json");
    command->final_callback([options, &chosen] {
        options->command = chosen.words;
        chosen.run = [options] { return look_at_traffic(*options); };
    });
}

}  // namespace lanewise::bench
