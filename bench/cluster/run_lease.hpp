// The Lease by which one run at a time measures in a namespace. It is renewed while the run goes
// on; the Lease of a run that died is taken over once nobody has renewed it for its duration.
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "kubectl.hpp"

namespace lanewise::bench::cluster {

/// What a Lease says of its holder.
struct lease_holder {
    std::string run;              ///< empty: nobody
    std::string who;              ///< "ann@laptop"
    std::string renewed;          ///< as in 2026-01-31T12:00:00.000000Z
    std::optional<double> age_s;  ///< since then, by this machine's clock
    double duration_s = 0;

    [[nodiscard]] bool overdue() const { return !age_s || *age_s > duration_s; }
};

[[nodiscard]] lease_holder holder_of(const boost::json::value& lease,
                                     std::chrono::system_clock::time_point now);

/// Somebody else holds the Lease.
class lease_taken : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

class run_lease {
public:
    static constexpr const char* name = "lanewise-bench";
    static constexpr int duration_s = 60;
    static constexpr double renew_every_s = 15;
    using clock = std::chrono::steady_clock;

    /// `pause` waits for so many seconds, or throws where the user does not want to wait; `now`
    /// says how late it is.
    run_lease(const kubectl& cluster, std::string name_space, std::string run,
              std::function<void(double)> pause, std::function<void(const std::string&)> say,
              std::function<clock::time_point()> now = clock::now);

    /// Throws lease_taken where another run holds it, kubectl_failure where it can't be had.
    void acquire();

    /// Renews it where it is time. Throws lease_taken where another run has it by now.
    void keep();

    /// Gives it up and takes it away, where this run still has it. Throws kubectl_failure.
    void release();

    [[nodiscard]] bool held() const noexcept { return held_; }
    [[nodiscard]] std::string uid() const;
    /// The run that died with the Lease in its hands; empty: there was none.
    [[nodiscard]] const std::string& dead_run() const noexcept { return dead_run_; }

private:
    [[nodiscard]] boost::json::value wanted(const boost::json::value* old) const;
    [[nodiscard]] std::vector<std::string> words() const;
    [[nodiscard]] std::optional<boost::json::value> read() const;
    void take_over(boost::json::value old);
    /// Whether the cluster says that this run holds it, whatever the answer was.
    bool adopt();

    const kubectl& cluster_;
    std::string name_space_, run_, who_, dead_run_;
    std::function<void(double)> pause_;
    std::function<void(const std::string&)> say_;
    std::function<clock::time_point()> now_;
    boost::json::value lease_;
    clock::time_point renewed_;
    bool held_ = false;
};

}  // namespace lanewise::bench::cluster
