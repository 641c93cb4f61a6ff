#include "http_load.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <functional>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <thread>

#include "bench/documents/document.hpp"
#include "bench/machine/energy.hpp"
#include "bench/machine/listener_cpus.hpp"
#include "bench/machine/machine_json.hpp"
#include "bench/machine/pinning.hpp"
#include "bench/machine/placement.hpp"
#include "bench/machine/progress.hpp"
#include "destination.hpp"
#include "http_generator.hpp"
#include "http_target.hpp"
#include "load_search.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

constexpr int confirming_lengths = 3;      ///< as long as so many steps
constexpr int generator_failures_max = 3;  ///< one after the other
constexpr std::size_t requests_tried_max = 16;
constexpr std::size_t requests_shown_max = 100;

struct step {
    double rate;
    double seconds;
    step_counts counts;
    step_verdict verdict;
    std::optional<double> joules_per_request;
};

/// One URL and all that is known and measured about it.
struct subject {
    load_destination to;
    request_mix mix;
    std::string protection;  ///< of the first reply
    json::value server;      ///< its /v1/identity, or null
    std::vector<int> cpus;   ///< of the generator
    bool local = false;
    bool shared = false;  ///< generator and server may run on one core
    std::string pinning;  ///< in words
    std::optional<double> best;
    json::array rounds;
    json::array curve;
};

json::array failures_of(const step_counts& counts) {
    json::array list;
    for (const auto& [what, times] : counts.failures)
        list.push_back({{"what", what}, {"count", times}});
    return list;
}

json::object to_json(const step& one) {
    const auto& latency = one.counts.latency;
    const auto ms = [&](double share) {
        return static_cast<double>(latency.quantile(share)) * 1e-6;
    };
    const auto opening = [&](double share) {
        return one.counts.opened == 0
                   ? json::value(nullptr)
                   : json::value(static_cast<double>(one.counts.opening.quantile(share)) * 1e-6);
    };
    return {{"rate", one.rate},
            {"achieved",
             static_cast<double>(latency.count() - std::min(latency.count(), one.counts.errors)) /
                 one.seconds},
            {"seconds", one.seconds},
            {"requests", one.counts.intended},
            {"errors", one.counts.errors},
            {"failures", failures_of(one.counts)},
            {"late", one.counts.late},
            {"repeated", one.counts.repeated},
            {"bytes_sent", one.counts.bytes_sent},
            {"bytes_received", one.counts.bytes_received},
            {"connections_opened", one.counts.opened},
            {"sessions_resumed", one.counts.resumed},
            {"opening_p50_ms", opening(0.5)},
            {"opening_p99_ms", opening(0.99)},
            {"mean_ms", latency.mean() * 1e-6},
            {"p50_ms", ms(0.5)},
            {"p90_ms", ms(0.9)},
            {"p99_ms", ms(0.99)},
            {"p999_ms", ms(0.999)},
            {"max_ms", static_cast<double>(latency.maximum()) * 1e-6},
            {"joules_per_request",
             one.joules_per_request ? json::value(*one.joules_per_request) : json::value(nullptr)},
            {"verdict", name_of(one.verdict)}};
}

bool contains(const std::vector<int>& list, int value) {
    return std::ranges::find(list, value) != list.end();
}

/// Hardware threads that share no core with the server's.
std::vector<int> apart_from(const std::vector<int>& server, const machine::facts& facts) {
    std::vector<int> free;
    for (const int cpu : facts.cpuset) {
        bool taken = contains(server, cpu);
        for (const auto& core : facts.core_threads) {
            if (!contains(core, cpu)) continue;
            taken = taken || std::ranges::any_of(
                                 core, [&](int sibling) { return contains(server, sibling); });
        }
        if (!taken) free.push_back(cpu);
    }
    return free;
}

/// Whether a thread may run on each of them alone, tried on a thread of its own.
bool can_be_pinned_to(const std::vector<int>& cpus) {
    bool all = true;
    std::jthread{[&] {
        for (const int cpu : cpus) all = all && pin_to(cpu);
    }}.join();
    return all;
}

