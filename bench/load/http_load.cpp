#include "http_load.hpp"

#include <algorithm>
#include <array>
#include <boost/json/value.hpp>
#include <cmath>
#include <optional>
#include <variant>

#include "bench/documents/document.hpp"
#include "bench/documents/http_section.hpp"
#include "bench/documents/made_section.hpp"
#include "bench/figures/trend.hpp"
#include "bench/machine/energy.hpp"
#include "bench/machine/progress.hpp"
#include "http_generator.hpp"
#include "http_subject.hpp"
#include "load_search.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

constexpr int confirming_lengths = 3;      ///< as long as so many steps
constexpr int warm_up_windows_max = 60;    ///< of a second, where steps are of two or more
constexpr int generator_failures_max = 3;  ///< one after the other

struct step {
    double rate;
    double seconds;
    step_counts counts;
    step_verdict verdict;
    std::optional<double> joules_per_request;
    cpu_use cpu;
};

std::vector<http_failure> failures_of(const step_counts& counts) {
    std::vector<http_failure> list;
    for (const auto& [what, times] : counts.failures) list.push_back({what, times});
    return list;
}

/// `cpus`: that the server may use; 0: not known.
http_step record_of(const step& one, double cpus) {
    const auto& latency = one.counts.latency;
    const auto ms = [](const latency_histogram& times, double share) {
        return static_cast<double>(times.quantile(share)) * 1e-6;
    };
    const auto opening = [&](double share) {
        return one.counts.opened == 0 ? std::nullopt : std::optional{ms(one.counts.opening, share)};
    };
    http_step record;
    record.rate = one.rate;
    record.achieved =
        static_cast<double>(latency.count() - std::min(latency.count(), one.counts.errors)) /
        one.seconds;
    record.seconds = one.seconds;
    record.requests = one.counts.intended;
    record.errors = one.counts.errors;
    record.failures = failures_of(one.counts);
    record.late = one.counts.late;
    record.repeated = one.counts.repeated;
    record.bytes_sent = one.counts.bytes_sent;
    record.bytes_received = one.counts.bytes_received;
    record.connections_opened = one.counts.opened;
    record.sessions_resumed = one.counts.resumed;
    record.opening_p50_ms = opening(0.5);
    record.opening_p99_ms = opening(0.99);
    record.mean_ms = latency.mean() * 1e-6;
    record.p50_ms = ms(latency, 0.5);
    record.p90_ms = ms(latency, 0.9);
    record.p99_ms = ms(latency, 0.99);
    record.p999_ms = ms(latency, 0.999);
    record.max_ms = static_cast<double>(latency.maximum()) * 1e-6;
    record.joules_per_request = one.joules_per_request;
    record.verdict = name_of(one.verdict);
    record.cpus_busy = one.cpu.busy;
    record.cpus_interrupts = one.cpu.interrupts;
    if (one.cpu.seconds) {
        record.cpu_seconds = one.cpu.seconds;
        record.cpu_window_seconds = one.cpu.window_seconds;
        const auto requests = static_cast<double>(one.counts.intended + one.counts.warming);
        if (requests > 0) record.cpu_ms_per_request = 1000 * *one.cpu.seconds / requests;
        if (cpus > 0 && one.cpu.window_seconds > 0)
            record.cpu_utilisation = *one.cpu.seconds / one.cpu.window_seconds / cpus;
    }
    return record;
}

/// Joules are this machine's: they say something of a server only where it runs here, the generator
/// beside it, and they are over the warming up too, as its requests are.
std::optional<double> per_request(std::optional<double> joules, const step_counts& counts) {
    const auto requests = static_cast<double>(counts.intended + counts.warming);
    // A counter that stands still is none.
    if (!joules || *joules <= 0 || requests <= 0) return std::nullopt;
    return *joules / requests;
}

/// What the server used between two looks; why not, where either came to nothing.
cpu_use used_between(const std::variant<cpu_reading, std::string>& before,
                     const std::variant<cpu_reading, std::string>& after) {
    for (const auto* one : {&before, &after}) {
        if (const auto* why = std::get_if<std::string>(one)) return {{}, 0, {}, {}, *why};
    }
    return cpu_between(std::get<cpu_reading>(before), std::get<cpu_reading>(after));
}

/// Measures steps of one load after the other, and shows how far it is.
class stepper {
public:
    stepper(const http_options& options, std::size_t subjects)
        : options_{options},
          forecast_{subjects * static_cast<std::size_t>(options.rounds),
                    options.curve ? subjects * curve_shares.size() : 0},
          meter_{options.root} {}

    static constexpr std::array curve_shares{0.1, 0.25, 0.5, 0.7, 0.8, 0.9, 1.0, 1.1};

