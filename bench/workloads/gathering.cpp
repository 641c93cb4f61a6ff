#include "gathering.hpp"

#include <algorithm>
#include <bit>
#include <functional>

#include "request_text.hpp"
#include "secrets.hpp"
#include "text_input.hpp"

namespace lanewise::bench::workloads {
namespace {

/// Reasons are the program's own words, but some name a variable or an option.
constexpr std::size_t reasons_max = 200;
constexpr std::size_t names_max = 100;
/// A head that no server takes.
constexpr std::size_t head_bytes_max = std::size_t{256} << 10;
constexpr std::size_t body_bytes_max = std::size_t{8} << 20;

std::size_t bytes_of(const request& one) {
    std::size_t bytes = one.method.size() + one.path.size() + one.body.size();
    for (const auto& field : one.headers) bytes += field.name.size() + field.value.size();
    return bytes;
}

void count_name(std::map<std::string, std::uint64_t, std::less<>>& names, std::string_view name) {
    auto found = names.find(name);
    if (found == names.end()) {
        found = names.emplace(names.size() < names_max ? std::string{name} : "others", 0).first;
    }
    ++found->second;
}

/// What counts as a success of a request that was answered like this.
std::vector<status_range> success_of(const std::vector<std::pair<int, std::uint64_t>>& statuses) {
    std::vector<status_range> success{{200, 299}};
    std::uint64_t known = 0;
    bool redirects = false;
    std::pair<int, std::uint64_t> most{0, 0};
    for (const auto& [status, count] : statuses) {
        known += count;
        redirects = redirects || (status >= 300 && status < 400);
        if (count > most.second) most = {status, count};
    }
    if (redirects || known == 0) success.push_back({300, 399});
    if (most.first >= 400 && most.first < 500) success.push_back({most.first, most.first});
    return success;
}

std::string lower_origin(std::string_view origin) {
    auto small = lower(origin);
    while (small.ends_with('/')) small.pop_back();
    return small;
}

/// "https://a" and "a" mean the same where one of both has no scheme.
bool is_same_origin(std::string_view one, std::string_view other) {
    if (one == other) return true;
    const auto host = [](std::string_view origin) {
        const auto scheme = origin.find("://");
        return scheme == std::string_view::npos ? origin : origin.substr(scheme + 3);
    };
    const bool both =
        one.find("://") != std::string_view::npos && other.find("://") != std::string_view::npos;
    return !both && host(one) == host(other);
}

}  // namespace

std::size_t gathering::key_hash::operator()(const key& one) const noexcept {
    std::size_t sum = 0;
    const auto add = [&](std::string_view text) {
        sum = std::rotl(sum, 13) * 0x9e3779b97f4a7c15U + std::hash<std::string_view>{}(text);
    };
    add(one.what.method);
    add(one.what.path);
    for (const auto& field : one.what.headers) {
        add(field.name);
        add(field.value);
    }
    add(one.what.body);
    add(one.origin);
    return sum;
}

void gathering::begin(std::string name, std::string_view kind, std::string_view unit) {
    at_ = {};
    sources_.push_back({.name = std::move(name),
                        .kind = std::string{kind},
                        .unit = std::string{unit},
                        .left_out = {},
                        .remarks = {}});
}

void gathering::add_to(std::vector<tally>& tallies, std::string_view reason) const {
    auto found = std::ranges::find(tallies, reason, &tally::reason);
    if (found == tallies.end()) {
        if (tallies.size() >= reasons_max) {
            found = tallies.end() - 1;
            found->reason = "other reasons";
        } else {
            tallies.push_back({std::string{reason}, 0, {}});
            found = tallies.end() - 1;
        }
    }
    ++found->count;
    if (found->places.size() < tally::places_max) found->places.push_back(at_);
}

void gathering::leave_out(std::string_view reason) {
    add_to(sources_.back().left_out, reason);
}

void gathering::remark(std::string_view text) {
    add_to(sources_.back().remarks, text);
}

void gathering::lacks_body(std::string_view method) {
    count_name(lacking_bodies_, method);
}

void gathering::drop(std::string_view name) {
    count_name(dropped_, name);
}

void gathering::add_header(request& to, std::string_view name, std::string_view value) {
    const auto small = lower(name);
    value = trimmed(value);
    if (is_of_connection(small)) return;
    if (!is_token(name) || !is_field_value(value) || !is_utf8(value)) {
        remark(
            "a header that can't be sent (its name or its value has characters that HTTP does "
            "not allow) is left out");
        return;
    }
    if (is_redacted(value)) {
        drop(std::string{name} + " (its value was blanked before)");
        return;
    }
    if (is_secret_header(small) && !keeps_secrets()) {
        drop(name);
        return;
    }
    std::string taken{value};
    if (small == "referer") judge_target(taken);
    to.headers.push_back({std::string{name}, std::move(taken)});
}

void gathering::judge_target(std::string& target) {
    if (keeps_secrets()) return;
    for (const auto& name : take_out_query_secrets(target)) drop("query parameter " + name);
}

void gathering::count(request what, std::string_view origin, std::optional<int> status) {
    auto& from = sources_.back();
    const auto bytes = bytes_of(what) + origin.size();
    if (bytes - what.body.size() > head_bytes_max) {
        leave_out("its headers and its target take more than 256 KiB");
        return;
    }
    if (what.body.size() > body_bytes_max) {
        leave_out("its body takes more than 8 MiB");
        return;
    }
    if (what.has_body && !keeps_secrets() && names_a_secret(what.body)) {
        remark("its body has a field that is named as a secret: bodies are kept as they are");
    }
    if (status && *status >= 500)
        remark("was answered by a server error, which counts as an error when it is sent again");
    ++from.requests;
    ++offered_;
    const auto order = order_++;
    if ((random_() & ((std::uint64_t{1} << halvings_) - 1)) != 0) return;

    const auto [at, is_new] =
        requests_.try_emplace(key{std::move(what), std::string{origin}}, counted{});
    auto& one = at->second;
    ++one.count;
    if (status) {
        const auto found =
            std::ranges::find(one.statuses, *status, &std::pair<int, std::uint64_t>::first);
        constexpr std::size_t statuses_max = 16;
        if (found != one.statuses.end()) {
            ++found->second;
        } else if (one.statuses.size() < statuses_max) {
            one.statuses.emplace_back(*status, 1);
        }
    }
    if (!is_new) return;
    one.order = order;
    bytes_ += bytes;
    // One request alone is never more than the bound.
    while (requests_.size() > options_.requests_max || bytes_ > options_.bytes_max) thin();
}

/// Keeps each request with a probability of one half, those that come later as well: what stays is
/// a uniform sample, so that the mix stays the same within its counting error.
void gathering::thin() {
    ++halvings_;
    bytes_ = 0;
    for (auto at = requests_.begin(); at != requests_.end();) {
        std::binomial_distribution<std::uint64_t> half{at->second.count, 0.5};
        at->second.count = half(random_);
        if (at->second.count == 0) {
            at = requests_.erase(at);
        } else {
            bytes_ += bytes_of(at->first.what) + at->first.origin.size();
            ++at;
        }
    }
}

std::vector<std::pair<std::string, std::uint64_t>> gathering::origins() const {
    std::map<std::string, std::uint64_t> counts;
    for (const auto& [one, counts_of] : requests_)
        if (!one.origin.empty()) counts[one.origin] += counts_of.count;
    std::vector<std::pair<std::string, std::uint64_t>> sorted{counts.begin(), counts.end()};
    std::ranges::stable_sort(sorted, [](auto& a, auto& b) { return a.second > b.second; });
    return sorted;
}

void gathering::choose_origins(document& made, bool hosts_in_headers) {
    const auto all = origins();
    const auto named = [&] {
        constexpr std::size_t shown_max = 20;
        std::string text;
        for (std::size_t i = 0; i < std::min(all.size(), shown_max); ++i)
            text += (i == 0 ? "" : ", ") + all[i].first + " (" + std::to_string(all[i].second) +
                    (all[i].second == 1 ? " request)" : " requests)");
        if (all.size() > shown_max)
            text += " and " + std::to_string(all.size() - shown_max) + " more";
        return text;
    };
    if (!options_.origins.empty()) {
        std::vector<std::string> wanted;
        for (const auto& one : options_.origins) wanted.push_back(lower_origin(one));
        const auto is_wanted = [&](const key& one) {
            return !one.origin.empty() && std::ranges::any_of(wanted, [&](const auto& origin) {
                return is_same_origin(origin, one.origin);
            });
        };
        std::uint64_t others = 0;
        std::erase_if(requests_, [&](const auto& one) {
            if (is_wanted(one.first)) return false;
            others += one.second.count;
            return true;
        });
        if (requests_.empty()) {
            throw unusable{
                "--origin " + options_.origins.front() + ": no request was sent there" +
                (all.empty() ? "; the input names no origin" : "; there are " + named())};
        }
        if (others > 0)
            made.notes.push_back(std::to_string(others) + (others == 1 ? " request" : " requests") +
                                 " of other origins are left out");
    }
    const auto chosen = origins();
    if (chosen.size() <= 1) {
        if (!chosen.empty()) made.origin = chosen.front().first;
        return;
    }
    if (!hosts_in_headers) {
        throw unusable{"the requests were sent to " + std::to_string(chosen.size()) +
                       " origins; choose with --origin " + chosen.front().first + ": there are " +
                       named()};
    }
    made.notes.push_back("the requests were sent to " + std::to_string(chosen.size()) +
                         " hosts, so that each names its own in Host; --origin HOST takes those of "
                         "one alone: there are " +
                         named());
}

document gathering::finish(bool hosts_in_headers) {
    document made;
    made.sources = sources_;
    if (requests_.empty()) {
        std::string why;
        for (const auto& from : sources_) {
            why += (why.empty() ? "" : "; ") + from.name + ": ";
            if (from.units == 0) {
                why += "is empty";
                continue;
            }
            why += "none of its " + std::to_string(from.units) + " " +
                   (from.units == 1        ? from.unit
                    : from.unit == "entry" ? "entries"
                                           : from.unit + "s") +
                   " is a request";
            if (!from.left_out.empty()) why += ": " + from.left_out.front().reason;
        }
        throw unusable{why.empty() ? "there is no request" : why};
    }
    choose_origins(made, hosts_in_headers);
    const bool several = origins().size() > 1;

    std::vector<std::pair<const key*, const counted*>> sorted;
    for (const auto& [what, counts] : requests_) sorted.emplace_back(&what, &counts);
    std::ranges::sort(sorted, [](const auto& a, const auto& b) {
        if (a.second->count != b.second->count) return a.second->count > b.second->count;
        return a.second->order < b.second->order;
    });
    for (const auto& [one, counts] : sorted) {
        weighted_request taken{one->what, static_cast<double>(counts->count),
                               success_of(counts->statuses)};
        const auto scheme = one->origin.find("://");
        const bool names_host = std::ranges::any_of(taken.what.headers, [](const auto& field) {
            return equal_without_case(field.name, "host");
        });
        if (several && !one->origin.empty() && !names_host) {
            taken.what.headers.push_back(
                {"Host", one->origin.substr(scheme == std::string::npos ? 0 : scheme + 3)});
        }
        made.requests.push_back(std::move(taken));
    }
    if (halvings_ > 0) {
        made.notes.push_back("there are more than " + std::to_string(options_.requests_max) +
                             " different requests, or they take more than " +
                             std::to_string(options_.bytes_max >> 20) +
                             " MiB: a uniform sample of 1 in " +
                             std::to_string(std::uint64_t{1} << halvings_) + " stands for all " +
                             std::to_string(offered_));
    }
    if (!lacking_bodies_.empty()) {
        std::string methods;
        for (const auto& [method, count] : lacking_bodies_)
            methods += (methods.empty() ? "" : ", ") + method + " " + std::to_string(count);
        made.notes.push_back("the input lacks the bodies of requests, which are sent without: " +
                             methods);
    }
    made.dropped.assign(dropped_.begin(), dropped_.end());
    return made;
}

}  // namespace lanewise::bench::workloads
