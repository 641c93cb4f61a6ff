// What preflight reads and decides, without a cluster and without a registry.
#include <doctest/doctest.h>

#include <boost/json/parse.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "bench/cluster/child_process.hpp"
#include "bench/cluster/fields.hpp"
#include "bench/cluster/image_reference.hpp"
#include "bench/cluster/placement_rules.hpp"
#include "bench/cluster/platforms.hpp"
#include "bench/cluster/preflight.hpp"
#include "bench/cluster/registry.hpp"
#include "bench/cluster/registry_accounts.hpp"
#include "bench/cluster/web_challenges.hpp"
#include "bench/cluster/web_client.hpp"
#include "bench/cluster/workloads.hpp"
#include "tests/bench/temporary_folder.hpp"

using namespace lanewise::bench::cluster;
namespace json = boost::json;

namespace {

const std::string some_digest = "sha256:" + std::string(64, 'a');

std::string read_back(const std::string& text) {
    const auto image = parse_image(text);
    if (!image) return "none";
    return image->registry + " " + image->repository + " " + image->version();
}

json::value value(const std::string& text) {
    return json::parse(text);
}

cluster_node node_of(const std::string& name, const std::string& architecture) {
    cluster_node one;
    one.name = name;
    one.architecture = architecture;
    one.labels = {{"kubernetes.io/arch", architecture}, {"kubernetes.io/os", "linux"}};
    return one;
}

const std::vector<cluster_node> two_pools{node_of("x86-1", "amd64"), node_of("arm-1", "arm64")};

verdict selected(const std::string& pod, const std::string& architecture,
                 const std::vector<cluster_node>& nodes = two_pools) {
    return place(value(pod), nodes, architecture).selected;
}

verdict tolerated(const std::string& pod, const node_taint& taint) {
    auto one = node_of("arm-1", "arm64");
    one.taints = {taint};
    return place(value(pod), std::vector{one}, "arm64").tolerated;
}

std::string with_affinity(const std::string& terms) {
    return R"({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": )"
           R"({"nodeSelectorTerms": )" +
           terms + "}}}}";
}

std::string with_expression(const std::string& expression) {
    return with_affinity(R"([{"matchExpressions": [)" + expression + "]}]");
}

registry_accounts accounts_of(const std::string& config) {
    registry_accounts made;
    made.add_config(value(config), false);
    return made;
}

}  // namespace

TEST_CASE("a short name is of Docker Hub, a single one of its library") {
    CHECK(read_back("nginx") == "docker.io library/nginx latest");
    CHECK(read_back("nginx:1.25") == "docker.io library/nginx 1.25");
    CHECK(read_back("team/app") == "docker.io team/app latest");
    CHECK(read_back("docker.io/nginx") == "docker.io library/nginx latest");
    CHECK(read_back("index.docker.io/team/app:1") == "docker.io team/app 1");
}

TEST_CASE("the first part is a registry where it has a dot, a port or a capital, or is localhost") {
    CHECK(read_back("ghcr.io/a/b:1") == "ghcr.io a/b 1");
    CHECK(read_back("localhost/a") == "localhost a latest");
    CHECK(read_back("registry:5000/a/b/c") == "registry:5000 a/b/c latest");
    CHECK(read_back("[::1]:5000/a:2") == "[::1]:5000 a 2");
    CHECK(read_back("Registry/a") == "Registry a latest");
}

TEST_CASE("an image's name may have every letter, digit and separator that the rules give it") {
    CHECK(read_back("az.AZ-09:65535/az09.a__b---c_d/e:AZaz09_.-") ==
          "az.AZ-09:65535 az09.a__b---c_d/e AZaz09_.-");
    CHECK(read_back("a.io/b@sha512:" + std::string(64, '0') + std::string(64, 'f')) ==
          "a.io b sha512:" + std::string(64, '0') + std::string(64, 'f'));
    for (const auto* wrong : {"a.io/a-_b", "a.io/a.-b", "a.io/b-", "a.io/b/", "a.io:/b", "a..io/b",
                              ".a.io/b", "a.io/b@sha256"})
        CHECK(read_back(wrong) == "none");
    CHECK(read_back("a.io/b@sha256:" + std::string(64, 'g')) == "none");
    CHECK(read_back("a.io/b@sha256:" + std::string(64, 'A')) == "none");
    CHECK(read_back("a.io/b@sha256:" + std::string(63, 'a')) == "none");
}

TEST_CASE("a digest wins over a tag") {
    CHECK(read_back("a.io/b@" + some_digest) == "a.io b " + some_digest);
    CHECK(read_back("a.io/b:1@" + some_digest) == "a.io b " + some_digest);
}

TEST_CASE("what is no name of an image is none") {
    for (const std::string text : {"",
                                   ":",
                                   "/",
                                   "a/",
                                   "/a",
                                   "A",
                                   "a//b",
                                   "a:",
                                   "a: ",
                                   "a@sha256:1",
                                   "a b",
                                   "a.io/B",
                                   "a..b",
                                   "a___b",
                                   "-a/b.c",
                                   "a.io:x/b",
                                   "a.io:0/b",
                                   "a.io:65536/b",
                                   "a.io:123456/b",
                                   "a.io:+1/b",
                                   "[::1]:0/b",
                                   "[::1]:65536/b",
                                   "[::1]x/b",
                                   "[::1/b",
                                   "[x]/b",
                                   "../b",
                                   "a.io/../b",
                                   "a:../../x",
                                   "a?b",
                                   "a#b",
                                   "a\nb",
                                   "http://a.io/b",
                                   "a:-1"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_image(text));
    }
    CHECK_FALSE(parse_image(std::string(300, 'a')));
    CHECK_FALSE(parse_image("a:" + std::string(129, 'b')));
    CHECK(parse_image("a:" + std::string(128, 'b')));
}

TEST_CASE("registries of this machine are known by name and address") {
    for (const auto* one : {"localhost", "localhost:5000", "127.0.0.1:1", "127.9.9.9", "[::1]:5"})
        CHECK(is_loopback(one));
    for (const auto* one : {"localhost.example", "127.0.0.1.example", "128.0.0.1", "example"})
        CHECK_FALSE(is_loopback(one));
}

