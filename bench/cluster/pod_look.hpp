// How a pod stands, by what the API server says of it, in words. Pure functions.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace lanewise::bench::cluster {

enum class pod_stage : std::uint8_t {
    waiting,
    ready,      ///< its containers run, and its probes pass
    succeeded,  ///< it ended with exit code 0
    lost,       ///< it failed, was taken away, or will never run
};

struct pod_look {
    pod_stage stage = pod_stage::waiting;
    std::string why;           ///< lost: what became of it; waiting: what it waits for
    int restarts = 0;          ///< of its containers
    bool unscheduled = false;  ///< waiting: no node has taken it
    bool pulling = false;      ///< waiting: the kubelet could not pull an image, yet
    bool crashing = false;     ///< lost: its container ends again and again
    std::string address;       ///< empty: it has none yet
};

/// `architecture`: of its node.
[[nodiscard]] pod_look look_at(const boost::json::value& pod, std::string_view architecture);

/// What the kubelet says of a pull where the image lacks the node's architecture, or what a
/// container says that is of another one.
[[nodiscard]] bool speaks_of_architecture(std::string_view message);

/// "the image shop/cart:2 has no linux/arm64"
[[nodiscard]] std::string lacks_architecture(const std::string& image,
                                             std::string_view architecture);

}  // namespace lanewise::bench::cluster
