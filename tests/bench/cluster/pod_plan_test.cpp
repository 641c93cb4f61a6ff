// Pods as a run makes them, and what keeps a Deployment's pod from being copied.
#include "bench/cluster/pod_plan.hpp"

#include <doctest/doctest.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "bench/cluster/bench_nodes.hpp"
#include "bench/cluster/fields.hpp"

namespace lanewise::bench::cluster {
namespace {

namespace json = boost::json;

json::value of_template(std::string_view pod) {
    return *parsed(R"({"kind":"Deployment","metadata":{"name":"cart","namespace":"shop"},
        "spec":{"template":{"metadata":{"labels":{"app":"cart"}},"spec":)" +
                   std::string{pod} + "}}}");
}

cluster_node arm_node() {
    cluster_node node;
    node.name = "arm-1";
    node.architecture = "arm64";
    node.labels = {{"lanewise/role", "bench"}, {"node.kubernetes.io/instance-type", "m7g.2xlarge"}};
    node.taints = {{"lanewise/role", "bench", "NoSchedule"}, {"dedicated", "", "NoExecute"}};
    return node;
}

target_wish wish_for(bool whole_node = false) {
    return {{"r1", "shop", "lanewise-bench", "uid-1"}, "one", arm_node(), 8080, whole_node, 60.5};
}

std::vector<std::string> refused(std::string_view pod, std::vector<json::value> claims = {}) {
    return what_cannot_be_copied(of_template(pod), claims);
}

TEST_CASE("a plain template can be copied; one without a container can't") {
    CHECK(refused(R"({"containers":[{"name":"web"}]})").empty());
    CHECK(refused("{}").size() == 1);
    CHECK(refused("7").size() == 1);
}

TEST_CASE("everything that can't be copied is named, not the first alone") {
    const auto found = refused(R"({"nodeName":"n","hostNetwork":true,
        "initContainers":[{"name":"init","ports":[{"hostPort":1}]}],
        "containers":[{"name":"web","ports":[{"containerPort":80,"hostPort":0},{"hostPort":443}]}],
        "volumes":[{"name":"a","persistentVolumeClaim":{"claimName":"lost"}},
                   {"name":"b","gcePersistentDisk":{"pdName":"d"}},
                   {"name":"c","gcePersistentDisk":{"pdName":"d","readOnly":true}},
                   {"name":"d","emptyDir":{}},{"name":"e","configMap":{"name":"x"}}]})");
    CHECK(found ==
          std::vector<std::string>{
              "it is bound to the node \"n\" (nodeName)",
              "it takes its ports of its node (hostNetwork)",
              "the container \"init\" takes the port 1 of its node (hostPort)",
              "the container \"web\" takes the port 443 of its node (hostPort)",
              "the volume \"a\" is of the PersistentVolumeClaim \"lost\", which does not exist",
              "the volume \"b\" is a disk that only one may mount (gcePersistentDisk)"});
    CHECK(refused(R"({"hostNetwork":false,"containers":[{"ports":[{"hostPort":"1"}]}]})").empty());
}

TEST_CASE("a claim can be copied where some mode of it lets many mount it") {
    const auto claim = [](const char* modes) {
        return *parsed(std::string{R"({"metadata":{"name":"data"},"spec":{"accessModes":)"} +
                       modes + "}}");
    };
    const auto* pod = R"({"containers":[{}],
        "volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"data"}}]})";
    CHECK(refused(pod, {claim(R"(["ReadWriteOnce","ReadOnlyMany"])")}).empty());
    CHECK(refused(pod, {claim(R"(["ReadWriteMany"])")}).empty());
    for (const auto* modes : {R"(["ReadWriteOnce"])", R"(["ReadWriteOncePod"])", "[]", "7"})
        CHECK(refused(pod, {claim(modes)}).size() == 1);
    const auto why = [&](const char* modes) {
        const auto all = refused(pod, {claim(modes)}).front();
        return all.substr(all.find("\"data\", ") + 8);
    };
    CHECK(why(R"(["ReadWriteOnce",7,"ReadWriteOncePod"])") ==
          "which only one may mount (ReadWriteOnce, ReadWriteOncePod)");
    CHECK(why("[]") == "which only one may mount (no access mode)");
    CHECK(claims_of(of_template(pod)) == std::vector<std::string>{"data"});
}

TEST_CASE("a claim's name that would be an option of kubectl is not asked for") {
    CHECK(claims_of(of_template(R"({"volumes":[{"persistentVolumeClaim":{"claimName":"--all"}}]})"))
              .empty());
}

TEST_CASE("a copy keeps what it runs with, and loses what places it and by what it is found") {
    const auto pod =
        target_pod(of_template(R"({"containers":[{"name":"web","env":[{"name":"A","value":"b"}]}],
            "serviceAccountName":"cart","nodeSelector":{"pool":"web"},"priorityClassName":"high",
            "topologySpreadConstraints":[{}],"affinity":{"podAffinity":{}},"priority":7,
            "schedulingGates":[{}],"tolerations":[{"key":"own"}]})"),
                   wish_for());
    CHECK(text_of(pod, {"spec", "serviceAccountName"}) == "cart");
    CHECK(list_of(pod, {"spec", "containers"}).at(0).at("env").as_array().size() == 1);
    for (const auto* gone : {"nodeSelector", "priorityClassName", "topologySpreadConstraints",
                             "priority", "schedulingGates", "nodeName"})
        CHECK(!field(pod, {"spec", gone}));
    CHECK(!field(pod, {"spec", "affinity", "podAffinity"}));
    CHECK(!field(pod, {"metadata", "labels", "app"}));
    CHECK(text_of(pod, {"metadata", "labels", maker_label}) == maker);
    CHECK(text_of(pod, {"metadata", "labels", run_label}) == "r1");
    CHECK(list_of(pod, {"metadata", "ownerReferences"}).at(0).at("uid") == "uid-1");
    CHECK(list_of(pod, {"spec", "tolerations"}).size() == 3);
    CHECK(json::serialize(list_of(pod, {"spec", "tolerations"}).at(2)) ==
          R"({"key":"dedicated","operator":"Exists","effect":"NoExecute"})");
    CHECK(pod.at("spec").at("activeDeadlineSeconds") == 61);
    CHECK(json::serialize(*field(pod, {"spec", "affinity", "nodeAffinity"})).find("\"arm-1\"") !=
          std::string::npos);
}

TEST_CASE("limits of CPU and memory are lifted, and what was sure to come stays requested") {
    const auto of = of_template(R"({"containers":[{"name":"web","resources":
        {"limits":{"cpu":"2","memory":"1Gi","nvidia.com/gpu":"1"},"requests":{"cpu":"500m"}}},
        {"name":"side"}]})");
    const auto kept = target_pod(of, wish_for());
    CHECK(json::serialize(list_of(kept, {"spec", "containers"}).at(0).at("resources")) ==
          json::serialize(
              of.at("spec").at("template").at("spec").at("containers").at(0).at("resources")));
    const auto lifted = target_pod(of, wish_for(true));
    const auto& resources = list_of(lifted, {"spec", "containers"}).at(0).at("resources");
    CHECK(json::serialize(object_of(resources, {"limits"})) == R"({"nvidia.com/gpu":"1"})");
    CHECK(text_of(resources, {"requests", "cpu"}) == "500m");
    CHECK(text_of(resources, {"requests", "memory"}) == "1Gi");
    CHECK(text_of(resources, {"requests", "nvidia.com/gpu"}) == "1");
    CHECK_FALSE(list_of(lifted, {"spec", "containers"}).at(1).as_object().contains("resources"));
    const auto without = [](const char* given) {
        const auto pod = target_pod(of_template(R"({"initContainers":[{"resources":)" +
                                                std::string{given} + R"(}],"containers":[{}]})"),
                                    wish_for(true));
        return json::serialize(list_of(pod, {"spec", "initContainers"}).at(0).at("resources"));
    };
    CHECK(without(R"({"limits":{"cpu":"2","ephemeral-storage":"1Gi"}})") ==
          R"({"requests":{"cpu":"2","ephemeral-storage":"1Gi"}})");
    CHECK(without(R"({"requests":{"cpu":"1"}})") == R"({"requests":{"cpu":"1"}})");
    CHECK(without("{}") == "{}");
    CHECK(without("7") == "7");
}