TEST_CASE("challenges are read one after another, quoted or not") {
    const auto found = parse_challenges(
        R"(Negotiate abc==, Basic realm="a, \"b\"", BEARER Realm = "https://t/x" , service=s,scope="repository:a:pull,push")");
    REQUIRE(found.size() == 3);
    CHECK(found[0].scheme == "negotiate");
    CHECK(found[1].scheme == "basic");
    CHECK(found[1].parameter("realm") == R"(a, "b")");
    CHECK(found[2].scheme == "bearer");
    CHECK(found[2].parameter("realm") == "https://t/x");
    CHECK(found[2].parameter("service") == "s");
    CHECK(found[2].parameter("scope") == "repository:a:pull,push");
    CHECK(found[2].parameter("error").empty());
}

TEST_CASE("challenges that are no challenges end the list") {
    CHECK(parse_challenges("").empty());
    CHECK(parse_challenges("=,\"").empty());
    CHECK(parse_challenges("Basic realm=\"open").front().parameter("realm").empty());
    const std::string_view longer = "Basic realm=\"open\"";
    CHECK(parse_challenges(longer.substr(0, longer.size() - 1)).front().parameter("realm").empty());
    // A zero is no letter of a word.
    using namespace std::string_view_literals;
    CHECK(parse_challenges("Ba\0sic a=b"sv).front().scheme == "ba");
    CHECK(parse_challenges("x!#$%&'*+-.^_`|~9 a=b").front().scheme == "x!#$%&'*+-.^_`|~9");
    CHECK(parse_challenges("Negotiate, Basic").size() == 2);
    std::string eight;
    for (int i = 0; i < 8; ++i) eight += "Basic realm=x" + std::to_string(i) + ", ";
    REQUIRE(parse_challenges(eight).size() == 8);
    CHECK(parse_challenges(eight).back().parameter("realm") == "x7");
    std::string many;
    for (int i = 0; i < 1000; ++i) many += "Basic realm=x, ";
    CHECK(parse_challenges(many).size() < 10);
}

TEST_CASE("base64 goes both ways, and what is none is none") {
    for (const std::string bytes : {"", "a", "ab", "abc", "user:pass word"})
        CHECK(from_base64(base64_of(bytes)) == bytes);
    CHECK(from_base64("dXNl\ncjpw") == "user:p");
    CHECK(from_base64("YQ") == "a");
    CHECK_FALSE(from_base64("?!"));
    CHECK(percent_encoded("aZ09-._~") == "aZ09-._~");
    CHECK(percent_encoded("a b/c:\xff") == "a%20b%2Fc%3A%FF");
    CHECK(is_visible("!~"));
    for (const auto* hidden : {"", " ", "a b", "\x7f", "\n"}) CHECK_FALSE(is_visible(hidden));
}

TEST_CASE("a key of an account fits its host, its path and what is below it") {
    CHECK(key_fits("ghcr.io", "ghcr.io", "a/b") == 1);
    CHECK(key_fits("https://ghcr.io/v2/", "ghcr.io", "a/b") == 1);
    CHECK(key_fits("https://index.docker.io/v1/", "docker.io", "library/nginx") == 1);
    CHECK(key_fits("ghcr.io/a", "ghcr.io", "a/b") > 1);
    CHECK(key_fits("ghcr.io/a/b", "ghcr.io", "a/b") > key_fits("ghcr.io/a", "ghcr.io", "a/b"));
    CHECK(key_fits("ghcr.io/a", "ghcr.io", "ab/c") == 0);
    CHECK(key_fits("ghcr.io", "ghcr.io.evil.example", "a") == 0);
    CHECK(key_fits("ghcr.io", "evil-ghcr.io", "a") == 0);
    CHECK(key_fits("a.io:5000", "a.io", "a") == 0);
    CHECK(key_fits("*.a.io", "x.a.io", "a") == 1);
    CHECK(key_fits("*.a.io", "x.y.a.io", "a") == 0);
    CHECK(key_fits("*", "a.io", "a") == 0);
}

TEST_CASE("accounts are read in every form that the files have") {
    const auto accounts = accounts_of(R"({"auths": {
        "a.io": {"auth": ")" + base64_of("u:p:q") +
                                      R"("},
        "b.io": {"username": "u", "password": "p"},
        "c.io": {"auth": ")" + base64_of("<token>:t") +
                                      R"("},
        "d.io": {"auth": ")" + base64_of("u:") +
                                      R"(", "identitytoken": "i"},
        "e.io": {"registrytoken": "r"},
        "f.io": {},
        "g.io": {"auth": "?"},
        "h.io": 7,
        "a.io/team": {"username": "team", "password": "p"}}})");
    CHECK(accounts.find("a.io", "x").front() == registry_account{"u", "p:q", "", ""});
    CHECK(accounts.find("b.io", "x").front() == registry_account{"u", "p", "", ""});
    CHECK(accounts.find("c.io", "x").front() == registry_account{"", "", "t", ""});
    CHECK(accounts.find("d.io", "x").front() == registry_account{"u", "", "i", ""});
    CHECK(accounts.find("e.io", "x").front() == registry_account{"", "", "", "r"});
    for (const auto* none : {"f.io", "g.io", "h.io", "z.io"})
        CHECK(accounts.find(none, "x").empty());
    const auto both = accounts.find("a.io", "team/x");
    REQUIRE(both.size() == 2);
    CHECK(both[0].user == "team");
}

TEST_CASE("a pull secret is read in both of its types, and names no helper") {
    registry_accounts accounts;
    const auto secret = [](const std::string& key, const std::string& config) {
        return json::value{{"data", {{key, base64_of(config)}}}};
    };
    accounts.add_secret(secret(".dockercfg", R"({"a.io": {"username": "a", "password": "p"}})"));
    accounts.add_secret(secret(".dockerconfigjson",
                               R"({"auths": {"b.io": {"username": "b", "password": "p"}},
                                   "credsStore": "lanewise-test", "credHelpers": {"c.io": "x"}})"));
    accounts.add_secret(value(R"({"data": {".dockerconfigjson": "?"}})"));
    accounts.add_secret(value("[]"));
    CHECK(accounts.find("a.io", "x").front().user == "a");
    CHECK(accounts.find("b.io", "x").front().user == "b");
    CHECK(accounts.find("c.io", "x").empty());
}

