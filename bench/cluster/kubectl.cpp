#include "kubectl.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <system_error>

#include "bench/figures/format.hpp"
#include "child_process.hpp"
#include "fields.hpp"
#include "program/printable.hpp"

namespace lanewise::bench::cluster {
namespace {

namespace json = boost::json;

constexpr std::size_t message_bytes_max = 500;  // of a server's own words
constexpr std::size_t failures_max = 10;        // as many kinds as are asked for, and some

kubectl_failure failure_of(std::string_view line) {
    using kind = kubectl_failure::kind;
    const auto has = [&](std::string_view word) { return line.find(word) != line.npos; };
    const auto what = has("(NotFound)")    ? kind::not_found
                      : has("(Forbidden)") ? kind::forbidden
                                           : kind::other;
    return {what, "kubectl: " + program::printable(line.substr(0, message_bytes_max))};
}

/// The lines that kubectl complained in, without its warnings.
std::vector<kubectl_failure> failures_of(std::string_view errors) {
    std::vector<kubectl_failure> found;
    while (!errors.empty() && found.size() < failures_max) {
        const auto end = std::min(errors.find('\n'), errors.size());
        const auto line = errors.substr(0, end);
        errors.remove_prefix(std::min(end + 1, errors.size()));
        const bool beside = line.empty() || line.starts_with("Warning") || line.starts_with("W") ||
                            line.starts_with("No resources found");
        if (!beside) found.push_back(failure_of(line));
    }
    return found;
}

}  // namespace

json::value kubectl::get(const std::vector<std::string>& words) const {
    auto found = get_some(words);
    if (!found.failures.empty()) throw found.failures.front();
    return std::move(found.list);
}

kubectl::listed kubectl::get_some(const std::vector<std::string>& words) const {
    using kind = kubectl_failure::kind;
    child_call call;
    call.patience = options_.patience;
    call.words = {"kubectl", "get"};
    call.words.insert(call.words.end(), words.begin(), words.end());
    call.words.insert(call.words.end(), {"-o", "json"});
    if (!options_.context.empty()) call.words.push_back("--context=" + options_.context);
    if (!options_.kubeconfig.empty()) call.words.push_back("--kubeconfig=" + options_.kubeconfig);
    const auto what = "kubectl get " + words.front();
    child_result said;
    try {
        said = run_child(call);
    } catch (const std::system_error& error) {
        throw kubectl_failure{kind::other, std::string{"kubectl can't be started: "} +
                                               error.code().message() +
                                               "; it is the only way to the cluster"};
    }
    if (said.late) {
        throw kubectl_failure{
            kind::other, what + ": no answer within " + digits(options_.patience.count()) + " s"};
    }
    if (said.long_output) {
        throw kubectl_failure{kind::other, what + ": the answer has more than " +
                                               std::to_string(call.bytes_max >> 20) + " MiB"};
    }
    auto list = parsed(said.output);
    if (said.status == 0) {
        if (!list) throw kubectl_failure{kind::other, what + ": the answer is cut off or no JSON"};
        return {std::move(*list), {}};
    }
    auto failures = failures_of(said.errors);
    if (failures.empty()) {
        failures.emplace_back(
            kind::other, what + ": exit status " + std::to_string(said.status) + " without a word");
    }
    const bool given = list && field(*list, {"items"});
    // Only a refusal leaves the other kinds as they are: after any other fault they may be cut.
    const bool refused = std::ranges::all_of(
        failures, [](const auto& one) { return one.what_kind() == kind::forbidden; });
    if (!given || !refused) throw failures.front();
    return {std::move(*list), std::move(failures)};
}

}  // namespace lanewise::bench::cluster
