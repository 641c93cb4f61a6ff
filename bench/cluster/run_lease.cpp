#include "run_lease.hpp"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <utility>

#include "fields.hpp"
#include "pod_plan.hpp"
#include "span_in_words.hpp"

namespace lanewise::bench::cluster {
namespace {

namespace json = boost::json;
using kind = kubectl_failure::kind;

constexpr double observed_s_max = 60;
constexpr double given_back_s = 3;
constexpr std::size_t holder_length_max = 120;

/// MicroTime, as the API server wants it.
std::string micro_time(std::chrono::system_clock::time_point when) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(when);
    const auto micros =
        std::chrono::duration_cast<std::chrono::microseconds>(when - seconds).count();
    const std::time_t time = std::chrono::system_clock::to_time_t(seconds);
    std::tm parts{};
    gmtime_r(&time, &parts);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ",
                  parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                  parts.tm_min, parts.tm_sec, static_cast<int>(micros));
    return text.data();
}

/// In seconds since 1970: the system's clock counts nanoseconds, which end in 2262.
std::optional<double> time_in(const std::string& text) {
    std::tm parts{};
    const char* end = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
    if (!end) return std::nullopt;
    return static_cast<double>(timegm(&parts));
}

/// Who runs this, for whoever is kept waiting.
std::string who_am_i() {
    std::array<char, 256> host{};
    if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
    const auto* user = getpwuid(geteuid());
    const auto name = user ? std::string{user->pw_name} : std::to_string(geteuid());
    return (name + "@" + host.data()).substr(0, holder_length_max);
}

std::string text_of_age(double seconds) {
    return seconds < 120 ? span_in_words(std::ceil(std::max(0.0, seconds)))
                         : std::to_string(std::lround(seconds / 60)) + " minutes";
}

}  // namespace

lease_holder holder_of(const json::value& lease, std::chrono::system_clock::time_point now) {
    lease_holder found;
    const auto holder = text_of(lease, {"spec", "holderIdentity"});
    const auto space = holder.find(' ');
    found.run = holder.substr(0, space);
    if (space != std::string::npos) found.who = holder.substr(space + 1);
    found.renewed = text_of(lease, {"spec", "renewTime"});
    if (const auto when = time_in(found.renewed))
        found.age_s = std::chrono::duration<double>(now.time_since_epoch()).count() - *when;
    const auto* seconds = field(lease, {"spec", "leaseDurationSeconds"});
    found.duration_s = seconds && seconds->is_int64() && seconds->get_int64() > 0
                           ? static_cast<double>(seconds->get_int64())
                           : run_lease::duration_s;
    return found;
}

run_lease::run_lease(const kubectl& cluster, std::string name_space, std::string run,
                     std::function<void(double)> pause, std::function<void(const std::string&)> say,
                     std::function<clock::time_point()> now)
    : cluster_{cluster},
      name_space_{std::move(name_space)},
      run_{std::move(run)},
      who_{who_am_i()},
      pause_{std::move(pause)},
      say_{std::move(say)},
      now_{std::move(now)} {}

json::value run_lease::wanted(const json::value* old) const {
    const auto now = micro_time(std::chrono::system_clock::now());
    json::object metadata;
    metadata["name"] = name;
    if (!name_space_.empty()) metadata["namespace"] = name_space_;
    json::object labels;
    labels[std::string{maker_label}] = std::string{maker};
    metadata["labels"] = std::move(labels);
    if (old) metadata["resourceVersion"] = text_of(*old, {"metadata", "resourceVersion"});
    const bool mine = old && holder_of(*old, std::chrono::system_clock::now()).run == run_;
    json::object spec;
    spec["holderIdentity"] = run_ + " " + who_;
    spec["leaseDurationSeconds"] = duration_s;
    spec["acquireTime"] = mine ? text_of(*old, {"spec", "acquireTime"}) : now;
    spec["renewTime"] = now;
    return json::object{{"apiVersion", "coordination.k8s.io/v1"},
                        {"kind", "Lease"},
                        {"metadata", std::move(metadata)},
                        {"spec", std::move(spec)}};
}

std::string run_lease::uid() const {
    return text_of(lease_, {"metadata", "uid"});
}

std::vector<std::string> run_lease::words() const {
    std::vector<std::string> all{"leases.coordination.k8s.io", name};
    if (!name_space_.empty()) all.insert(all.end(), {"-n", name_space_});
    return all;
}