TEST_CASE("an index says its platforms, attestations apart") {
    const auto found = read_manifest("application/vnd.oci.image.index.v1+json; charset=utf-8", R"({
        "manifests": [
          {"digest": "x", "platform": {"os": "linux", "architecture": "amd64"}},
          {"digest": "x", "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"}},
          {"digest": "x", "platform": {"os": "linux", "architecture": "x86_64"}},
          {"digest": "x", "platform": {"os": "unknown", "architecture": "unknown"}},
          {"digest": "x", "platform": {"os": "linux", "architecture": "riscv64"},
           "annotations": {"vnd.docker.reference.type": "attestation-manifest"}}]})");
    CHECK(found.problem.empty());
    REQUIRE(found.platforms.size() == 3);
    CHECK(found.platforms[0].name() == "linux/amd64");
    CHECK(found.platforms[1].name() == "linux/arm64");
    CHECK(found.platforms[2].name() == "linux/amd64");
}

TEST_CASE("an entry without a platform, and a single manifest, are asked further") {
    const auto index = read_manifest("", R"({"manifests": [{"digest": ")" + some_digest + "\"}]}");
    CHECK(index.manifests == std::vector{some_digest});
    const auto one = read_manifest("", R"({"config": {"digest": ")" + some_digest + "\"}}");
    CHECK(one.config == some_digest);
    const auto first = read_manifest("application/vnd.docker.distribution.manifest.v1+prettyjws",
                                     R"({"architecture": "arm64", "fsLayers": []})");
    REQUIRE(first.platforms.size() == 1);
    CHECK(first.platforms[0].name() == "linux/arm64");
}

TEST_CASE("what is no manifest, or two at once, is a problem and no platform") {
    for (const std::string text :
         {"", "[]", "{}", "<html>", "{\"manifests\": 7}", R"({"config": {"digest": "x"}})",
          R"({"manifests": [{}]})", R"({"manifests": [], "config": {}})",
          R"({"mediaType": "application/vnd.oci.image.manifest.v1+json", "manifests": []})"}) {
        CAPTURE(text);
        const auto found = read_manifest("application/json", text);
        CHECK_FALSE(found.problem.empty());
        CHECK(found.platforms.empty());
    }
    std::string long_list = R"({"manifests": [)";
    for (int i = 0; i < 300; ++i)
        long_list += std::string{i ? "," : ""} + R"({"platform": {"architecture": "arm64"}})";
    CHECK_FALSE(read_manifest("", long_list + "]}").problem.empty());
    CHECK_FALSE(read_manifest("", std::string(100'000, '[')).problem.empty());
}

TEST_CASE("a redirect leads from where it was met") {
    const std::string from = "https://a.io:1/v2/b?c=d";
    CHECK(redirected(from, "https://z.io/x#y") == "https://z.io/x");
    CHECK(redirected(from, "//z.io/x") == "https://z.io/x");
    CHECK(redirected(from, "/x") == "https://a.io:1/x");
    CHECK(redirected(from, "x") == "https://a.io:1/v2/x");
    CHECK(redirected(from, "?x") == "https://a.io:1/v2/b?x");
    CHECK(redirected(from, "").empty());
    CHECK(redirected(from, "ftp://z.io/x").empty());
    CHECK(redirected(from, "file:///etc/passwd").empty());
}

TEST_CASE("a short name is told from one that names its registry") {
    CHECK(parse_image("nginx:1")->short_name == "nginx");
    CHECK(parse_image("team/app@" + some_digest)->short_name == "team/app");
    CHECK(parse_image("docker.io/nginx")->short_name.empty());
    CHECK(parse_image("localhost/nginx")->short_name.empty());
}

TEST_CASE("a mirror is a pair of a registry and where to ask in its place") {
    CHECK(parse_mirror("docker.io=m.io").url == "https://m.io");
    CHECK(parse_mirror("docker.io=127.0.0.1:5").url == "http://127.0.0.1:5");
    CHECK(parse_mirror("index.docker.io=http://m.io/p/").of == "docker.io");
    CHECK(parse_mirror("a=http://m.io/p/").url == "http://m.io/p");
    for (const auto* wrong : {"", "m.io", "=m.io", "a=", "a=b c", "a=https://u@m.io", "a=m.io?x"})
        CHECK_THROWS_AS((void)parse_mirror(wrong), std::invalid_argument);
}

TEST_CASE("a pod without rules goes everywhere, by a node selector only where its labels are") {
    CHECK(selected("{}", "amd64") == verdict::yes);
    const std::string pod = R"({"nodeSelector": {"kubernetes.io/arch": "amd64"}})";
    CHECK(selected(pod, "amd64") == verdict::yes);
    CHECK(selected(pod, "arm64") == verdict::no);
    CHECK(place(value(pod), two_pools, "arm64").pins ==
          std::vector<std::string>{"nodeSelector kubernetes.io/arch=amd64"});
    CHECK(selected(R"({"nodeSelector": {"pool": "x"}})", "arm64") == verdict::no);
    CHECK(selected(R"({"nodeName": "x86-1"})", "arm64") == verdict::no);
    CHECK(selected(R"({"nodeName": "x86-1"})", "amd64") == verdict::yes);
    // One node that is selected is enough, whichever it is.
    std::vector nodes{node_of("a", "arm64"), node_of("b", "arm64"), node_of("c", "arm64")};
    for (auto& node : nodes) {
        node.labels["pool"] = "x";
        CHECK(selected(R"({"nodeSelector": {"pool": "x"}})", "arm64", nodes) == verdict::yes);
        node.labels.erase("pool");
    }
}

TEST_CASE("node affinity is any of its terms, a term all of its expressions") {
    const std::string is_x86 =
        R"({"key": "kubernetes.io/arch", "operator": "In", "values": ["amd64"]})";
    const std::string is_arm =
        R"({"key": "kubernetes.io/arch", "operator": "In", "values": ["arm64"]})";
    const auto term = [](const std::string& expressions) {
        return R"({"matchExpressions": [)" + expressions + "]}";
    };
    CHECK(selected(with_affinity("[" + term(is_x86) + "]"), "arm64") == verdict::no);
    CHECK(selected(with_affinity("[" + term(is_x86) + "," + term(is_arm) + "]"), "arm64") ==
          verdict::yes);
    CHECK(selected(with_affinity("[" + term(is_x86 + "," + is_arm) + "]"), "arm64") == verdict::no);
    CHECK(selected(with_affinity("[{}]"), "arm64") == verdict::no);
    CHECK(selected(with_affinity("[]"), "arm64") == verdict::no);
    CHECK(selected(
              R"({"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution":
                  [{"weight": 1, "preference": {"matchExpressions": [{"key": "x", "operator": "Exists"}]}}]}}})",
              "arm64") == verdict::yes);
    CHECK(place(value(with_affinity("[" + term(is_x86) + "]")), two_pools, "arm64").pins ==
          std::vector<std::string>{"node affinity kubernetes.io/arch In (amd64)"});
}

