// What dead runs left in a namespace, taken down.
#include <boost/json/value.hpp>
#include <optional>
#include <set>
#include <utility>

#include "cluster_bench.hpp"
#include "fields.hpp"
#include "run_lease.hpp"
#include "run_pods.hpp"
#include "span_in_words.hpp"

namespace lanewise::bench::cluster {
namespace {

namespace json = boost::json;
using kind = kubectl_failure::kind;

constexpr double down_within_s = 120;

}  // namespace

std::vector<std::string> run_clean(const clean_options& options) {
    const kubectl cluster{options.kubectl};
    const auto& where = options.name_space;
    const auto in_name_space = [&](std::vector<std::string> words) {
        if (!where.empty()) words.insert(words.end(), {"-n", where});
        return words;
    };
    std::set<std::string> runs;
    std::optional<json::value> lease;
    try {
        lease = cluster.get(in_name_space({"leases.coordination.k8s.io", run_lease::name}));
    } catch (const kubectl_failure& failure) {
        if (failure.what_kind() != kind::not_found) throw;
    }
    if (lease) {
        const auto holder = holder_of(*lease, std::chrono::system_clock::now());
        if (!holder.run.empty()) runs.insert(holder.run);
        if (!holder.run.empty() && !holder.overdue() && !options.force) {
            throw lease_taken{"the run " + holder.run + " of " + holder.who +
                              " is at work, or died within the last " +
                              span_in_words(holder.duration_s) +
                              "; --force takes it down all the same"};
        }
    }
    std::vector<std::string> gone;
    const auto list = cluster.get(in_name_space({"pods", "-l", std::string{all_made}}));
    for (const auto& pod : list_of(list, {"items"})) {
        auto run = text_of(pod, {"metadata", "labels", run_label});
        gone.push_back("pod/" + text_of(pod, {"metadata", "name"}) + " of the run " + run);
        runs.insert(std::move(run));
    }
    if (!gone.empty())
        delete_pods(cluster, where, std::string{all_made}, down_within_s, options.look_every_s);
    for (const auto& run : runs) {
        if (!is_object_name(run)) continue;
        try {
            cluster.remove(in_name_space({"secrets", secret_of(run)}));
        } catch (const kubectl_failure& failure) {
            if (failure.what_kind() != kind::forbidden) throw;  // it goes with its Lease
        }
    }
    if (lease) {
        cluster.remove(in_name_space({"leases.coordination.k8s.io", run_lease::name}));
        gone.push_back(std::string{"lease/"} + run_lease::name);
    }
    return gone;
}

}  // namespace lanewise::bench::cluster