void pin_apart(subject& one, const machine::facts& facts, const std::string& node,
               const http_options& options) {
    const auto* identity = one.server.if_object();
    const auto* server_node = identity ? identity->if_contains("node") : nullptr;
    const bool same_node = server_node && !node.empty() && *server_node == json::value(node);
    one.local = one.to.local;
    const auto server = one.local ? cpus_of_listener(one.to.target.port) : std::vector<int>{};
    one.cpus = options.cpus;
    if (one.cpus.empty() && !server.empty()) one.cpus = apart_from(server, facts);
    if (one.cpus.size() > 8)
        one.cpus.resize(8);  // a generator of eight threads outruns what one server's node serves
    const bool refused = !can_be_pinned_to(one.cpus);
    if (refused) one.cpus.clear();
    if (!one.local) {
        one.shared = same_node;
        one.pinning = same_node
                          ? "the server runs on this node, on threads that can't be seen from here"
                          : "on another machine";
    } else if (server.empty()) {
        one.shared = true;
        one.pinning = "the server's process can't be seen, so it may share a core";
    } else {
        const auto free = apart_from(server, facts);
        one.shared = one.cpus.empty() ||
                     std::ranges::any_of(one.cpus, [&](int cpu) { return !contains(free, cpu); });
        one.pinning =
            one.shared
                ? "the server may use every core (" + cpu_list(server) + "), the generator's too"
                : "server on " + cpu_list(server) + ", generator on " + cpu_list(one.cpus);
    }
    if (refused) one.pinning += "; the system refused to pin the generator";
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
    std::optional<step> measure(const subject& one, double rate, int lengths, std::uint64_t seed) {
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
                                     .cpus = one.cpus,
                                     .seed = seed});
        if (interrupted()) return std::nullopt;
        const auto joules = one.local ? meter_.joules(before, meter_.read()) : std::nullopt;
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
void run_round(subject& one, const http_options& options, int round, stepper& steps_of) {
    // A later round begins below the earlier one's answer, where a doubling brackets it at once.
    const double first = one.best ? *one.best * 0.8 : options.rate_first;
    // Fewer than a hundred requests a step have no 99th percentile.
    load_search search{{.rate_first = std::min(first, options.rate_max),
                        .rate_min = 100 / options.seconds,
                        .rate_max = options.rate_max}};
    json::array steps;
    int generator_failed = 0;
    auto seed = static_cast<std::uint64_t>(round) * 10'000;
    while (const auto rate = search.next()) {
        const auto done = steps_of.measure(one, *rate, 1, ++seed);
        if (!done) break;
        steps.push_back(to_json(*done));
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
    bool generator_bound = generator_failed == generator_failures_max;
    generator_failed = 0;
    json::value confirmed = nullptr;
    auto rate = search.held();
    for (int lowered = 0; rate && lowered < 5 && generator_failed < generator_failures_max;) {
        const auto done = steps_of.measure(one, *rate, confirming_lengths, ++seed);
        if (!done) break;
        if (done->verdict == step_verdict::held) {
            confirmed = to_json(*done);
            one.best = rate;
            break;
        }
        steps.push_back(to_json(*done));
        if (done->verdict == step_verdict::generator) {
            ++generator_failed;
        } else {
            generator_failed = 0;
            *rate *= 0.95;
            ++lowered;
        }
    }
    generator_bound = generator_bound || generator_failed == generator_failures_max;
    steps_of.round_over();
    one.rounds.push_back(
        {{"round", round},
         {"rate_at_target", confirmed.is_null() ? json::value(nullptr) : confirmed.at("achieved")},
         {"bound_by_generator", generator_bound},
         {"confirmed", confirmed},
         {"steps", std::move(steps)}});
}

void run_curve(subject& one, stepper& steps_of) {
    if (!one.best) return;
    std::uint64_t seed = 777;
    for (const double share : stepper::curve_shares) {
        const auto done = steps_of.measure(one, *one.best * share, 1, ++seed);
        if (!done) return;
        one.curve.push_back(to_json(*done));
    }
}

/// Each request of the mix once, the heaviest first, before thousands of them are sent.
void try_requests(subject& one) {
    std::vector<const prepared_request*> heaviest;
    for (const auto& request : one.mix.requests) heaviest.push_back(&request);
    std::ranges::stable_sort(heaviest, std::greater{}, &prepared_request::weight);
    if (heaviest.size() > requests_tried_max) heaviest.resize(requests_tried_max);
    for (const auto* request : heaviest) {
        const auto came = fetch(one.to, *request);
        const auto failed = [&](const std::string& what) {
            return std::runtime_error{one.to.target.url + ": " + request->method + " " +
                                      request->target + ": " + what};
        };
        if (!came.reply) throw failed(came.failure);
        if (!request->succeeds(came.reply->status)) {
            throw failed("replies with status " + std::to_string(came.reply->status) + ", not " +
                         in_words(request->success) + "; --expect says which one counts");
        }
        if (one.protection.empty()) one.protection = came.reply->protection;
    }
}

void ask_who_is_there(subject& one) {
    prepared_request question;
    question.target = "/v1/identity";
    const auto came = fetch(one.to, question);
    if (!came.reply || came.reply->status != 200) return;
    boost::system::error_code error;
    auto parsed = json::parse(came.reply->body, error);
    if (!error && parsed.is_object()) one.server = std::move(parsed);
}

std::vector<subject> prepare(const machine::facts& facts, const std::string& node,
                             const http_options& options) {
    // Whatever is wrong with what the user said is found before anything is asked.
    std::vector<http_target> targets;
    for (const auto& url : options.urls) targets.push_back(parse_url(url));
    if (!options.tls.ca_file.empty()) tls_client{options.tls, ""};
    std::vector<subject> subjects;
    for (const auto& target : targets) {
        subject one;
        const auto& url = target.url;
        one.to = find_destination(target, options.tls);
        for (const auto& [where, why] : one.to.silent_endpoints) {
            std::cerr << "lanewise-bench: " << url << ": " << where.address()
                      << " is left out: " << why << "\n";
        }
        one.mix = options.workload;
        if (one.mix.requests.empty()) {
            one.mix.requests.push_back(options.request);
            one.mix.requests.front().target = target.path;
        }
        try_requests(one);
        ask_who_is_there(one);
        pin_apart(one, facts, node, options);
        if (one.shared)
            std::cerr << "lanewise-bench: " << url << ": " << one.pinning
                      << "; the result says `shared`.\n";
        subjects.push_back(std::move(one));
    }
    return subjects;
}

json::array addresses_of(const subject& one) {
    json::array list;
    for (const auto& where : one.to.endpoints)
        list.push_back({{"address", where.address().to_string()}, {"left_out", nullptr}});
    for (const auto& [where, why] : one.to.silent_endpoints)
        list.push_back({{"address", where.address().to_string()}, {"left_out", json::string{why}}});
    return list;
}

/// What was asked. Values of header fields may be secrets: their names are enough.
json::array requests_of(const subject& one) {
    json::array list;
    for (const auto& request : one.mix.requests) {
        if (list.size() == requests_shown_max) break;
        json::array names;
        for (const auto& field : request.fields) names.push_back(json::string{field.name});
        list.push_back({{"method", request.method},
                        {"target", request.target},
                        {"fields", std::move(names)},
                        {"body_bytes", request.body.size()},
                        {"success", in_words(request.success)},
                        {"weight", request.weight}});
    }
    return list;
}

json::value tls_of(const subject& one, const tls_options& options) {
    if (!one.to.target.tls) return nullptr;
    return {{"protection", one.protection},
            {"verified", options.verify},
            {"ca", options.ca_file.empty() ? json::value(nullptr) : json::value(options.ca_file)},
            {"resumption", options.resumption}};
}

/// A machine's counters are of its packages, whoever used them.
void put_energy(json::object& document, const std::vector<subject>& subjects, bool readable) {
    const bool local = std::ranges::any_of(subjects, &subject::local);
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
    auto subjects = prepare(facts, node, options);
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
    json::array list;
    for (auto& one : subjects) {
        const auto field = "/http/" + std::to_string(list.size());
        if (one.server.is_null())
            add_note(document, field + "/server", "the server has no /v1/identity");
        list.push_back({{"url", one.to.target.url},
                        {"requests", requests_of(one)},
                        {"request_count", one.mix.requests.size()},
                        {"addresses", addresses_of(one)},
                        {"tls", tls_of(one, options.tls)},
                        {"requests_per_connection", options.requests_per_connection},
                        {"closed_loop", false},
                        {"target_p99_ms", options.p99_ms},
                        {"server", std::move(one.server)},
                        {"generator",
                         {{"connections", options.connections},
                          {"cpus", json::value_from(one.cpus)},
                          {"local", one.local},
                          {"shared", one.shared},
                          {"pinning", one.pinning}}},
                        {"rounds", std::move(one.rounds)},
                        {"curve", std::move(one.curve)}});
    }
    document["http"] = std::move(list);
}

}  // namespace lanewise::bench