TEST_CASE("every operator of an expression means what the scheduler makes of it") {
    auto node = node_of("arm-1", "arm64");
    node.labels["n"] = "8";
    const std::vector nodes{node};
    const auto meets = [&](const std::string& expression) {
        return selected(with_expression(expression), "arm64", nodes) == verdict::yes;
    };
    CHECK(meets(R"({"key": "n", "operator": "NotIn", "values": ["7"]})"));
    CHECK_FALSE(meets(R"({"key": "n", "operator": "NotIn", "values": ["8"]})"));
    CHECK(meets(R"({"key": "m", "operator": "NotIn", "values": ["7"]})"));
    CHECK(meets(R"({"key": "n", "operator": "Exists"})"));
    CHECK_FALSE(meets(R"({"key": "m", "operator": "Exists"})"));
    CHECK(meets(R"({"key": "m", "operator": "DoesNotExist"})"));
    CHECK(meets(R"({"key": "n", "operator": "Gt", "values": ["7"]})"));
    CHECK_FALSE(meets(R"({"key": "n", "operator": "Gt", "values": ["8"]})"));
    CHECK(meets(R"({"key": "n", "operator": "Lt", "values": ["9"]})"));
    CHECK_FALSE(meets(R"({"key": "n", "operator": "Lt", "values": ["x"]})"));
    CHECK_FALSE(meets(R"({"key": "n", "operator": "Near", "values": ["8"]})"));
    CHECK(selected(with_affinity(R"([{"matchFields": [{"key": "metadata.name", "operator": "In",
                                      "values": ["arm-1"]}]}])"),
                   "arm64", nodes) == verdict::yes);
}

TEST_CASE("without a node of the architecture, only its own labels are known") {
    const std::vector nodes{node_of("x86-1", "amd64")};
    CHECK(selected("{}", "arm64", nodes) == verdict::yes);
    CHECK(selected(R"({"nodeSelector": {"kubernetes.io/arch": "amd64"}})", "arm64", nodes) ==
          verdict::no);
    CHECK(selected(R"({"nodeSelector": {"pool": "x"}})", "arm64", nodes) == verdict::unknown);
    CHECK(selected(with_expression(R"({"key": "pool", "operator": "Exists"})"), "arm64", nodes) ==
          verdict::unknown);
}

TEST_CASE("a taint is tolerated by key, value and effect, as the scheduler has it") {
    const node_taint taint{"arch", "arm64", "NoSchedule"};
    const auto with = [](const std::string& toleration) {
        return R"({"tolerations": [)" + toleration + "]}";
    };
    CHECK(tolerated("{}", taint) == verdict::no);
    CHECK(tolerated(with(R"({"key": "arch", "value": "arm64"})"), taint) == verdict::yes);
    CHECK(tolerated(with(R"({"key": "arch", "value": "amd64"})"), taint) == verdict::no);
    CHECK(tolerated(with(R"({"key": "arch", "operator": "Exists"})"), taint) == verdict::yes);
    CHECK(tolerated(with(R"({"operator": "Exists"})"), taint) == verdict::yes);
    CHECK(tolerated(with(R"({"operator": "Exists", "effect": "NoExecute"})"), taint) ==
          verdict::no);
    CHECK(tolerated(with(R"({"key": "arch", "operator": "Exists", "tolerationSeconds": 60})"),
                    {"arch", "arm64", "NoExecute"}) == verdict::no);
}

TEST_CASE(
    "the node that needs the fewest tolerations counts, and a worker before a control plane") {
    auto tainted = node_of("arm-1", "arm64"), open = node_of("arm-2", "arm64");
    tainted.taints = {{"a", "", "NoSchedule"}, {"b", "", "NoExecute"}};
    CHECK(place(value("{}"), std::vector{tainted, open}, "arm64").tolerated == verdict::yes);
    CHECK(place(value("{}"), std::vector{tainted}, "arm64").untolerated.size() == 2);
    open.control_plane = true;
    CHECK(place(value("{}"), std::vector{tainted, open}, "arm64").tolerated == verdict::no);
}

TEST_CASE("nodes are read with their pool's taints, not with those of a state") {
    const auto nodes = read_nodes(value(R"({"items": [
        {"metadata": {"name": "a", "labels": {"kubernetes.io/arch": "arm64", "x": 7}},
         "spec": {"taints": [{"key": "arch", "value": "arm64", "effect": "NoSchedule"},
                             {"key": "soft", "effect": "PreferNoSchedule"},
                             {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]}},
        {"metadata": {"name": "w"}, "status": {"nodeInfo": {"architecture": "amd64",
                                                            "operatingSystem": "windows"}}},
        {}, 7]})"));
    REQUIRE(nodes.size() == 3);
    CHECK(nodes[0].architecture == "arm64");
    REQUIRE(nodes[0].taints.size() == 1);
    CHECK(nodes[0].taints[0].text() == "arch=arm64:NoSchedule");
    // Whether a node takes pods, and is ready for them.
    const auto taking = [](const std::string& spec, const std::string& conditions) {
        const auto one = read_nodes(value("{\"items\":[{\"spec\":{" + spec +
                                          "},\"status\":{\"conditions\":[" + conditions + "]}}]}"))
                             .at(0);
        return std::string{one.cordoned ? "cordoned " : ""} + (one.ready ? "ready" : "");
    };
    CHECK(taking("", R"({"type":"Ready","status":"True"})") == "ready");
    CHECK(taking("",
                 R"({"type":"Ready","status":"True"},{"type":"DiskPressure","status":"False"})") ==
          "ready");
    CHECK(taking("", R"({"type":"Ready","status":"Unknown"},{"type":"X","status":"True"})") == "");
    CHECK(taking(R"("unschedulable":true)", R"({"type":"Ready","status":"True"})") ==
          "cordoned ready");
    CHECK(taking(R"("unschedulable":false)", R"({"type":"Ready","status":"True"})") == "ready");
}

