// The pods of a run in the cluster: made, watched until they are ready or over, read, taken down.
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "kubectl.hpp"
#include "log_document.hpp"
#include "pod_look.hpp"
#include "pod_plan.hpp"

namespace lanewise::bench::cluster {

/// The user pressed Ctrl-C, or the program is to end.
class run_interrupted : public std::runtime_error {
public:
    run_interrupted() : std::runtime_error{"interrupted"} {}
};

struct pod_watching {
    double look_every_s = 2;
    /// So long the API server may fail in a row before the run gives up.
    double api_patience_s = 180;
    std::function<void()> pulse;  ///< called all the time; throws where the run is to end
    std::function<void(const std::string&)> say;
};

class run_pods {
public:
    run_pods(const kubectl& cluster, run_identity of, pod_watching how);

    /// Why the API server does not take the pod; none: it is made. Throws kubectl_failure where a
    /// right is missing, or the server does not answer for long.
    [[nodiscard]] std::optional<std::string> make(const boost::json::value& pod);

    /// The run's pods as they stand, by name. Throws kubectl_failure.
    [[nodiscard]] std::map<std::string, boost::json::value> all();

    struct awaited {
        std::string pod;
        cluster_node node;
    };
    struct outcome {
        pod_look look;
        std::string gap;  ///< why it counts no more; empty: it is as it was awaited
    };
    /// Waits until each pod has this stage, is lost, or its time is over; by name. `beside` is
    /// called with each look at the run's pods, and ends the wait by false.
    [[nodiscard]] std::map<std::string, outcome> wait_for(
        const std::vector<awaited>& pods, pod_stage stage, double patience_s,
        const std::function<bool(const std::map<std::string, boost::json::value>&)>& beside = {});

    /// The document that a pod printed. A log that is cut is read again some times.
    [[nodiscard]] std::variant<std::string, log_fault> document_of(const std::string& pod);

    /// What a pod that failed said last; empty where it can't be read.
    [[nodiscard]] std::string last_words_of(const std::string& pod, bool of_the_one_before);

    /// Deletes pods of the run and waits until they are gone.
    void take_down(const std::vector<std::string>& pods);

    void pause(double seconds) const;

private:
    template <class Call>
    auto patiently(const Call& call);
    [[nodiscard]] std::vector<std::string> in_name_space(std::vector<std::string> words) const;
    [[nodiscard]] std::string events_of(const std::string& pod);
    [[nodiscard]] outcome judge(const awaited& one, pod_look look, pod_stage stage);

    const kubectl& cluster_;
    run_identity of_;
    pod_watching how_;
};

/// Deletes all pods that fit the selector, and waits until they are gone. Throws kubectl_failure,
/// or std::runtime_error that names those which stay.
void delete_pods(const kubectl& cluster, const std::string& name_space, const std::string& selector,
                 double patience_s, double look_every_s);

}  // namespace lanewise::bench::cluster