    [[nodiscard]] bool energy_readable() const { return meter_.readable(); }

    /// On CPUs of its own the generator stays awake, unless that would count as the server's
    /// energy.
    [[nodiscard]] bool may_sleep(const http_subject& one) const {
        return !one.own_cpus || (one.entry.generator.local && meter_.readable());
    }

    /// nullopt: Ctrl-C ended the step before it was whole.
    std::optional<http_step> measure(http_subject& one, double rate, int lengths,
                                     std::uint64_t seed) {
        const double seconds = options_.seconds * lengths;
        const double warm = std::min(0.5, seconds / 5);
        const std::variant<cpu_reading, std::string> no_cpu{"it was not asked for"};
        const auto cpu_before = one.cpu ? one.cpu->read() : no_cpu;
        const auto before = meter_.read();
        auto counts = generate_load(one.to, one.mix,
                                    {.rate = rate,
                                     .seconds = seconds,
                                     .warm_seconds = warm,
                                     .give_up_seconds = std::max(2.0, options_.p99_ms * 2e-3),
                                     .late_bound_ns = late_bound_ns(options_.p99_ms),
                                     .connections = options_.connections,
                                     .requests_per_connection = options_.requests_per_connection,
                                     .cpus = one.entry.generator.cpus,
                                     .sleeps = may_sleep(one),
                                     .seed = seed});
        if (interrupted()) return std::nullopt;
        const auto joules =
            one.entry.generator.local ? meter_.joules(before, meter_.read()) : std::nullopt;
        const auto verdict = judge(counts, options_.p99_ms);
        auto cpu = one.cpu ? used_between(cpu_before, one.cpu->read()) : cpu_use{};
        if (one.entry.cpu && !cpu.seconds && !one.entry.cpu->unknown)
            one.entry.cpu->unknown = cpu.unknown;
        const auto each = per_request(joules, counts);
        const auto weight = static_cast<std::size_t>(lengths);
        forecast_.step(weight);
        shown_.expect(forecast_.total());
        shown_.step(one.to.target.url + ", " + std::to_string(std::lround(rate)) +
                        " a second: " + name_of(verdict),
                    weight);
        const double cpus = one.entry.cpu ? one.entry.cpu->cpus.value_or(0) : 0;
        return record_of({rate, seconds, std::move(counts), verdict, each, std::move(cpu)}, cpus);
    }

    void round_over() { forecast_.round_over(); }

private:
    const http_options& options_;
    search_forecast forecast_;
    progress shown_{"http", 1};
    energy_meter meter_;
};

/// One round for one URL: search, then confirm the rate that held, going down where the
/// confirmation fails.
void run_round(http_subject& one, const http_options& options, int round, stepper& steps_of) {
    // A later round begins below the earlier one's answer, where a doubling brackets it at once.
    const double first = one.best ? *one.best * 0.8 : options.rate_first;
    // Fewer than a hundred requests a step have no 99th percentile.
    load_search search{{.rate_first = std::min(first, options.rate_max),
                        .rate_min = 100 / options.seconds,
                        .rate_max = options.rate_max}};
    http_round made;
    made.round = round;
    int generator_failed = 0;
    auto seed = static_cast<std::uint64_t>(round) * 10'000;
    while (const auto rate = search.next()) {
        const auto done = steps_of.measure(one, *rate, 1, ++seed);
        if (!done) break;
        made.steps.push_back(*done);
        // A step that the generator spoilt says nothing about the server: once more, and then the
        // search is over.
        if (done->verdict != name_of(step_verdict::generator)) {
            search.report(done->verdict == name_of(step_verdict::held));
            generator_failed = 0;
        } else if (++generator_failed == generator_failures_max) {
            break;
        }
    }
    // The generator's failure says nothing of the server here either: the same rate once more.
    // Where the server does not hold it for longer, a little less may do.
    made.bound_by_generator = generator_failed == generator_failures_max;
    generator_failed = 0;
    auto rate = search.held();
    for (int lowered = 0; rate && lowered < 5 && generator_failed < generator_failures_max;) {
        const auto done = steps_of.measure(one, *rate, confirming_lengths, ++seed);
        if (!done) break;
        if (done->verdict == name_of(step_verdict::held)) {
            made.confirmed = *done;
            made.rate_at_target = made.confirmed->achieved;
            one.best = rate;
            break;
        }
        made.steps.push_back(*done);
        if (done->verdict == name_of(step_verdict::generator)) {
            ++generator_failed;
        } else {
            generator_failed = 0;
            *rate *= 0.95;
            ++lowered;
        }
    }
    made.bound_by_generator = made.bound_by_generator || generator_failed == generator_failures_max;
    steps_of.round_over();
    one.entry.rounds.push_back(std::move(made));
}