TEST_CASE("workloads are read with all their images; what a controller made is the controller's") {
    const auto found = read_workloads(value(R"({"items": [
        {"kind": "Job", "metadata": {"name": "j", "namespace": "n",
             "ownerReferences": [{"kind": "CronJob", "controller": true}]},
         "spec": {"template": {"spec": {"containers": [{"image": "x"}]}}}},
        {"kind": "CronJob", "metadata": {"name": "c", "namespace": "n"},
         "spec": {"jobTemplate": {"spec": {"template": {"spec": {
             "containers": [{"name": "m", "image": "x"}]}}}}}},
        {"kind": "Deployment", "metadata": {"name": "d", "namespace": "n"},
         "spec": {"template": {"spec": {"serviceAccountName": "s",
             "imagePullSecrets": [{"name": "p"}, {}],
             "initContainers": [{"name": "i", "image": "y"}],
             "containers": [{"name": "m", "image": "x"}]}}}},
        {}, 7]})"));
    const auto owned = [](const std::string& owner) {
        return read_workloads(
                   value(R"({"items":[{"kind":"Job","metadata":{"name":"j","ownerReferences":[)" +
                         owner +
                         R"(]},"spec":{"template":{"spec":{"containers":[{"image":"x"}]}}}}]})"))
            .empty();
    };
    CHECK(owned(R"({"controller":true})"));
    CHECK(owned(R"({"kind":"X"},{"controller":true})"));
    for (const auto* owner :
         {"", R"({"kind":"X"})", R"({"controller":false})", R"({"controller":"true"})"})
        CHECK_FALSE(owned(owner));
    REQUIRE(found.size() == 2);
    CHECK(found[0].title() == "cronjob/c");
    CHECK(found[0].service_account == "default");
    CHECK(found[1].title() == "deployment/d");
    REQUIRE(found[1].images.size() == 2);
    CHECK(found[1].images[0].image == "y");
    CHECK(found[1].pull_secrets == std::vector<std::string>{"p"});
}

TEST_CASE("names that would be options of kubectl are no names of objects") {
    for (const auto* name : {"regcred", "a.b-c", "0"}) CHECK(is_object_name(name));
    for (const auto* name : {"", "-a", "--server=http://a", "A", "a b", "a/b", "a\n"})
        CHECK_FALSE(is_object_name(name));
    for (const auto* name : {"a", "z", "0", "9", "az09.-z"}) CHECK(is_object_name(name));
    for (const auto* name : {"A", "`", "{", "/", ":", ".a", "a_b"})
        CHECK_FALSE(is_object_name(name));
    CHECK(is_object_name(std::string(253, 'a')));
    CHECK_FALSE(is_object_name(std::string(254, 'a')));
}

TEST_CASE("the worst of what is known decides, and unknown is never no") {
    preflight_result in;
    in.nodes = two_pools;
    in.nodes_known = true;
    const std::vector<image_platform> x86{{"linux", "amd64", ""}};
    const std::vector<image_platform> all{{"linux", "amd64", ""}, {"linux", "arm64", ""}};
    const auto judged = [&](const std::string& pod, std::vector<image_answer> answers) {
        workload one;
        one.pod = value(pod);
        std::vector<image_finding> images;
        for (auto& answer : answers)
            images.push_back({{"c", "i" + std::to_string(images.size())}, std::move(answer)});
        return judge(std::move(one), std::move(images), in);
    };
    const image_answer has_all{all, "", false, ""}, has_x86{x86, "", false, ""},
        is_unknown{std::nullopt, "refused", false, ""};
    CHECK(judged("{}", {has_all}).what == need::nothing);
    CHECK(judged("{}", {has_all, has_x86}).what == need::image);
    CHECK(judged("{}", {has_all, is_unknown}).what == need::unknown);
    CHECK(judged("{}", {has_x86, is_unknown}).what == need::image);
    CHECK(judged("{}", {has_x86, is_unknown}).on.at("amd64").runs == verdict::unknown);
    const std::string pinned = R"({"nodeSelector": {"kubernetes.io/arch": "amd64"}})";
    CHECK(judged(pinned, {is_unknown}).what == need::placement);
    CHECK(judged(pinned, {has_x86}).what == need::image);
    CHECK(judged(pinned, {has_x86}).reasons.size() == 2);
    in.nodes[1].taints = {{"arch", "arm64", "NoSchedule"}};
    CHECK(judged("{}", {is_unknown}).what == need::toleration);
    in.nodes_known = false;
    in.nodes.clear();
    CHECK(judged("{}", {has_all}).what == need::unknown);
    CHECK(judged("{}", {has_x86}).what == need::image);
}

TEST_CASE("names out of a cluster move no cursor in the table") {
    preflight_result result;
    workload_finding one;
    one.of.kind = "deployment";
    one.of.name = "a\x1b[2J\nb";
    one.on["amd64"];
    one.on["arm64"];
    one.reasons = {"\x1b]0;title\x07"};
    result.workloads = {one};
    result.notes = {"\x1b[31m"};
    const auto table = to_table(result, true);
    CHECK(table.find('\x1b') == std::string::npos);
    CHECK(table.find('\x07') == std::string::npos);
    CHECK(table.find("\\x1b[2J b") != std::string::npos);
}

TEST_CASE("a child's output, errors, status and input are told apart") {
    child_call call;
    call.words = {"sh", "-c", "cat; echo wrong >&2; exit 7"};
    call.input = "given";
    const auto said = run_child(call);
    CHECK(said.output == "given");
    CHECK(said.errors == "wrong\n");
    CHECK(said.status == 7);
    CHECK_FALSE(said.succeeded());
}

// Under qemu-user the child of a spawn does not share its parent's memory, and so can't tell that
// no program was there.
TEST_CASE("a program that is not there is a system error") {
    child_call call;
    call.words = {"lanewise-no-such-program"};
    CHECK_THROWS_AS((void)run_child(call), std::system_error);
}

TEST_CASE("a child that writes without an end, or does not end, is ended") {
    child_call call;
    call.words = {"sh", "-c", "while :; do echo x; done"};
    call.bytes_max = 1000;
    const auto much = run_child(call);
    CHECK(much.long_output);
    CHECK(much.output.size() == 1000);
    call.words = {"sleep", "600"};
    call.patience = std::chrono::milliseconds{10};
    CHECK(run_child(call).late);
    call.words = {"sh", "-c", "exec yes >&2"};
    CHECK(run_child(call).late);
}

