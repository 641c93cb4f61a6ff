#include "kubectl.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <optional>
#include <string_view>
#include <system_error>

#include "fields.hpp"
#include "program/printable.hpp"
#include "span_in_words.hpp"

namespace lanewise::bench::cluster {
namespace {

namespace json = boost::json;

constexpr std::size_t message_bytes_max = 500;  // of a server's own words
constexpr std::size_t failures_max = 10;        // as many kinds as are asked for, and some
constexpr int signal_status = 128;              // and the signal's number
constexpr int removals_max = 5;                 // of an impatient user's Ctrl-C

kubectl_failure failure_of(std::string_view line) {
    using kind = kubectl_failure::kind;
    const auto has = [&](std::string_view word) { return line.find(word) != line.npos; };
    const auto what = has("(NotFound)")        ? kind::not_found
                      : has("(Forbidden)")     ? kind::forbidden
                      : has("(AlreadyExists)") ? kind::exists
                      : has("(Conflict)")      ? kind::conflict
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

[[noreturn]] void fail(const std::string& what, const child_result& said) {
    const auto failures = failures_of(said.errors);
    if (!failures.empty()) throw failures.front();
    throw kubectl_failure{
        kubectl_failure::kind::other,
        "kubectl " + what + ": exit status " + std::to_string(said.status) + " without a word"};
}

}  // namespace

bool kubectl_failure::lacks_right() const {
    const std::string_view text{what()};
    return kind_ == kind::forbidden && text.find("cannot ") != text.npos;
}

child_result kubectl::call(std::vector<std::string> words, const std::string& input) const {
    using kind = kubectl_failure::kind;
    child_call call;
    call.patience = options_.patience;
    call.input = input;
    const auto what = "kubectl " + words.front() + " " + (words.size() > 1 ? words[1] : "");
    words.insert(words.begin(), options_.program);
    if (!options_.context.empty()) words.push_back("--context=" + options_.context);
    if (!options_.kubeconfig.empty()) words.push_back("--kubeconfig=" + options_.kubeconfig);
    call.words = std::move(words);
    child_result said;
    try {
        said = run_child(call);
    } catch (const std::system_error& error) {
        throw kubectl_failure{kind::other, options_.program +
                                               " can't be started: " + error.code().message() +
                                               "; it is the only way to the cluster"};
    }
    if (said.late) {
        throw kubectl_failure{
            kind::other, what + ": no answer within " + span_in_words(options_.patience.count())};
    }
    if (said.long_output) {
        throw kubectl_failure{kind::other, what + ": the answer has more than " +
                                               std::to_string(call.bytes_max >> 20) + " MiB"};
    }
    return said;
}

std::string kubectl::output_of(std::vector<std::string> words, const std::string& input) const {
    const auto what = words.front();
    auto said = call(std::move(words), input);
    if (said.status != 0) fail(what, said);
    return std::move(said.output);
}

json::value kubectl::get(const std::vector<std::string>& words) const {
    auto found = get_some(words);
    if (!found.failures.empty()) throw found.failures.front();
    return std::move(found.list);
}

kubectl::listed kubectl::get_some(const std::vector<std::string>& words) const {
    using kind = kubectl_failure::kind;
    std::vector<std::string> all{"get"};
    all.insert(all.end(), words.begin(), words.end());
    all.insert(all.end(), {"-o", "json"});
    const auto what = "kubectl get " + words.front();
    const auto said = call(std::move(all), "");
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

std::vector<json::value> kubectl::create(const json::value& object) const {
    // Checking by kubectl's own copy of the schema would refuse what an older server merely drops.
    const auto said =
        output_of({"create", "-f", "-", "--validate=false", "-o", "json"}, json::serialize(object));
    auto made = parsed_all(said);
    if (!made) {
        throw kubectl_failure{kubectl_failure::kind::other,
                              "kubectl create: the answer is cut off or no JSON"};
    }
    return std::move(*made);
}

json::value kubectl::replace(const json::value& object) const {
    const auto said = output_of({"replace", "-f", "-", "--validate=false", "-o", "json"},
                                json::serialize(object));
    auto made = parsed(said);
    if (!made) {
        throw kubectl_failure{kubectl_failure::kind::other,
                              "kubectl replace: the answer is cut off or no JSON"};
    }
    return std::move(*made);
}

void kubectl::remove(const std::vector<std::string>& words) const {
    std::vector<std::string> all{"delete"};
    all.insert(all.end(), words.begin(), words.end());
    all.insert(all.end(), {"--ignore-not-found", "--wait=false"});
    for (int tries = 1;; ++tries) {
        const auto said = call(all, "");
        if (said.status == 0) return;
        // At a terminal, Ctrl-C ends kubectl, too: what takes down goes on all the same.
        const bool by_signal = said.status > signal_status;
        if (!by_signal || tries == removals_max) fail("delete", said);
    }
}

std::string kubectl::logs(const std::vector<std::string>& words) const {
    std::vector<std::string> all{"logs"};
    all.insert(all.end(), words.begin(), words.end());
    return output_of(std::move(all), "");
}

}  // namespace lanewise::bench::cluster
