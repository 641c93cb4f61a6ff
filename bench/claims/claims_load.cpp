#include "claims_load.hpp"

#include <boost/json.hpp>
#include <utility>

#include "bench/figures/format.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

std::string text_at(const json::object& from, std::string_view name) {
    const auto* value = from.if_contains(name);
    return value && value->is_string() ? std::string{value->get_string()} : std::string{};
}

std::optional<double> number_at(const json::object& from, std::string_view name) {
    const auto* value = from.if_contains(name);
    return value && value->is_number() ? std::optional{value->to_number<double>()} : std::nullopt;
}

std::optional<int> count_at(const json::object& from, std::string_view name) {
    const auto* value = from.if_contains(name);
    if (!value || !value->is_number()) return std::nullopt;
    boost::system::error_code error;  // a server may say what no int holds
    const auto number = value->to_number<int>(error);
    return error ? std::nullopt : std::optional{number};
}

machine_identity identity_of(const json::object& machine, const json::object& cpu,
                             std::string model) {
    machine_identity found;
    found.node = text_at(machine, "node");
    found.architecture = text_at(machine, "architecture");
    found.cpu_model = std::move(model);
    found.instance = text_at(machine, "instance");
    found.pool = text_at(machine, "pool");
    if (found.pool.empty()) found.pool = found.instance.empty() ? found.cpu_model : found.instance;
    found.threads = count_at(cpu, "threads");
    found.cores = count_at(cpu, "cores");
    found.threads_per_core = count_at(cpu, "threads_per_core");
    const auto* emulated = machine.if_contains("emulated");
    found.emulated = emulated && *emulated == json::value(true);
    if (found.emulated) found.pool += " (emulated)";
    return found;
}

machine_identity identity_of_server(const json::object& target) {
    machine_identity found;
    if (const auto* server = target.at("server").if_object()) {
        const json::object none;
        const auto* cpu = server->if_contains("cpu");
        const auto& described = cpu && cpu->is_object() ? cpu->get_object() : none;
        found = identity_of(*server, described, text_at(described, "model"));
    }
    if (found.pool.empty()) found.pool = text_at(target, "url");
    return found;
}

load_step step_of(const json::value& from) {
    const auto& fields = from.as_object();
    const auto at = [&](std::string_view name) { return number_at(fields, name).value_or(0); };
    return {number_at(fields, "rate"),
            at("achieved"),
            at("p50_ms"),
            at("p99_ms"),
            at("p999_ms"),
            at("max_ms"),
            at("errors"),
            at("late"),
            text_at(fields, "verdict"),
            number_at(fields, "joules_per_request")};
}

std::string path_of(const std::string& url) {
    const auto host = url.find("//");
    const auto path = url.find('/', host == std::string::npos ? 0 : host + 2);
    return path == std::string::npos ? "/" : url.substr(path);
}

/// Documents of before know one request: a GET of the URL's path.
std::string request_of(const json::object& target) {
    const auto* requests = target.if_contains("requests");
    if (!requests || requests->as_array().empty()) return "GET " + path_of(text_at(target, "url"));
    const auto& first = requests->at(0).as_object();
    const auto one = text_at(first, "method") + " " + text_at(first, "target");
    const auto count = number_at(target, "request_count").value_or(1);
    return count > 1 ? one + " and " + counted(static_cast<std::size_t>(count) - 1, "other") : one;
}

bool is_verified(const json::object& target) {
    const auto* tls = target.if_contains("tls");
    return !tls || !tls->is_object() || tls->at("verified").as_bool();
}

void add_failures(const json::value& step, std::map<std::string, double>& all) {
    const auto* list = step.as_object().if_contains("failures");
    if (!list) return;
    for (const auto& one : list->as_array())
        all[text_at(one.as_object(), "what")] += number_at(one.as_object(), "count").value_or(0);
}

load_claims claims_of(const json::object& target) {
    load_claims found;
    found.url = text_at(target, "url");
    found.request = request_of(target);
    found.verified = is_verified(target);
    found.server = identity_of_server(target);
    found.closed_loop = target.at("closed_loop").as_bool();
    found.shared = target.at("generator").at("shared").as_bool();
    found.target_p99_ms = number_at(target, "target_p99_ms");
    for (const auto& value : target.at("rounds").as_array()) {
        const auto& round = value.as_object();
        for (const auto& step : round.at("steps").as_array()) {
            found.measured.push_back(step_of(step));
            add_failures(step, found.failures);
        }
        load_round made{number_at(round, "rate_at_target"),
                        round.at("bound_by_generator").as_bool(), std::nullopt};
        if (round.at("confirmed").is_object()) {
            made.confirmed = step_of(round.at("confirmed"));
            found.measured.push_back(*made.confirmed);
        }
        found.rounds.push_back(std::move(made));
    }
    for (const auto& step : target.at("curve").as_array()) {
        found.curve.push_back(step_of(step));
        found.measured.push_back(found.curve.back());
    }
    return found;
}

}  // namespace

machine_identity identity_of_machine(const json::object& machine) {
    return identity_of(machine, machine, text_at(machine, "cpu_model"));
}

std::string load_claims::name() const {
    const auto asked = request + (verified ? "" : ", certificate not verified,");
    if (!target_p99_ms) return asked;
    return asked + " with p99 within " + digits(*target_p99_ms, 2) + " ms";
}

std::string load_claims::pool_and_node() const {
    return server.pool + (server.node.empty() ? "" : " " + server.node);
}

std::vector<load_claims> claims_about_load(const document& from) {
    std::vector<load_claims> found;
    if (const auto* targets = from.content.at("http").if_array()) {
        for (const auto& target : *targets) found.push_back(claims_of(target.as_object()));
    }
    return found;
}

}  // namespace lanewise::bench