TEST_CASE("a child that ends is over, though a process of its own keeps its output open") {
    child_call call;
    call.words = {"sh", "-c", "sleep 5 & echo done"};
    const auto said = run_child(call);
    CHECK(said.succeeded());
    CHECK(said.output == "done\n");
}

TEST_CASE("errors beyond what is kept do not hold up the child") {
    child_call call;
    call.words = {"sh", "-c", "head -c 1000000 /dev/zero >&2; echo done"};
    const auto said = run_child(call);
    CHECK(said.output == "done\n");
    CHECK(said.errors.size() == 64 << 10);
}

TEST_CASE("JSON that nests without an end is none") {
    CHECK_FALSE(parsed(std::string(100'000, '[')));
    CHECK(parsed("{}"));
}

TEST_CASE("an image's name, tag and digest have each bound that the rules give") {
    const std::string most(255, 'a');
    CHECK(parse_image(most));
    CHECK_FALSE(parse_image(most + "a"));
    CHECK(read_back("A/b") == "A b latest");
    CHECK(read_back("Z/b") == "Z b latest");
    CHECK(read_back("a.io:1/b/c:d") == "a.io:1 b/c d");
    CHECK(read_back("b:c/d") == "none");
    for (const auto* algorithm : {"sha+512", "a.b", "a_b", "a-b", "x9"})
        CHECK(is_digest(std::string{algorithm} + ":" + std::string(32, '9')));
    for (const auto* algorithm : {"", "A", "a/b", "a b", "a@b"})
        CHECK_FALSE(is_digest(std::string{algorithm} + ":" + std::string(32, '9')));
    CHECK_FALSE(is_digest("a:" + std::string(31, '9')));
    CHECK_FALSE(is_digest(std::string(64, 'a')));
    CHECK(is_digest("a:" + std::string(158, 'f')));
    CHECK_FALSE(is_digest("a:" + std::string(159, 'f')));
}

TEST_CASE("expressions that compare numbers compare whole ones, of a single value") {
    auto node = node_of("arm-1", "arm64");
    const auto fits = [&](const std::string& label, const std::string& op,
                          const std::string& values) {
        node.labels["cpus"] = label;
        return selected(with_expression(R"({"key":"cpus","operator":")" + op + R"(","values":)" +
                                        values + "}"),
                        "arm64", {node}) == verdict::yes;
    };
    CHECK(fits("8", "Gt", R"(["7"])"));
    CHECK_FALSE(fits("8", "Gt", R"(["8"])"));
    CHECK(fits("8", "Lt", R"(["9"])"));
    CHECK_FALSE(fits("8", "Lt", R"(["8"])"));
    for (const auto* values : {R"(["7","6"])", "[]", "[7]", R"(["7x"])", R"(["x"])", R"([""])"})
        CHECK_FALSE(fits("8", "Gt", values));
    for (const auto* label : {"8x", "x", ""}) CHECK_FALSE(fits(label, "Gt", R"(["7"])"));
    CHECK_FALSE(fits("8", "Near", R"(["7"])"));
    CHECK(selected(with_expression(R"({"key":"none","operator":"Gt","values":["7"]})"), "arm64",
                   {node}) == verdict::no);
}

TEST_CASE(
    "seconds of grace count for what evicts alone, and an unknown operator tolerates nothing") {
    const std::string with_grace =
        R"({"tolerations":[{"key":"a","operator":"Exists","tolerationSeconds":30}]})";
    CHECK(tolerated(with_grace, {"a", "", "NoSchedule"}) == verdict::yes);
    CHECK(tolerated(with_grace, {"a", "", "NoExecute"}) == verdict::no);
    const std::string odd = R"({"tolerations":[{"key":"a","operator":"Near","value":"b"}]})";
    CHECK(tolerated(odd, {"a", "b", "NoSchedule"}) == verdict::no);
    const std::string equal = R"({"tolerations":[{"key":"a","operator":"Equal","value":"b"}]})";
    CHECK(tolerated(equal, {"a", "b", "NoSchedule"}) == verdict::yes);
    CHECK(tolerated(equal, {"a", "c", "NoSchedule"}) == verdict::no);
}

TEST_CASE("what keeps a pod off is each rule that no node meets, else all of them together") {
    auto first = node_of("arm-1", "arm64"), second = node_of("arm-2", "arm64");
    first.labels["disk"] = "ssd";
    second.labels["zone"] = "b";
    const auto pins = [&](const std::string& selector, const std::vector<cluster_node>& nodes) {
        return place(value("{\"nodeSelector\":" + selector + "}"), nodes, "arm64").pins;
    };
    using names = std::vector<std::string>;
    const std::vector both_nodes{first, second};
    CHECK(pins(R"({"disk":"ssd"})", both_nodes).empty());
    CHECK(pins(R"({"disk":"ssd","gpu":"yes"})", both_nodes) == names{"nodeSelector gpu=yes"});
    CHECK(pins(R"({"disk":"ssd","zone":"b"})", both_nodes) ==
          names{"nodeSelector disk=ssd", "nodeSelector zone=b"});
    // Of a node that does not exist yet, what it will say is not known: that is what is asked.
    CHECK(pins(R"({"disk":"ssd"})", {}) == names{"nodeSelector disk=ssd"});
    CHECK(pins(R"({"disk":"ssd","kubernetes.io/arch":"amd64"})", {}) ==
          names{"nodeSelector kubernetes.io/arch=amd64"});
    CHECK(place(value(R"({"nodeSelector":{"disk":"ssd"}})"), {}, "arm64").selected ==
          verdict::unknown);
    CHECK(place(value(R"({"nodeSelector":{"disk":"ssd"}})"), both_nodes, "arm64").selected ==
          verdict::yes);
    // The taints that are told are those of a node that is selected, of as many the first one's.
    first.taints = {{"a", "", "NoSchedule"}};
    second.taints = {{"b", "", "NoSchedule"}};
    const auto of = [&](const std::string& pod) {
        return place(value(pod), std::vector{first, second}, "arm64").untolerated.at(0).key;
    };
    CHECK(of("{}") == "a");
    CHECK(of(R"({"nodeSelector":{"zone":"b"}})") == "b");
}

TEST_CASE("a manifest is what its type says, and an index has 256 entries at most") {
    const auto problem = [](const std::string& type, const std::string& text) {
        return read_manifest(type, text).problem;
    };
    const std::string docker = "application/vnd.docker.distribution.manifest.";
    CHECK(problem(docker + "v2+json", R"({"manifests":[]})") ==
          "the reply is no manifest of a known type");
    for (const auto& type :
         {docker + "list.v2+json", std::string{"application/vnd.oci.image.index.v1+json"}})
        CHECK(problem(type, R"({"config":{"digest":"x"}})") ==
              "the reply is no manifest of a known type");
    for (const auto* first : {"v1+json", "v1+prettyjws"})
        CHECK(read_manifest(docker + first, R"({"architecture":"aarch64"})").platforms.size() == 1);
    CHECK(read_manifest("", R"({"architecture":"arm64","fsLayers":[]})").platforms.size() == 1);
    CHECK(problem("", R"({"architecture":"arm64"})") != "");
    CHECK(problem("", "7") == "the reply is no manifest");
    std::string entries;
    for (int i = 0; i < 256; ++i)
        entries += std::string{i ? "," : ""} + R"({"platform":{"architecture":"arm64"}})";
    CHECK(problem("", R"({"manifests":[)" + entries + "]}").empty());
    CHECK(problem("", R"({"manifests":[)" + entries + ",{}]}") ==
          "the index has more than 256 entries");
    const auto name = [](const std::string& config) { return read_image_config(config).name(); };
    CHECK(name(R"({"architecture":"arm64","variant":"v8"})") == "linux/arm64");
    CHECK(name(R"({"architecture":"arm64","variant":"v9"})") == "linux/arm64/v9");
    CHECK(name(R"({"architecture":"arm","variant":"v8"})") == "linux/arm/v8");
    CHECK(name(R"({"architecture":"x86-64"})") == "linux/amd64");
}

TEST_CASE("eight accounts are tried for a registry, and no account twice") {
    std::string auths;
    for (int i = 0; i < 10; ++i)
        auths += std::string{i ? "," : ""} + "\"a.io/" +
                 std::string(static_cast<std::size_t>(i + 1), 'x') + R"(":{"username":"u)" +
                 std::to_string(i) + R"(","password":"p"})";
    const auto accounts =
        accounts_of("{\"auths\":{" + auths + R"(,"a.io":{"username":"u0","password":"p"}}})");
    CHECK(accounts.find("a.io", "xx").size() == 2);
    std::string same;
    for (int i = 0; i < 10; ++i)
        same += std::string{i ? "," : ""} + "\"" + (i % 2 ? "https://" : "http://") + "a.io/" +
                std::string(static_cast<std::size_t>(i), '/') + R"(":{"username":"u)" +
                std::to_string(i) + R"(","password":"p"})";
    CHECK(accounts_of("{\"auths\":{" + same + "}}").find("a.io", "x").size() == 8);
    const auto twice = accounts_of(
        R"({"auths":{"a.io":{"username":"u","password":"p"},"https://a.io":{"username":"u","password":"p"}}})");
    CHECK(twice.find("a.io", "x").size() == 1);
    CHECK(key_fits("a.b.io", "a.c.io", "x") == 0);
    CHECK(key_fits("a.b.io", "a.b.oi", "x") == 0);
}

TEST_CASE("an account's program is asked where a file names it, and no Secret may name one") {
    const temporary_folder folder;
    const auto program = folder.with("docker-credential-test", R"(#!/bin/sh
read -r registry
echo "$registry" >>"${0%/*}/asked"
case $registry in
a.io) echo '{"Username":"ann","Secret":"s"}' ;;
https://index.docker.io/v1/) echo '{"Username":"<token>","Secret":"t"}' ;;
b.io) echo '{"Username":"","Secret":""}' ;;
c.io) echo 'no JSON' ;;
*) echo '{"Username":"x","Secret":"y"}'; exit 1 ;;
esac
)");
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    const char* const paths = std::getenv("PATH");
    REQUIRE(paths != nullptr);
    const std::string path = paths;
    ::setenv("PATH", (folder.path() + ":" + path).c_str(), 1);
    registry_accounts store, one;
    store.add_config(
        value(R"({"credsStore":"test","auths":{"a.io":{"username":"file","password":"p"}}})"),
        true);
    one.add_config(
        value(R"({"credHelpers":{"a.io":"test","b.io":"../test","c.io":"none","d.io":""}})"), true);
    const auto users = [](const registry_accounts& from, const char* registry) {
        std::string all;
        for (const auto& who : from.find(registry, "x")) all += who.user + who.identity_token + " ";
        return all;
    };
    CHECK(users(store, "a.io") == "ann file ");
    CHECK(users(store, "docker.io") == "t ");
    for (const auto* none : {"b.io", "c.io", "d.io"}) CHECK(users(store, none) == "");
    CHECK(users(one, "a.io") == "ann ");
    for (const auto* none : {"b.io", "c.io", "d.io", "e.io"}) CHECK(users(one, none) == "");
    CHECK_FALSE(store.empty());
    CHECK_FALSE(one.empty());
    CHECK_FALSE(accounts_of(R"({"auths":{"a.io":{"username":"u"}}})").empty());
    CHECK(accounts_of("{}").empty());
    ::setenv("PATH", path.c_str(), 1);
}

