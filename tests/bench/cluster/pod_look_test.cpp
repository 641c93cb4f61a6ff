// How a pod stands, of what the API server says of it.
#include "bench/cluster/pod_look.hpp"

#include <doctest/doctest.h>

#include <string>

#include "bench/cluster/fields.hpp"

namespace lanewise::bench::cluster {
namespace {

pod_look seen(const std::string& status, const std::string& metadata = "{}") {
    return look_at(*parsed(R"({"metadata":)" + metadata + R"(,"status":)" + status + "}"), "arm64");
}

TEST_CASE("a pod without a status waits") {
    for (const auto* status : {"{}", "null", "7", R"({"conditions":7,"containerStatuses":[1]})"}) {
        CHECK(seen(status).stage == pod_stage::waiting);
        CHECK(seen(status).why.empty());
    }
}

TEST_CASE("a pod is ready where its condition says so, and over by its phase") {
    const auto ready = seen(R"({"phase":"Running","podIP":"10.0.0.7",
        "conditions":[{"type":"Ready","status":"True"}],
        "containerStatuses":[{"restartCount":2},{"restartCount":1}]})");
    CHECK(ready.stage == pod_stage::ready);
    CHECK(ready.restarts == 3);
    CHECK(ready.address == "10.0.0.7");
    CHECK(seen(R"({"phase":"Succeeded"})").stage == pod_stage::succeeded);
    CHECK(seen(R"({"phase":"Running","conditions":[{"type":"Ready","status":"False"}]})").stage ==
          pod_stage::waiting);
}

TEST_CASE("a pod that failed says why: what took it away, its own reason, its container's") {
    CHECK(seen(R"({"phase":"Failed","reason":"Evicted","message":"low on memory"})").why ==
          "Evicted: low on memory");
    CHECK(seen(R"({"phase":"Failed","reason":"Failed","conditions":[{"type":"DisruptionTarget",
        "status":"True","reason":"PreemptionByScheduler","message":"preempting"}]})")
              .why == "PreemptionByScheduler: preempting");
    CHECK(seen(R"({"phase":"Failed","containerStatuses":[{"state":{"terminated":
        {"reason":"OOMKilled","exitCode":137}}}]})")
              .why == "OOMKilled, exit code 137");
    CHECK(seen(R"({"phase":"Failed"})").why == "its pod failed without a word");
}

TEST_CASE("a pod that is being deleted is lost, with what takes it away") {
    const auto deleted =
        seen(R"({"phase":"Running","conditions":[{"type":"Ready","status":"True"}]})",
             R"({"deletionTimestamp":"2026-01-01T00:00:00Z"})");
    CHECK(deleted.stage == pod_stage::lost);
    CHECK(deleted.why == "somebody deleted its pod");
}

TEST_CASE("the words of each runtime for a missing architecture are told in ours") {
    for (const auto* message :
         {"no match for platform in manifest: not found",
          "no matching manifest for linux/arm64/v8 in the manifest list entries",
          R"(no image found in manifest list for architecture \"arm64\", variant \"v8\")",
          R"(no image found in image index for architecture \"arm64\")",
          "exec /server: exec format error"}) {
        const auto look = seen(
            R"({"phase":"Pending","containerStatuses":[{"image":"shop/cart:2","state":{"waiting":
            {"reason":"ErrImagePull","message":")" +
            std::string{message} + "\"}}}]}");
        CHECK(look.stage == pod_stage::lost);
        CHECK(look.why == "the image shop/cart:2 has no linux/arm64");
    }
}

TEST_CASE("a pull that fails may come right; a name that is none never does") {
    const auto waiting = [](const char* reason) {
        return seen(R"({"phase":"Pending","containerStatuses":[{"state":{"waiting":{"reason":")" +
                    std::string{reason} + R"(","message":"text"}}}]})");
    };
    CHECK(waiting("ErrImagePull").stage == pod_stage::waiting);
    CHECK(waiting("ImagePullBackOff").pulling);
    CHECK(waiting("InvalidImageName").stage == pod_stage::lost);
    CHECK(waiting("ErrImageNeverPull").why == "ErrImageNeverPull: text");
    CHECK(waiting("ContainerCreating").why.empty());
}

