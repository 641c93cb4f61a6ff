#include "claims_load.hpp"

#include <boost/json/value.hpp>
#include <utility>

#include "bench/documents/http_section.hpp"
#include "bench/figures/format.hpp"
#include "bench/figures/statistics.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

std::string text_at(const json::object& from, std::string_view name) {
    const auto* value = from.if_contains(name);
    return value && value->is_string() ? std::string{value->get_string()} : std::string{};
}

std::optional<int> count_at(const json::object& from, std::string_view name) {
    const auto* value = from.if_contains(name);
    if (!value || !value->is_number()) return std::nullopt;
    boost::system::error_code error;  // a server may say what no int holds
    const auto number = value->to_number<int>(error);
    return error ? std::nullopt : std::optional{number};
}

machine_identity said_of(const machine_section& machine) {
    machine_identity found;
    found.node = machine.node.value_or("");
    found.architecture = machine.architecture;
    found.cpu_model = machine.cpu_model.value_or("");
    found.instance = machine.instance.value_or("");
    found.pool = machine.pool.value_or("");
    found.threads = machine.threads;
    found.cores = machine.cores;
    found.threads_per_core = machine.threads_per_core;
    found.emulated = machine.emulated.value_or(false);
    return found;
}

void name_pool(machine_identity& one) {
    if (one.pool.empty()) one.pool = one.instance.empty() ? one.cpu_model : one.instance;
    if (one.emulated) one.pool += " (emulated)";
}

/// A /v1/identity is another program's word: a field of another type than ours is not known.
machine_identity said_by_server(const json::value& server) {
    const auto* said = server.if_object();
    if (!said) return {};
    machine_identity found;
    found.node = text_at(*said, "node");
    found.architecture = text_at(*said, "architecture");
    found.instance = text_at(*said, "instance");
    found.pool = text_at(*said, "pool");
    const auto* emulated = said->if_contains("emulated");
    found.emulated = emulated && *emulated == json::value(true);
    const auto* cpu = said->if_contains("cpu");
    if (!cpu || !cpu->is_object()) return found;
    const auto& described = cpu->get_object();
    found.cpu_model = text_at(described, "model");
    found.threads = count_at(described, "threads");
    found.cores = count_at(described, "cores");
    found.threads_per_core = count_at(described, "threads_per_core");
    return found;
}

/// The server's own word first, then the machine that the user has a description of, then names. A
/// description fills in only what the server leaves open, and its node is the one that it was made
/// on, not the one that answered.
machine_identity identity_of_server(const http_entry& entry) {
    auto found = said_by_server(entry.server);
    if (const auto machine = read_section<std::optional<machine_section>>(entry.machine)) {
        const auto known = said_of(*machine);
        const auto fill = [](auto& place, const auto& value, const auto& nothing) {
            if (place == nothing) place = value;
        };
        fill(found.architecture, known.architecture, std::string{});
        fill(found.cpu_model, known.cpu_model, std::string{});
        fill(found.instance, known.instance, std::string{});
        fill(found.threads, known.threads, std::optional<int>{});
        fill(found.cores, known.cores, std::optional<int>{});
        fill(found.threads_per_core, known.threads_per_core, std::optional<int>{});
        found.emulated = found.emulated || known.emulated;
        if (found.pool.empty()) found.pool = known.pool;
    }
    if (found.instance.empty()) found.instance = entry.instance.value_or("");
    if (found.node.empty()) found.node = entry.node.value_or("");
    if (entry.pool) found.pool = *entry.pool;
    name_pool(found);
    if (found.pool.empty()) found.pool = entry.url;
    return found;
}

std::optional<double> per_second(const std::optional<std::uint64_t>& bytes, double seconds) {
    if (!bytes) return std::nullopt;
    return static_cast<double>(*bytes) / seconds;
}

load_step step_of(const http_step& from) {
    return {from.rate,
            from.achieved,
            from.p50_ms,
            from.p99_ms,
            from.p999_ms,
            from.max_ms,
            static_cast<double>(from.errors),
            static_cast<double>(from.late),
            from.verdict,
            from.joules_per_request,
            per_second(from.bytes_sent, from.seconds),
            per_second(from.bytes_received, from.seconds),
            from.cpu_ms_per_request,
            from.cpu_utilisation,
            from.cpus_busy,
            from.cpus_interrupts};
}

std::string path_of(const std::string& url) {
    const auto host = url.find("//");
    const auto path = url.find('/', host == std::string::npos ? 0 : host + 2);
    return path == std::string::npos ? "/" : url.substr(path);
}

/// Documents of before know one request: a GET of the URL's path.
std::string request_of(const http_entry& entry) {
    if (entry.requests.empty()) return "GET " + path_of(entry.url);
    const auto& first = entry.requests.front();
    const auto one = first.method + " " + first.target;
    const auto count = entry.request_count.value_or(1);
    return count > 1 ? one + " and " + counted(count - 1, "other") : one;
}

load_claims claims_of(const http_entry& entry) {
    load_claims found;
    found.url = entry.url;
    found.request = request_of(entry);
    found.verified = !entry.tls || entry.tls->verified;
    found.server = identity_of_server(entry);
    found.named = entry.pool.has_value();
    found.closed_loop = entry.closed_loop;
    found.shared = entry.generator.shared;
    found.target_p99_ms = entry.target_p99_ms;
    if (entry.cpu) {
        found.cpus = entry.cpu->cpus;
        found.cpu_source = entry.cpu->source;
        found.cpu_unknown = entry.cpu->unknown.value_or("");
    }
    found.warm = !entry.warm_up || entry.warm_up->given || entry.warm_up->steady;
    for (const auto& round : entry.rounds) {
        std::vector<load_step> steps;
        for (const auto& step : round.steps) {
            found.measured.push_back(step_of(step));
            steps.push_back(found.measured.back());
            for (const auto& [what, count] : step.failures)
                found.failures[what] += static_cast<double>(count);
        }
        load_round made{round.rate_at_target, round.bound_by_generator, std::nullopt, {}};
        made.steps = std::move(steps);
        if (round.confirmed) {
            made.confirmed = step_of(*round.confirmed);
            found.measured.push_back(*made.confirmed);
        }
        found.rounds.push_back(std::move(made));
    }
    for (const auto& step : entry.curve) {
        found.curve.push_back(step_of(step));
        found.measured.push_back(found.curve.back());
    }
    return found;
}

}  // namespace

machine_identity identity_of_machine(const machine_section& machine) {
    auto found = said_of(machine);
    name_pool(found);
    return found;
}

std::string load_claims::name() const {
    const auto asked = request + (verified ? "" : ", certificate not verified,");
    if (!target_p99_ms) return asked;
    return asked + " with p99 within " + digits(*target_p99_ms, 2) + " ms";
}

std::string load_claims::pool_and_node() const {
    return server.pool + (server.node.empty() ? "" : " " + server.node);
}

std::optional<double> load_claims::rate_that_held() const {
    std::vector<double> rates;
    for (const auto& round : rounds) {
        if (round.rate_at_target) rates.push_back(*round.rate_at_target);
    }
    return rates.empty() ? std::nullopt : std::optional{median(rates)};
}

std::vector<load_claims> claims_about_load(const document& from) {
    std::vector<load_claims> found;
    for (const auto& entry : http_entries(from)) found.push_back(claims_of(entry));
    return found;
}

}  // namespace lanewise::bench