TEST_CASE("the accounts of a user come from each file that container tools keep them in") {
    const temporary_folder home;
    const auto config = [](const std::string& registry) {
        return R"({"auths":{")" + registry + R"(":{"username":"u","password":"p"}}})";
    };
    const std::vector<std::string> names{"REGISTRY_AUTH_FILE", "HOME", "DOCKER_CONFIG",
                                         "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"};
    std::vector<std::pair<std::string, std::string>> before;
    for (const auto& name : names) {
        if (const char* const old = std::getenv(name.c_str())) before.emplace_back(name, old);
        ::unsetenv(name.c_str());
    }
    for (const auto* folder :
         {"/.docker", "/.config/containers", "/run/containers", "/own/containers"})
        std::filesystem::create_directories(home.path() + folder);
    (void)home.with(".docker/config.json", config("docker.example"));
    (void)home.with(".config/containers/auth.json", config("config.example"));
    (void)home.with("run/containers/auth.json", config("run.example"));
    (void)home.with("own/containers/auth.json", config("own.example"));
    (void)home.with("own/config.json", config("moved.example"));
    (void)home.with(".dockercfg", R"({"old.example":{"username":"u","password":"p"}})");
    (void)home.with("named.json", config("named.example"));
    ::setenv("HOME", home.path().c_str(), 1);
    const auto knows = [](const char* registry) {
        return !registry_accounts::of_user().find(registry, "x").empty();
    };
    for (const auto* known : {"docker.example", "config.example", "old.example"})
        CHECK(knows(known));
    for (const auto* unknown : {"run.example", "own.example", "moved.example", "named.example"})
        CHECK_FALSE(knows(unknown));
    CHECK(registry_accounts::of_user().problems().empty());
    ::setenv("REGISTRY_AUTH_FILE", (home / "named.json").c_str(), 1);
    ::setenv("DOCKER_CONFIG", (home / "own").c_str(), 1);
    ::setenv("XDG_RUNTIME_DIR", (home / "run").c_str(), 1);
    ::setenv("XDG_CONFIG_HOME", (home / "own").c_str(), 1);
    for (const auto* known :
         {"run.example", "own.example", "moved.example", "named.example", "old.example"})
        CHECK(knows(known));
    for (const auto* unknown : {"docker.example", "config.example"}) CHECK_FALSE(knows(unknown));
    ::setenv("REGISTRY_AUTH_FILE", (home / "none.json").c_str(), 1);
    CHECK(registry_accounts::of_user().problems() ==
          std::vector<std::string>{home / "none.json" + ": no such file"});
    ::unsetenv("REGISTRY_AUTH_FILE");
    for (const auto* wrong : {"[1]", "no JSON"}) {
        (void)home.with("own/config.json", wrong);
        CHECK(registry_accounts::of_user().problems() ==
              std::vector<std::string>{home / "own/config.json" +
                                       ": no JSON object, so no account is taken from it"});
    }
    for (const auto& name : names) ::unsetenv(name.c_str());
    for (const auto& [name, old] : before) ::setenv(name.c_str(), old.c_str(), 1);
}