TEST_CASE("what a run makes goes with its Lease, and names its part, its run and its namespace") {
    const auto pod = target_pod(*parsed(R"({"spec":{"template":{"metadata":{"annotations":
        {"scrape":"yes","cluster-autoscaler.kubernetes.io/safe-to-evict":"true"}},
        "spec":{"containers":[{}]}}}})"),
                                wish_for());
    CHECK(text_of(pod, {"metadata", "namespace"}) == "shop");
    CHECK(text_of(pod, {"metadata", "annotations", "scrape"}) == "yes");
    // No node goes while it is measured.
    CHECK(text_of(pod, {"metadata", "annotations",
                        "cluster-autoscaler.kubernetes.io/safe-to-evict"}) == "false");
    const auto& owner = list_of(pod, {"metadata", "ownerReferences"}).at(0);
    CHECK(owner.at("kind") == "Lease");
    CHECK(owner.at("name") == "lanewise-bench");
    auto nowhere = wish_for();
    nowhere.of.name_space.clear();
    CHECK_FALSE(field(target_pod(of_template("{}"), nowhere), {"metadata", "namespace"}));
    own_pod_wish wish;
    wish.of = nowhere.of;
    wish.part = "load";
    wish.lifetime_s = 60;
    const auto own = own_pod(wish);
    CHECK(text_of(own, {"metadata", "labels", "app.kubernetes.io/component"}) == "load");
    CHECK(own.at("spec").at("activeDeadlineSeconds") == 60);
    // Without a secret, a pull secret and a known instance it has none of them.
    CHECK_FALSE(field(own, {"spec", "imagePullSecrets"}));
    CHECK(list_of(own, {"spec", "volumes"}).size() == 1);
    const auto& container = list_of(own, {"spec", "containers"}).at(0);
    CHECK(list_of(container, {"volumeMounts"}).size() == 1);
    CHECK(list_of(container, {"env"}).size() == 2);
    wish.secret = "s";
    CHECK(list_of(own_pod(wish), {"spec", "volumes"}).at(1).at("secret").at("secretName") == "s");
    CHECK(secret_of("r1") == "lanewise-bench-r1");
    wish.node.labels = {{"beta.kubernetes.io/instance-type", "old"}};
    CHECK(instance_of(wish.node) == "old");
    wish.node.labels.emplace("node.kubernetes.io/instance-type", "new");
    CHECK(instance_of(wish.node) == "new");
}

