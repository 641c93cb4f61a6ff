#include "http_subject.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "bench/documents/document.hpp"
#include "bench/machine/listener_cpus.hpp"
#include "bench/machine/measured_machine.hpp"
#include "bench/machine/pinning.hpp"
#include "bench/machine/placement.hpp"
#include "http_target.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

constexpr std::size_t requests_tried_max = 16;
constexpr std::size_t requests_shown_max = 100;

bool contains(const std::vector<int>& list, int value) {
    return std::ranges::find(list, value) != list.end();
}

/// Whether a thread may run on each of them alone, tried on a thread of its own.
bool can_be_pinned_to(const std::vector<int>& cpus) {
    bool all = true;
    std::jthread{[&] {
        for (const int cpu : cpus) all = all && pin_to(cpu);
    }}.join();
    return all;
}

void pin_apart(http_subject& one, const machine::facts& facts, const std::string& node,
               const http_options& options) {
    const auto* identity = one.entry.server.if_object();
    const auto* server_node = identity ? identity->if_contains("node") : nullptr;
    const bool same_node = server_node && !node.empty() && *server_node == json::value(node);
    auto& made = one.entry.generator;
    made.connections = options.connections;
    made.local = one.to.local;
    const auto server = made.local ? cpus_of_listener(one.to.target.port) : std::vector<int>{};
    made.cpus = options.cpus;
    if (made.cpus.empty() && !server.empty()) made.cpus = cpus_apart_from(server, facts);
    if (made.cpus.size() > 8)
        made.cpus.resize(8);  // a generator of eight threads outruns what one server's node serves
    const bool refused = !can_be_pinned_to(made.cpus);
    if (refused) made.cpus.clear();
    if (!made.local) {
        made.shared = same_node;
        made.pinning = same_node
                           ? "the server runs on this node, on threads that can't be seen from here"
                           : "on another machine";
    } else if (server.empty()) {
        made.shared = true;
        made.pinning = "the server's process can't be seen, so it may share a core";
    } else {
        const auto free = cpus_apart_from(server, facts);
        made.shared = made.cpus.empty() ||
                      std::ranges::any_of(made.cpus, [&](int cpu) { return !contains(free, cpu); });
        made.pinning =
            made.shared
                ? "the server may use every core (" + cpu_list(server) + "), the generator's too"
                : "server on " + cpu_list(server) + ", generator on " + cpu_list(made.cpus);
    }
    if (refused) made.pinning += "; the system refused to pin the generator";
    one.own_cpus = !made.cpus.empty() && !made.shared && !facts.quota_cpus;
}

/// Each request of the mix once, the heaviest first, before thousands of them are sent.
void try_requests(http_subject& one) {
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
        if (one.entry.tls && one.entry.tls->protection.empty())
            one.entry.tls->protection = came.reply->protection;
    }
}

/// Somebody's service may mean something else by this path: what is no identity by the schema is
/// none.
void ask_who_is_there(http_subject& one) {
    prepared_request question;
    question.target = "/v1/identity";
    const auto came = fetch(one.to, question);
    if (!came.reply || came.reply->status != 200) return;
    boost::system::error_code error;
    auto parsed = json::parse(came.reply->body, error);
    if (!error && parsed.is_object() && check_part("identity", "", parsed).empty())
        one.entry.server = std::move(parsed);
}

/// The server's own word counts; the user hears where theirs is another.
void say_what_differs(const http_subject& one, const http_pool& pool) {
    const auto* identity = one.entry.server.if_object();
    const auto* instance = identity ? identity->if_contains("instance") : nullptr;
    if (!instance || !instance->is_string() || pool.instance.empty() ||
        *instance == json::value(pool.instance))
        return;
    std::cerr << "lanewise-bench: " << pool.url << ": the server says that its instance is "
              << json::serialize(*instance) << ", which counts; --instance says "
              << json::serialize(json::value(pool.instance)) << ".\n";
}

std::optional<std::string> known(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional{text};
}