TEST_CASE("a container may end some times before it is given up") {
    const auto ended = [](int times) {
        return seen(R"({"phase":"Running","containerStatuses":[{"name":"web","restartCount":)" +
                    std::to_string(times) +
                    R"(,"state":{"waiting":{"reason":"CrashLoopBackOff"}},
            "lastState":{"terminated":{"reason":"Error","exitCode":3}}}]})");
    };
    CHECK(ended(2).stage == pod_stage::waiting);
    CHECK(ended(3).stage == pod_stage::lost);
    CHECK(ended(3).crashing);
    CHECK(ended(3).why == "its container web ends again and again: Error, exit code 3");
}

TEST_CASE("a pod that no node takes says why") {
    const auto look = seen(R"({"phase":"Pending","conditions":[{"type":"PodScheduled",
        "status":"False","reason":"Unschedulable","message":"0/4 nodes"}]})");
    CHECK(look.stage == pod_stage::waiting);
    CHECK(look.unscheduled);
    CHECK(look.why == "Unschedulable: 0/4 nodes");
}

TEST_CASE("what a pod waits for, lost or took it away, is told with what is known of it") {
    CHECK(seen(R"({"phase":"Failed","reason":"Evicted"})").why == "Evicted");
    CHECK(seen(R"({"phase":"Failed","message":"low"})").why == "low");
    // A condition that is not true, or another one, took nothing away.
    for (const auto* other : {R"({"type":"DisruptionTarget","status":"False","reason":"x"})",
                              R"({"type":"Other","status":"True","reason":"x"})"})
        CHECK(seen(R"({"phase":"Failed","reason":"Failed","conditions":[)" + std::string{other} +
                   "]}")
                  .why == "Failed");
    // The container that failed is the one that speaks, not one that ended well.
    CHECK(seen(R"({"phase":"Failed","initContainerStatuses":[{"state":{"terminated":
        {"reason":"Completed","exitCode":0}}}],"containerStatuses":[{"state":{"terminated":
        {"reason":"Error","exitCode":2,"message":"no disk"}}}]})")
              .why == "Error, exit code 2: no disk");
    const auto taken = seen(R"({"phase":"Running","conditions":[{"type":"DisruptionTarget",
        "status":"True","reason":"EvictionByEvictionAPI","message":"drained"}]})");
    CHECK(taken.stage == pod_stage::lost);
    CHECK(taken.why == "EvictionByEvictionAPI: drained");
    const auto waits = [](const char* reason) {
        return seen(R"({"phase":"Pending","containerStatuses":[{"state":{"waiting":{"reason":")" +
                    std::string{reason} + R"(","message":"text"}}}]})");
    };
    for (const auto* usual : {"", "PodInitializing", "ContainerCreating"})
        CHECK(waits(usual).why.empty());
    CHECK(waits("CreateContainerConfigError").why == "CreateContainerConfigError: text");
    CHECK_FALSE(waits("CreateContainerConfigError").pulling);
    CHECK(waits("ErrImagePull").pulling);
    for (const auto* other :
         {R"({"type":"PodScheduled","status":"True"})", R"({"type":"Ready","status":"False"})"})
        CHECK_FALSE(
            seen(R"({"phase":"Pending","conditions":[)" + std::string{other} + "]}").unscheduled);
    // The first container that is lost decides.
    CHECK(seen(R"({"phase":"Pending","initContainerStatuses":[{"state":{"waiting":
        {"reason":"CreateContainerConfigError"}}}],"containerStatuses":[{"state":{"waiting":
        {"reason":"InvalidImageName","message":"a b"}}}]})")
              .why == "InvalidImageName: a b");
}

}  // namespace
}  // namespace lanewise::bench::cluster