TEST_CASE("the container that serves the port is asked whether it is ready, where no probe does") {
    const auto of = of_template(R"({"containers":[{"name":"side","ports":[{"containerPort":1}]},
        {"name":"web","ports":[{"containerPort":8080}],"resources":{"limits":{"cpu":"1500m"}}}]})");
    const auto pod = target_pod(of, wish_for());
    CHECK(!list_of(pod, {"spec", "containers"}).at(0).as_object().contains("readinessProbe"));
    CHECK(list_of(pod, {"spec", "containers"})
              .at(1)
              .at("readinessProbe")
              .at("tcpSocket")
              .at("port") == 8080);
    CHECK(cpu_limit_of(of, 8080) == 1.5);
    CHECK(!cpu_limit_of(of, 1));
    const auto with = of_template(R"({"containers":[{"readinessProbe":{"exec":{}}}]})");
    CHECK(list_of(target_pod(with, wish_for()), {"spec", "containers"})
              .at(0)
              .at("readinessProbe")
              .as_object()
              .contains("exec"));
}

TEST_CASE("a template's only TCP port is found, and none of several") {
    const auto port = [](const char* ports) {
        return only_port_of(
            of_template(std::string{R"({"containers":[{"ports":)"} + ports + "}]}"));
    };
    CHECK(port(R"([{"containerPort":80}])") == 80);
    CHECK(
        port(R"([{"containerPort":80,"protocol":"TCP"},{"containerPort":53,"protocol":"UDP"}])") ==
        80);
    CHECK(!port(R"([{"containerPort":80},{"containerPort":81}])"));
    CHECK(port(R"([{"containerPort":1}])") == 1);
    CHECK(port(R"([{"containerPort":65535}])") == 65535);
    for (const auto* wrong : {"0", "-1", "65536", "70000"})
        CHECK(!port((R"([{"containerPort":)" + std::string{wrong} + "}]").c_str()));
    CHECK(!port(R"([{"containerPort":"http"}])"));
    CHECK(!port("[]"));
}

TEST_CASE("values that stand behind each other are read one by one") {
    const auto count = [](std::string_view text) {
        const auto found = parsed_all(text);
        return found ? static_cast<int>(found->size()) : -1;
    };
    CHECK(count("") == 0);
    CHECK(count("{\"a\":1}") == 1);
    CHECK(count("{\"a\":1}\n{\"b\":[2]}\n\n7") == 3);
    CHECK(count("{}{}") == 2);
    for (const auto* bad : {"{", "{}]", "{} x", "{}{\"a\":"}) CHECK(count(bad) == -1);
}