std::optional<json::value> run_lease::read() const {
    try {
        return cluster_.get(words());
    } catch (const kubectl_failure& failure) {
        if (failure.what_kind() == kind::not_found) return std::nullopt;
        throw;
    }
}

void run_lease::take_over(json::value old) {
    auto holder = holder_of(old, std::chrono::system_clock::now());
    if (holder.run.empty()) {
        // Whoever gave it back deletes it next: what is made in between would go, too.
        pause_(given_back_s);
        const auto now = read();
        if (!now) {
            lease_ = cluster_.create(wanted(nullptr)).at(0);
            return;
        }
        old = *now;
        holder = holder_of(old, std::chrono::system_clock::now());
    }
    if (!holder.run.empty()) {
        const auto about = "the run " + holder.run + " of " + holder.who + " has the Lease " +
                           name + ", renewed " +
                           (holder.age_s ? text_of_age(*holder.age_s) + " ago" : "at no time");
        if (!holder.overdue()) {
            throw lease_taken{"one run at a time: " + about +
                              "; if that run is dead, the Lease is "
                              "free in " +
                              text_of_age(holder.duration_s - *holder.age_s)};
        }
        // Its clock may differ from this machine's: a run that lives renews while one looks.
        const auto patience = std::min(holder.duration_s, observed_s_max);
        say_(about + ": waiting " + text_of_age(patience) + " to see whether it is renewed");
        pause_(patience);
        const auto now = read();
        if (now && text_of(*now, {"spec", "renewTime"}) != holder.renewed)
            throw lease_taken{"one run at a time: " + about + ", and is at work"};
        dead_run_ = holder.run;
        if (!now) {
            lease_ = cluster_.create(wanted(nullptr)).at(0);
            return;
        }
        old = *now;
    }
    lease_ = cluster_.replace(wanted(&old));
}

void run_lease::acquire() {
    try {
        if (auto old = read()) {
            take_over(std::move(*old));
        } else {
            lease_ = cluster_.create(wanted(nullptr)).at(0);
        }
    } catch (const kubectl_failure& failure) {
        // An answer that was lost on its way, or a kubectl that ended by the user's Ctrl-C: the
        // Lease may be this run's all the same.
        if (failure.what_kind() != kind::forbidden && adopt()) return;
        if (failure.what_kind() != kind::exists && failure.what_kind() != kind::conflict) throw;
        throw lease_taken{std::string{"one run at a time: another run took the Lease "} + name +
                          " in this moment"};
    }
    held_ = true;
    renewed_ = now_();
}

bool run_lease::adopt() {
    try {
        const auto now = read();
        held_ = now && holder_of(*now, std::chrono::system_clock::now()).run == run_;
        if (held_) lease_ = *now;
    } catch (const kubectl_failure&) {
        return false;
    }
    if (held_) renewed_ = now_();
    return held_;
}

void run_lease::keep() {
    const std::chrono::duration<double> age = now_() - renewed_;
    if (!held_ || age.count() < renew_every_s) return;
    try {
        lease_ = cluster_.replace(wanted(&lease_));
    } catch (const kubectl_failure& failure) {
        const bool lost =
            failure.what_kind() == kind::conflict || failure.what_kind() == kind::not_found;
        // A server that does not answer gives the Lease to nobody else: it is tried again. And an
        // answer that was lost leaves this run with an old version of its own Lease.
        if (!lost || adopt()) return;
        held_ = false;
        throw lease_taken{std::string{"the Lease "} + name +
                          " is no longer this run's: somebody deleted it, or took it over"};
    }
    renewed_ = now_();
}

void run_lease::release() {
    if (!held_) return;
    // Given back first, under its version: what another run has taken meanwhile is not deleted.
    const auto give_back = [&] {
        auto wish = wanted(&lease_);
        wish.as_object().at("spec").as_object().erase("holderIdentity");
        lease_ = cluster_.replace(wish);
    };
    try {
        give_back();
    } catch (const kubectl_failure& failure) {
        if (failure.what_kind() == kind::forbidden) throw;
        if (adopt()) {
            give_back();
        } else {
            held_ = false;
            const auto now = read();
            // Given back already, by a call whose answer was lost.
            const bool nobodys =
                now && holder_of(*now, std::chrono::system_clock::now()).run.empty();
            if (!nobodys) return;
        }
    }
    held_ = false;
    cluster_.remove(words());
}

}  // namespace lanewise::bench::cluster