/// What was asked. Values of header fields may be secrets: their names are enough.
std::vector<http_asked> asked_of(const request_mix& mix) {
    std::vector<http_asked> list;
    for (const auto& request : mix.requests) {
        if (list.size() == requests_shown_max) break;
        http_asked one{
            request.method, request.target, {}, request.body.size(), in_words(request.success),
            request.weight};
        for (const auto& field : request.fields) one.fields.push_back(field.name);
        list.push_back(std::move(one));
    }
    return list;
}

void fill_entry(http_subject& one, const http_pool& pool, const http_options& options) {
    auto& entry = one.entry;
    entry.url = one.to.target.url;
    entry.pool = known(pool.name);
    entry.requests = asked_of(one.mix);
    entry.request_count = one.mix.requests.size();
    entry.workload_sha256 = known(options.workload_sha256);
    for (const auto& where : one.to.endpoints)
        entry.addresses.push_back({where.address().to_string(), std::nullopt});
    for (const auto& [where, why] : one.to.silent_endpoints)
        entry.addresses.push_back({where.address().to_string(), why});
    if (one.to.target.tls)
        entry.tls = {"", options.tls.verify, known(options.tls.ca_file), options.tls.resumption};
    entry.requests_per_connection = options.requests_per_connection;
    entry.target_p99_ms = options.p99_ms;
    entry.machine = pool.machine;
    entry.instance = known(pool.instance);
}

/// CPUs that the machine behind the server has, by its own word or the user's.
std::optional<double> cpus_of(const http_entry& entry) {
    const auto at = [](const json::value* from, std::string_view name) -> std::optional<double> {
        const auto* fields = from ? from->if_object() : nullptr;
        const auto* value = fields ? fields->if_contains(name) : nullptr;
        return value && value->is_number() ? std::optional{value->to_number<double>()}
                                           : std::nullopt;
    };
    const auto bounded = [](std::optional<double> threads, std::optional<double> quota) {
        return quota && *quota > 0 ? std::min(*quota, threads.value_or(*quota)) : threads;
    };
    const auto* identity = entry.server.if_object();
    const auto* cpu = identity ? identity->if_contains("cpu") : nullptr;
    if (const auto said = bounded(at(cpu, "threads"), at(cpu, "quota"))) return said;
    return bounded(at(&entry.machine, "threads"), at(&entry.machine, "quota_cpus"));
}

void find_cpu(http_subject& one, const http_pool& pool, const http_options& options) {
    if (!pool.cpu.given()) return;
    one.cpu = std::make_shared<cpu_meter>(pool.cpu, options.tls);
    one.entry.cpu = {one.cpu->name(), one.cpu->cpus(), std::nullopt};
    if (!one.entry.cpu->cpus) one.entry.cpu->cpus = cpus_of(one.entry);
}

}  // namespace

std::vector<http_subject> prepare_subjects(const machine::facts& facts, const std::string& node,
                                           const http_options& options) {
    // Whatever is wrong with what the user said is found before anything is asked.
    std::vector<http_target> targets;
    for (const auto& pool : options.pools) targets.push_back(parse_url(pool.url));
    if (!options.tls.ca_file.empty()) tls_client{options.tls, ""};
    std::vector<http_subject> subjects;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        const auto& pool = options.pools[i];
        http_subject one;
        one.to = find_destination(targets[i], options.tls);
        for (const auto& [where, why] : one.to.silent_endpoints) {
            std::cerr << "lanewise-bench: " << pool.url << ": " << where.address()
                      << " is left out: " << why << "\n";
        }
        one.mix = options.workload;
        if (one.mix.requests.empty()) {
            one.mix.requests.push_back(options.request);
            one.mix.requests.front().target = targets[i].path;
        }
        fill_entry(one, pool, options);
        try_requests(one);
        ask_who_is_there(one);
        say_what_differs(one, pool);
        find_cpu(one, pool, options);
        pin_apart(one, facts, node, options);
        if (one.entry.generator.shared)
            std::cerr << "lanewise-bench: " << pool.url << ": " << one.entry.generator.pinning
                      << "; the result says `shared`.\n";
        subjects.push_back(std::move(one));
    }
    return subjects;
}

}  // namespace lanewise::bench