TEST_CASE("quantities of CPU") {
    CHECK(cpus_of("2") == 2);
    CHECK(cpus_of("500m") == 0.5);
    CHECK(cpus_of("0.25") == 0.25);
    CHECK(cpus_of("1k") == 1000);
    CHECK(cpus_of("0") == 0);
    CHECK(cpus_of("5u") == doctest::Approx(5e-6));
    CHECK(cpus_of("5n") == doctest::Approx(5e-9));
    CHECK_FALSE(cpus_of("1e999"));
    const auto limit = [](const char* cpu) {
        return cpu_limit_of(of_template(R"({"containers":[{"resources":{"limits":{"cpu":)" +
                                        std::string{cpu} + "}}}]}"),
                            80);
    };
    CHECK(limit("2") == 2);
    CHECK(limit("\"2\"") == 2);
    CHECK_FALSE(limit("true"));
    for (const auto* bad : {"", "m", "-1", "2x", "nan", "inf"}) CHECK(!cpus_of(bad));
}

TEST_CASE("our own pods fit the restricted standard, and have no limit of CPU") {
    own_pod_wish wish;
    wish.of = {"r1", "shop", "lanewise-bench", "uid-1"};
    wish.name = "one";
    wish.node = arm_node();
    wish.image = "lanewise:1";
    wish.secret = "s";
    wish.pull_secret = "p";
    const auto pod = own_pod(wish);
    const auto& container = list_of(pod, {"spec", "containers"}).at(0);
    CHECK(container.at("securityContext").at("allowPrivilegeEscalation") == false);
    CHECK(container.at("securityContext").at("readOnlyRootFilesystem") == true);
    CHECK(pod.at("spec").at("securityContext").at("runAsNonRoot") == true);
    CHECK(pod.at("spec").at("automountServiceAccountToken") == false);
    CHECK(pod.at("spec").at("restartPolicy") == "Never");
    CHECK(!field(container, {"resources", "limits", "cpu"}));
    CHECK(list_of(pod, {"spec", "imagePullSecrets"}).at(0).at("name") == "p");
    CHECK(container.at("env").as_array().at(2).at("value") == "m7g.2xlarge");
}

TEST_CASE("nodes are chosen by label; those that can't take a pod are gaps") {
    auto cordoned = arm_node(), lost = arm_node(), load = arm_node(), other_load = arm_node();
    cordoned.name = "arm-2", cordoned.cordoned = true;
    lost.name = "arm-3", lost.ready = false;
    load.name = "load-1", load.labels["lanewise/role"] = "load", load.cordoned = true;
    other_load.name = "load-2", other_load.labels["lanewise/role"] = "load";
    const std::vector<cluster_node> nodes{lost, arm_node(), cordoned, load, other_load};
    const auto made = choose_nodes(nodes, {"lanewise/role", "bench"}, {"lanewise/role", "load"});
    REQUIRE(made.bench.size() == 1);
    CHECK(made.bench.front().title() == "m7g.2xlarge, node arm-1");
    CHECK(made.load->name == "load-2");
    REQUIRE(made.gaps.size() == 3);
    CHECK(made.gaps[0].why == "the node is not ready");
    CHECK(made.gaps[1].why == "the node is cordoned");
    CHECK(made.gaps[2].what == "amd64");
    CHECK(choose_nodes({}, {"a", "b"}, {"a", "c"}).bench.empty());
    CHECK(parse_node_label("--bench-nodes", "a/b=c=d").key == "a/b");
    CHECK(parse_node_label("--bench-nodes", "a/b=c=d").value == "c=d");
    for (const auto* wrong : {"=x", "x=", "x", "", "="})
        CHECK_THROWS_AS((void)parse_node_label("--bench-nodes", wrong), std::invalid_argument);
}

TEST_CASE("a template without containers, or with what is none, is copied as it stands") {
    for (const auto* pod :
         {"{}", R"({"containers":7})", R"({"containers":[]})", R"({"containers":[7]})"}) {
        CAPTURE(pod);
        const auto made = target_pod(of_template(pod), wish_for(true));
        CHECK(made.at("spec").at("restartPolicy") == "Always");
        CHECK_FALSE(cpu_limit_of(of_template(pod), 80));
    }
}

}  // namespace
}  // namespace lanewise::bench::cluster