/// Before the first round: services that compile as they run get faster for a while. Goes on until
/// neither the rate nor p99 shows a trend, for warm_up_windows_max windows at most, or for as long
/// as the user says; at half the rate where the server does not hold it.
void warm_up(http_subject& one, const http_options& options) {
    if (options.warm_up_seconds == 0.0) return;
    const double window = std::clamp(options.seconds / 2, 0.05, 1.0);
    const double longest = options.warm_up_seconds.value_or(window * warm_up_windows_max);
    auto& made = one.entry.warm_up.emplace();
    made.given = options.warm_up_seconds.has_value();
    double rate = std::min(options.rate_first, options.rate_max);
    for (std::uint64_t seed = 1; made.seconds < longest && !interrupted() && !made.steady; ++seed) {
        const double seconds = std::min(window, longest - made.seconds);
        const auto counts =
            generate_load(one.to, one.mix,
                          {.rate = rate,
                           .seconds = seconds,
                           .warm_seconds = 0,
                           .give_up_seconds = std::max(2.0, options.p99_ms * 2e-3),
                           .late_bound_ns = late_bound_ns(options.p99_ms),
                           .connections = options.connections,
                           .requests_per_connection = options.requests_per_connection,
                           .cpus = one.entry.generator.cpus,
                           .seed = seed});
        made.seconds += seconds;
        const auto verdict = judge(counts, options.p99_ms);
        const auto answered =
            counts.latency.count() - std::min(counts.latency.count(), counts.errors);
        // Over the requests that there were: how many a window holds is the schedule's chance.
        made.achieved.push_back(rate * static_cast<double>(answered) /
                                static_cast<double>(std::max<std::uint64_t>(1, counts.intended)));
        made.p99_ms.push_back(static_cast<double>(counts.latency.quantile(0.99)) * 1e-6);
        if (verdict == step_verdict::too_slow || verdict == step_verdict::errors)
            rate = std::max(rate / 2, 10 / window);
        if (!made.given) made.steady = is_steady(made.achieved) && is_steady(made.p99_ms);
    }
}

void run_curve(http_subject& one, stepper& steps_of) {
    if (!one.best) return;
    std::uint64_t seed = 777;
    for (const double share : stepper::curve_shares) {
        const auto done = steps_of.measure(one, *one.best * share, 1, ++seed);
        if (!done) return;
        one.entry.curve.push_back(*done);
    }
}

/// A machine's counters are of its packages, whoever used them.
void put_energy(json::object& document, const http_run& run) {
    const bool local =
        std::ranges::any_of(run.entries, [](const http_entry& one) { return one.generator.local; });
    if (local && run.energy_readable) {
        document[energy_section::key] = write_section(
            energy_section{"powercap", "all packages: server, generator and whoever else"});
    } else {
        add_note(document, "/energy",
                 local ? "not measured: the machine shows no readable powercap package"
                       : "not measured: the server runs on another machine");
    }
}

}  // namespace

http_run run_http(const machine::facts& facts, const std::string& node,
                  const http_options& options) {
    auto subjects = prepare_subjects(facts, node, options);
    for (auto& one : subjects) {
        if (!interrupted()) warm_up(one, options);
    }
    stepper steps{options, subjects.size()};
    for (int round = 1; round <= options.rounds && !interrupted(); ++round) {
        for (std::size_t i = 0; i < subjects.size() && !interrupted(); ++i) {
            // ABBA: every second round goes through the URLs backwards.
            auto& one = subjects[round % 2 == 1 ? i : subjects.size() - 1 - i];
            run_round(one, options, round, steps);
        }
    }
    for (auto& one : subjects) {
        if (options.curve && !interrupted()) run_curve(one, steps);
    }
    http_run made{{}, steps.energy_readable()};
    for (auto& one : subjects) made.entries.push_back(std::move(one.entry));
    return made;
}

void put_http(json::object& document, const machine::facts& facts, const std::string& node,
              const http_options& options) {
    const auto made = run_http(facts, node, options);
    put_energy(document, made);
    for (std::size_t i = 0; i < made.entries.size(); ++i) {
        const auto field = "/http/" + std::to_string(i);
        if (made.entries[i].server.is_null())
            add_note(document, field + "/server", "the server has no /v1/identity");
        if (!made.entries[i].cpu)
            add_note(document, field + "/cpu",
                     "not measured: --server-pid, --server-cgroup or --server-metrics would tell");
    }
    document["http"] = write_section(made.entries);
}

}  // namespace lanewise::bench