TEST_CASE(
    "the table of preflight lines its columns up, counts what is needed, and names the pools") {
    preflight_result result;
    CHECK(to_table(result, false) == "No workloads.\n");
    const auto finding = [](const std::string& name, verdict x86, verdict arm, need what) {
        workload_finding one;
        one.of.name_space = "shop";
        one.of.kind = "deployment";
        one.of.name = name;
        one.on["amd64"].runs = x86;
        one.on["arm64"].runs = arm;
        one.what = what;
        return one;
    };
    result.workloads = {finding("cart", verdict::yes, verdict::yes, need::nothing),
                        finding("search-index", verdict::yes, verdict::no, need::image),
                        finding("pay", verdict::unknown, verdict::yes, need::image)};
    result.workloads[1].reasons = {"first", "second"};
    result.nodes = {node_of("a", "amd64"), node_of("b", "amd64"), node_of("c", "arm64")};
    result.nodes[2].taints = {{"arch", "arm64", "NoSchedule"}, {"gpu", "", "NoExecute"}};
    result.notes = {"a note"};
    CHECK(to_table(result, false) ==
          "WORKLOAD                 AMD64    ARM64    CONCLUSION\n"
          "deployment/cart          yes      yes      can run on both\n"
          "deployment/search-index  yes      no       needs an image\n"
          "    first\n"
          "    second\n"
          "deployment/pay           unknown  yes      needs an image\n"
          "\n"
          "3 workloads. can run on both: 1, needs an image: 2.\n"
          "2 amd64 nodes.\n"
          "1 arm64 node with taint arch=arm64:NoSchedule, gpu:NoExecute.\n"
          "Note: a note.\n");
    CHECK(to_table(result, true).find("\nshop/deployment/cart          yes      yes") !=
          std::string::npos);
}

TEST_CASE("each reason of preflight names the image, the rule or the taint that it is") {
    preflight_result in;
    in.nodes = two_pools;
    in.nodes_known = true;
    using texts = std::vector<std::string>;
    const auto reasons = [&](const std::string& pod, const image_answer& answer) {
        workload one;
        one.pod = value(pod);
        return judge(std::move(one),
                     {{{"c", "shop/cart:2"}, answer}, {{"d", "shop/cart:2"}, answer}}, in)
            .reasons;
    };
    const image_platform x86{"linux", "amd64", ""}, arm{"linux", "arm64", ""},
        windows{"windows", "arm64", ""};
    const image_answer has_all{std::vector{x86, arm}, "", false, ""};
    CHECK(reasons("{}", has_all).empty());
    CHECK(reasons("{}", {std::vector{x86, windows}, "", false, ""}) ==
          texts{"shop/cart:2 has no linux/arm64: it has linux/amd64, windows/arm64"});
    CHECK(reasons("{}", {std::vector<image_platform>{}, "", false, ""}) ==
          texts{"shop/cart:2 has no linux/amd64 and no linux/arm64: it has no platform at all"});
    CHECK(reasons("{}", {std::nullopt, "refused", false, ""}) ==
          texts{"shop/cart:2: unknown: refused"});
    CHECK(reasons(R"({"nodeSelector":{"kubernetes.io/arch":"amd64"}})", has_all) ==
          texts{"nodeSelector kubernetes.io/arch=amd64 keeps it off arm64"});
    in.nodes[1].taints = {{"arch", "arm64", "NoSchedule"}};
    CHECK(reasons("{}", has_all) ==
          texts{"no toleration of arch=arm64:NoSchedule, which the arm64 nodes have"});
    in.nodes.pop_back();
    CHECK(reasons(R"({"nodeSelector":{"disk":"ssd"}})", has_all) ==
          texts{"nodeSelector disk=ssd keeps it off amd64",
                "nodeSelector disk=ssd: no node shows whether that allows arm64"});
    in.nodes.clear();
    in.nodes_known = false;
    CHECK(reasons(R"({"nodeSelector":{"kubernetes.io/arch":"amd64"}})", has_all) ==
          texts{"taints of amd64 nodes are not known: nodes can't be read",
                "nodeSelector kubernetes.io/arch=amd64 keeps it off arm64"});
}
