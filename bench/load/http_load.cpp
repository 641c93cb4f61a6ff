#include "http_load.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <optional>

#include "bench/documents/document.hpp"
#include "bench/documents/http_section.hpp"
#include "bench/machine/energy.hpp"
#include "bench/machine/progress.hpp"
#include "http_generator.hpp"
#include "http_subject.hpp"
#include "load_search.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

constexpr int confirming_lengths = 3;      ///< as long as so many steps
constexpr int generator_failures_max = 3;  ///< one after the other

struct step {
    double rate;
    double seconds;
    step_counts counts;
    step_verdict verdict;
    std::optional<double> joules_per_request;
};

std::vector<http_failure> failures_of(const step_counts& counts) {
    std::vector<http_failure> list;
    for (const auto& [what, times] : counts.failures) list.push_back({what, times});
    return list;
}

http_step record_of(const step& one) {
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
    return record;
}

/// Joules are this machine's: they say something of a server only where it runs here, the generator
/// beside it, and they are over the warming up too, as its requests are.
std::optional<double> per_request(std::optional<double> joules, const step_counts& counts,
                                  double counted_share) {
    const auto requests = static_cast<double>(counts.intended) / counted_share;
    // A counter that stands still is none.
    if (!joules || *joules <= 0 || requests <= 0) return std::nullopt;
    return *joules / requests;
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

    /// nullopt: Ctrl-C ended the step before it was whole.
    std::optional<step> measure(const http_subject& one, double rate, int lengths,
                                std::uint64_t seed) {
        const double seconds = options_.seconds * lengths;
        const double warm = std::min(0.5, seconds / 5);
        const auto before = meter_.read();
        auto counts = generate_load(one.to, one.mix,
                                    {.rate = rate,
                                     .seconds = seconds,
                                     .warm_seconds = warm,
                                     .give_up_seconds = std::max(2.0, options_.p99_ms * 2e-3),
                                     .connections = options_.connections,
                                     .requests_per_connection = options_.requests_per_connection,
                                     .cpus = one.entry.generator.cpus,
                                     .seed = seed});
        if (interrupted()) return std::nullopt;
        const auto joules =
            one.entry.generator.local ? meter_.joules(before, meter_.read()) : std::nullopt;
        const auto verdict = judge(counts, options_.p99_ms);
        const auto each = per_request(joules, counts, seconds / (seconds + warm));
        const auto weight = static_cast<std::size_t>(lengths);
        forecast_.step(weight);
        shown_.expect(forecast_.total());
        shown_.step(one.to.target.url + ", " + std::to_string(std::lround(rate)) +
                        " a second: " + name_of(verdict),
                    weight);
        return step{rate, seconds, std::move(counts), verdict, each};
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
        made.steps.push_back(record_of(*done));
        // A step that the generator spoilt says nothing about the server: once more, and then the
        // search is over.
        if (done->verdict != step_verdict::generator) {
            search.report(done->verdict == step_verdict::held);
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
        if (done->verdict == step_verdict::held) {
            made.confirmed = record_of(*done);
            made.rate_at_target = made.confirmed->achieved;
            one.best = rate;
            break;
        }
        made.steps.push_back(record_of(*done));
        if (done->verdict == step_verdict::generator) {
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

void run_curve(http_subject& one, stepper& steps_of) {
    if (!one.best) return;
    std::uint64_t seed = 777;
    for (const double share : stepper::curve_shares) {
        const auto done = steps_of.measure(one, *one.best * share, 1, ++seed);
        if (!done) return;
        one.entry.curve.push_back(record_of(*done));
    }
}

/// A machine's counters are of its packages, whoever used them.
void put_energy(json::object& document, const std::vector<http_subject>& subjects, bool readable) {
    const bool local = std::ranges::any_of(
        subjects, [](const http_subject& one) { return one.entry.generator.local; });
    if (local && readable) {
        document["energy"] = {{"source", "powercap"},
                              {"covers", "all packages: server, generator and whoever else"}};
    } else {
        add_note(document, "/energy",
                 local ? "not measured: the machine shows no readable powercap package"
                       : "not measured: the server runs on another machine");
    }
}

}  // namespace

void put_http(json::object& document, const machine::facts& facts, const std::string& node,
              const http_options& options) {
    auto subjects = prepare_subjects(facts, node, options);
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
    put_energy(document, subjects, steps.energy_readable());
    std::vector<http_entry> entries;
    for (auto& one : subjects) {
        const auto field = "/http/" + std::to_string(entries.size());
        if (one.entry.server.is_null())
            add_note(document, field + "/server", "the server has no /v1/identity");
        entries.push_back(std::move(one.entry));
    }
    document["http"] = write_section(entries);
}

}  // namespace lanewise::bench
