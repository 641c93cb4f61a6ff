// What registries.conf, containerd's certs.d and lines of pairs say about where an image is pulled
// from.
#include "bench/cluster/mirror_settings.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

using namespace lanewise::bench::cluster;
namespace fs = std::filesystem;

namespace {

const std::string some_digest = "sha256:" + std::string(64, 'a');

/// Each URL that is asked, in order; in place of it the reason where a source is not asked.
std::string asked(const std::vector<pull_source>& sources) {
    std::string text;
    for (const auto& one : sources) {
        if (!one.problem.empty()) text += "(" + one.problem + ")\n";
        for (const auto& base : one.bases)
            text += base + one.repository + "/manifests/" + one.version + one.query + "\n";
    }
    return text;
}

std::string by_conf(const std::string& text, const std::string& image,
                    const std::vector<std::string>& plain_http = {}) {
    return asked(parse_registries_conf("r.conf", text).sources(*parse_image(image), plain_http));
}

std::string conf_error(const std::string& text) {
    try {
        (void)parse_registries_conf("r.conf", text);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "none";
}

std::string hosts_error(const std::string& text) {
    try {
        (void)parse_hosts_toml("/certs.d/a", "hosts.toml", text);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "none";
}

class folder {
public:
    folder() : path_{fs::temp_directory_path() / ("lanewise-mirrors-" + std::to_string(getpid()))} {
        fs::remove_all(path_);
        fs::create_directories(path_);
    }
    ~folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    std::string write(const std::string& name, const std::string& text) const {
        fs::create_directories((path_ / name).parent_path());
        std::ofstream{path_ / name} << text;
        return (path_ / name).string();
    }
    [[nodiscard]] std::string path() const { return path_.string(); }
    [[nodiscard]] std::string by_hosts(const std::string& image) const {
        return asked(hosts_folder::read(path()).sources(*parse_image(image), {}));
    }

private:
    fs::path path_;
};

}  // namespace

TEST_CASE("an empty registries.conf changes nothing") {
    CHECK(by_conf("", "nginx:1") == "https://registry-1.docker.io/v2/library/nginx/manifests/1\n");
    CHECK(by_conf("# none\n", "quay.io/a/b") == "https://quay.io/v2/a/b/manifests/latest\n");
    CHECK(by_conf("", "r.example/a:1", {"r.example"}) ==
          "http://r.example/v2/a/manifests/1\nhttps://r.example/v2/a/manifests/1\n");
}

TEST_CASE("mirrors of registries.conf stand before the location, each with the rest of the name") {
    const std::string conf = R"(
[[registry]]
prefix = "example.com/foo"
location = "internal.example.net/bar"
[[registry.mirror]]
location = "m0.example/mirror-for-foo"
[[registry.mirror]]
location = "m1.example:5000/foo"
insecure = true
)";
    CHECK(by_conf(conf, "example.com/foo/image:2") ==
          "https://m0.example/v2/mirror-for-foo/image/manifests/2\n"
          "https://m1.example:5000/v2/foo/image/manifests/2\n"
          "http://m1.example:5000/v2/foo/image/manifests/2\n"
          "https://internal.example.net/v2/bar/image/manifests/2\n");
    CHECK(by_conf(conf, "example.com/foo@" + some_digest) ==
          "https://m0.example/v2/mirror-for-foo/manifests/" + some_digest +
              "\nhttps://m1.example:5000/v2/foo/manifests/" + some_digest +
              "\nhttp://m1.example:5000/v2/foo/manifests/" + some_digest +
              "\nhttps://internal.example.net/v2/bar/manifests/" + some_digest + "\n");
    const auto sources =
        parse_registries_conf("r", conf).sources(*parse_image("example.com/foo/image:2"), {});
    REQUIRE(sources.size() == 3);
    CHECK(sources[0].verify);
    CHECK(!sources[1].verify);
    CHECK(sources[2].verify);
    CHECK(sources[0].name == "mirror m0.example/mirror-for-foo");
    CHECK(sources[0].registry == "m0.example");
    CHECK(sources[2].name == "internal.example.net");
}

TEST_CASE("a prefix ends where a part of the name ends, and the longest one counts") {
    const std::string conf = R"(
[[registry]]
prefix = "a.example"
location = "short.example"
[[registry]]
prefix = "a.example/team"
location = "long.example/t"
[[registry]]
prefix = "a.example/team/app:1"
location = "tagged.example/app:1"
)";
    CHECK(by_conf(conf, "a.example/x:1") == "https://short.example/v2/x/manifests/1\n");
    CHECK(by_conf(conf, "a.example/teams:1") == "https://short.example/v2/teams/manifests/1\n");
    CHECK(by_conf(conf, "a.example/team/x:1") == "https://long.example/v2/t/x/manifests/1\n");
    CHECK(by_conf(conf, "a.example/team/app:1") == "https://tagged.example/v2/app/manifests/1\n");
    CHECK(by_conf(conf, "a.example/team/app:12") == "https://long.example/v2/t/app/manifests/12\n");
    CHECK(by_conf(conf, "a.example:5000/x:1") == "https://a.example:5000/v2/x/manifests/1\n");
    CHECK(by_conf(conf, "a.example.org/x:1") == "https://a.example.org/v2/x/manifests/1\n");
}

TEST_CASE("a prefix with a * is for every host below, and needs no location") {
    const std::string conf =
        "[[registry]]\nprefix = \"*.example.com\"\n[[registry.mirror]]\nlocation = \"m.io/x\"\n";
    CHECK(by_conf(conf, "a.b.example.com/c:1") ==
          "https://m.io/v2/x/c/manifests/1\nhttps://a.b.example.com/v2/c/manifests/1\n");
    CHECK(by_conf(conf, "example.com/c:1") == "https://example.com/v2/c/manifests/1\n");
    CHECK(by_conf(conf, "example.org/a.example.com/c:1") ==
          "https://example.org/v2/a.example.com/c/manifests/1\n");
    // Of two that are as long the first one counts.
    const std::string two =
        "[[registry]]\nprefix = \"*.io\"\nlocation = \"one.example\"\n"
        "[[registry]]\nprefix = \"a.io\"\nlocation = \"two.example\"\n";
    CHECK(by_conf(two, "a.io/c:1").starts_with("https://one.example/"));
}

TEST_CASE("a mirror for digests alone is not asked for a tag, nor one for tags for a digest") {
    const auto with = [](const std::string& own, const std::string& mirror) {
        return "[[registry]]\nlocation = \"a.io\"\n" + own +
               "\n[[registry.mirror]]\nlocation = \"m.io\"\n" + mirror;
    };
    const std::string tag = "a.io/x:1", digest = "a.io/x@" + some_digest;
    const auto uses = [](const std::string& conf, const std::string& image) {
        return by_conf(conf, image).starts_with("https://m.io/");
    };
    for (const auto& conf : {with("", ""), with("", "pull-from-mirror = \"all\"")}) {
        CHECK(uses(conf, tag));
        CHECK(uses(conf, digest));
    }
    for (const auto& conf : {with("mirror-by-digest-only = true", ""),
                             with("", "pull-from-mirror = \"digest-only\"")}) {
        CHECK(!uses(conf, tag));
        CHECK(uses(conf, digest));
    }
    CHECK(uses(with("", "pull-from-mirror = \"tag-only\""), tag));
    CHECK(!uses(with("", "pull-from-mirror = \"tag-only\""), digest));
}

TEST_CASE("a blocked prefix is a reason, not a place to ask") {
    CHECK(by_conf("[[registry]]\nlocation = \"docker.io\"\nblocked = true\n", "nginx") ==
          "(r.conf blocks what begins with docker.io)\n");
}

TEST_CASE("a short name is its alias, else of each registry of the list, else of Docker Hub") {
    const std::string conf = R"(
unqualified-search-registries = ["quay.io", "docker.io"]
[aliases]
"tool" = "ghcr.io/them/tool"
"erased" = ""
)";
    CHECK(by_conf(conf, "tool:3") == "https://ghcr.io/v2/them/tool/manifests/3\n");
    CHECK(by_conf(conf, "tool@" + some_digest) ==
          "https://ghcr.io/v2/them/tool/manifests/" + some_digest + "\n");
    for (const std::string name : {"nginx", "erased"})
        CHECK(by_conf(conf, name + ":1") ==
              "https://quay.io/v2/" + name +
                  "/manifests/1\nhttps://registry-1.docker.io/v2/library/" + name +
                  "/manifests/1\n");
    CHECK(by_conf(conf, "docker.io/nginx:1") ==
          "https://registry-1.docker.io/v2/library/nginx/manifests/1\n");
    const std::string enforcing = "short-name-mode = \"enforcing\"\n";
    CHECK(by_conf(enforcing + conf, "nginx").starts_with("(the short name nginx could be of"));
    CHECK(by_conf(enforcing + conf, "tool").starts_with("https://ghcr.io/"));
    CHECK(by_conf("unqualified-search-registries = [\"docker.io\"]\n" + enforcing, "nginx")
              .starts_with("https://registry-1.docker.io/"));
}

TEST_CASE("a registries.conf that can't be right says file, line and what would be") {
    for (const auto& [text, words] : std::vector<std::pair<std::string, std::string>>{
             {"[[registry]\n", "line 1: this is no TOML"},
             {"\n[[registry]]\nlocation = docker.io\n", "line 3: this is no TOML"},
             {"[[registry]]\nlocation = 5\n", "line 2: location is no text"},
             {"[[registry]]\nlocation = \"https://a.io\"\n", "line 2: location = \"https://a.io\""},
             {"[[registry]]\nlocation = \"mirror\"\n", "names no registry; right: mirror.example"},
             {"[[registry]]\nlocation = \"a.io/B A D\"\n", "names no registry"},
             {"[[registry]]\nprefix = \"a.*.io\"\nlocation = \"b.io\"\n", "a * stands alone"},
             {"[[registry]]\nprefix = \"*a.io\"\nlocation = \"b.io\"\n", "a * stands alone"},
             {"[[registry]]\nprefix = \"*.a.io/x\"\nlocation = \"b.io\"\n", "a * stands alone"},
             {"x = 1\n[[registry]]\ninsecure = true\n", "line 2: this [[registry]] has neither"},
             {"[[registry]]\nlocation = \"a.io\"\ninsecure = \"yes\"\n",
              "line 3: insecure is neither"},
             {"[[registry]]\nlocation = \"a.io\"\nblocked = 1\n", "line 3: blocked is neither"},
             {"[[registry]]\nlocation = \"a.io\"\n[[registry.mirror]]\ninsecure = true\n",
              "line 3: this [[registry.mirror]] has no location"},
             {"[[registry]]\nlocation = \"a.io\"\n[[registry.mirror]]\nlocation = \"b.io\"\n"
              "pull-from-mirror = \"never\"\n",
              "line 5: pull-from-mirror = \"never\" is none of"},
             {"[registry]\nlocation = \"a.io\"\n", "line 1: registry is no list of tables"},
             {"registry = [1]\n", "line 1: registry is no list of tables"},
             {"unqualified-search-registries = \"docker.io\"\n", "is no list of texts"},
             {"unqualified-search-registries = [1]\n", "is no list of texts"},
             {"unqualified-search-registries = [\"docker.io/library\"]\n", "which is no registry"},
             {"short-name-mode = \"strict\"\n", "is none of enforcing"},
             {"aliases = 1\n", "aliases is no table"},
             {"[aliases]\nnginx = \"mine/nginx\"\n", "line 2: the alias nginx = \"mine/nginx\""},
             {"[registries.search]\nregistries = [\"docker.io\"]\n", "the format's version 1"},
             {std::string((1 << 20) + 1, '\n'), "larger than 1 MiB"},
             {std::string((1 << 20) - 1, '\n') + "x", "this is no TOML"},
             {"a = " + std::string(10'000, '['), "line 1: this is no TOML"},
         }) {
        CAPTURE(text.substr(0, 200));
        const auto error = conf_error(text);
        CHECK(error.starts_with("r.conf"));
        CHECK_MESSAGE(error.find(words) != std::string::npos, error);
    }
}

TEST_CASE("hosts of a hosts.toml are asked in the file's order, the registry's own last") {
    const folder certs;
    certs.write("docker.io/hosts.toml", R"(
server = "https://registry-1.docker.io"
[host."https://z.example"]
  capabilities = ["pull", "resolve"]
[host."http://a.example:5000/cache"]
[host."https://harbor.example/v2/hub"]
  override_path = true
)");
    CHECK(certs.by_hosts("nginx:1") ==
          "https://z.example/v2/library/nginx/manifests/1?ns=docker.io\n"
          "http://a.example:5000/cache/v2/library/nginx/manifests/1?ns=docker.io\n"
          "https://harbor.example/v2/hub/library/nginx/manifests/1?ns=docker.io\n"
          "https://registry-1.docker.io/v2/library/nginx/manifests/1\n");
    CHECK(certs.by_hosts("quay.io/a:1") == "https://quay.io/v2/a/manifests/1\n");
}

TEST_CASE("a host that may not resolve is asked for digests alone, one that may not pull never") {
    const folder certs;
    certs.write("a.io/hosts.toml", R"(
server = "https://a.io"
capabilities = ["Pull", "Resolve", "Push"]
[host."https://pull.example"]
  capabilities = ["pull"]
[host."https://push.example"]
  capabilities = ["push"]
)");
    CHECK(certs.by_hosts("a.io/x:1") == "https://a.io/v2/x/manifests/1\n");
    CHECK(certs.by_hosts("a.io/x@" + some_digest) ==
          "https://pull.example/v2/x/manifests/" + some_digest + "?ns=a.io\n" +
              "https://a.io/v2/x/manifests/" + some_digest + "\n");
    certs.write("a.io/hosts.toml", "capabilities = [\"push\"]\n");
    CHECK(certs.by_hosts("a.io/x:1").starts_with("("));
}

TEST_CASE("the folder of a registry is found with its port, and _default stands for the rest") {
    const folder certs;
    certs.write("a.io_5000_/hosts.toml", "server = \"https://one.example\"\n");
    certs.write("a.io:5000/hosts.toml", "server = \"https://two.example\"\n");
    certs.write("b.io:5000/hosts.toml", "server = \"three.example\"\n");
    certs.write("_default/hosts.toml", "[host.\"https://any.example\"]\n");
    CHECK(certs.by_hosts("a.io:5000/x:1")
              .starts_with("https://one.example/v2/x/manifests/1?ns=a.io"));
    CHECK(certs.by_hosts("b.io:5000/x:1").starts_with("https://three.example/v2/x/"));
    CHECK(certs.by_hosts("a.io/x:1") ==
          "https://any.example/v2/x/manifests/1?ns=a.io\nhttps://a.io/v2/x/manifests/1\n");
    CHECK(certs.by_hosts("[::1]:5000/x:1").starts_with("https://any.example/v2/x/"));
    CHECK(certs.by_hosts("nginx:1").ends_with(
        "https://registry-1.docker.io/v2/library/nginx/manifests/1\n"));
}

TEST_CASE("a host's own certificates, fields and proxy go with it") {
    const auto hosts = parse_hosts_toml("/certs.d/a.io", "hosts.toml", R"(
ca = "own.crt"
[host."https://m.io"]
  skip_verify = true
  ca = ["one.crt", "/etc/two.crt"]
  client = [["me.cert", "me.key"]]
  proxy = "http://proxy.example:3128"
  dial_timeout = "1s"
[host."https://m.io".header]
  x-team = "shop"
  x-more = ["a", "b"]
[host."https://n.io"]
  client = "both.pem"
[host."https://o.io"]
  client = ["a.pem", "b.pem"]
)");
    REQUIRE(hosts.size() == 4);
    CHECK(hosts[0].skip_verify.value());
    CHECK(hosts[0].ca_files == std::vector<std::string>{"/certs.d/a.io/one.crt", "/etc/two.crt"});
    CHECK(hosts[0].clients == std::vector<std::pair<std::string, std::string>>{
                                  {"/certs.d/a.io/me.cert", "/certs.d/a.io/me.key"}});
    CHECK(hosts[0].fields == std::vector<std::pair<std::string, std::string>>{
                                 {"x-more", "a"}, {"x-more", "b"}, {"x-team", "shop"}});
    CHECK(hosts[0].proxy == "http://proxy.example:3128");
    CHECK(hosts[1].clients.front().second == "/certs.d/a.io/both.pem");
    CHECK(hosts[2].clients.size() == 2);
    CHECK(hosts[3].url.empty());
    CHECK(hosts[3].ca_files == std::vector<std::string>{"/certs.d/a.io/own.crt"});
}

TEST_CASE("plain HTTP with settings of TLS is tried by TLS first, as containerd does") {
    const folder certs;
    certs.write("a.io/hosts.toml", "[host.\"http://m.io:5000\"]\nskip_verify = true\n");
    CHECK(certs.by_hosts("a.io/x:1")
              .starts_with("https://m.io:5000/v2/x/manifests/1?ns=a.io\n"
                           "http://m.io:5000/v2/x/manifests/1?ns=a.io\n"));
    certs.write("a.io/hosts.toml", "[host.\"http://m.io\"]\nskip_verify = true\n");
    CHECK(certs.by_hosts("a.io/x:1").starts_with("http://m.io/v2/x/manifests/1?ns=a.io\n"));
}

TEST_CASE("a folder without hosts.toml holds certificates as Docker lays them out") {
    const folder certs;
    certs.write("a.io/ca.crt", "");
    certs.write("a.io/client.cert", "");
    certs.write("a.io/client.key", "");
    const auto sources = hosts_folder::read(certs.path()).sources(*parse_image("a.io/x:1"), {});
    REQUIRE(sources.size() == 1);
    CHECK(sources[0].bases == std::vector<std::string>{"https://a.io/v2/"});
    CHECK(sources[0].ca_files == std::vector<std::string>{certs.path() + "/a.io/ca.crt"});
    CHECK(sources[0].certificate == certs.path() + "/a.io/client.cert");
    CHECK(sources[0].key == certs.path() + "/a.io/client.key");
}

TEST_CASE("a hosts.toml that can't be right says file, line and what would be") {
    for (const auto& [text, words] : std::vector<std::pair<std::string, std::string>>{
             {"server = https\n", "line 1: this is no TOML"},
             {"server = 5\n", "line 1: server is no text"},
             {"\n[host.\"https://a b\"]\n", "line 2: \"https://a b\" is no URL of a registry"},
             {"[host.\"https://u:p@a.io\"]\n", "is no URL of a registry"},
             {"host = 1\n", "line 1: host is no table"},
             {"[host]\n\"https://a.io\" = 1\n", "line 2: host is followed by a URL"},
             {"capabilities = [\"pull\", \"delete\"]\n", "there are pull, resolve and push"},
             {"capabilities = \"pull\"\n", "capabilities is no list of texts"},
             {"skip_verify = 1\n", "skip_verify is neither"},
             {"ca = 1\n", "ca is no list of texts"},
             {"client = [[\"a\"]]\n", "client is no list of files or of pairs"},
             {"client = 1\n", "client is no list of texts"},
             {"client = [[\"a\", 1]]\n", "client is no list of files or of pairs"},
             {"client = [[1, \"a\"]]\n", "client is no list of files or of pairs"},
             {"[header]\n\"a b\" = \"c\"\n", "line 2: header a b can't stand"},
             {"[header]\na = \"c\\u007f\"\n", "line 2: header a can't stand"},
             {"[header]\na = \"c\\r\\nX: y\"\n", "line 2: header a can't stand"},
         }) {
        CAPTURE(text);
        const auto error = hosts_error(text);
        CHECK(error.starts_with("hosts.toml"));
        CHECK_MESSAGE(error.find(words) != std::string::npos, error);
    }
}

TEST_CASE("a folder that holds no registry's folder, or is one itself, is no certs.d") {
    const folder certs;
    CHECK_THROWS_WITH_AS((void)hosts_folder::read(certs.path()),
                         doctest::Contains("holds no folder of a registry"), std::invalid_argument);
    certs.write("hosts.toml", "server = \"https://a.io\"\n");
    CHECK_THROWS_WITH_AS((void)hosts_folder::read(certs.path()),
                         doctest::Contains("is the folder of one registry"), std::invalid_argument);
}

TEST_CASE("the kind of a file follows from its first line that says something") {
    for (const auto* toml :
         {"[[registry]]\n", "# x\n\n  [aliases]\n", "unqualified-search-registries = [\"a.io\"]\n",
          "unqualified-search-registries=[]\n", "credential-helpers = [\n\"x\"]\n",
          "short-name-mode=\"permissive\"\n", "short-name-mode='permissive'\n",
          "\xEF\xBB\xBF[[registry]]\n"}) {
        CAPTURE(toml);
        CHECK(looks_like_toml(toml));
    }
    for (const auto* pairs : {"", "# none\n", "docker.io=m.io:5000\n", "a.io=[::1]:5000\n",
                              "\r\na.io=https://m.io/x # why = so\n", "nonsense\n"}) {
        CAPTURE(pairs);
        CHECK(!looks_like_toml(pairs));
    }
}

TEST_CASE("pairs, registries.conf and a folder are each taken for what they are") {
    const folder files;
    mirror_settings settings;
    add_mirrors(files.write("pairs", "\xEF\xBB\xBF# mine\ndocker.io=m.io\n"), settings);
    add_mirrors(files.write("conf", "[[registry]]\nlocation = \"b.io\"\nblocked = true\n"),
                settings);
    CHECK(asked(settings.sources(*parse_image("x:1"), {})) ==
          "https://m.io/v2/library/x/manifests/1\n"
          "https://registry-1.docker.io/v2/library/x/manifests/1\n");
    CHECK(asked(settings.sources(*parse_image("b.io/x:1"), {})).starts_with("("));
    files.write("certs.d/c.io/hosts.toml", "server = \"https://d.io\"\n");
    add_mirrors(files.path() + "/certs.d", settings);
    CHECK(asked(settings.sources(*parse_image("c.io/x:1"), {})) ==
          "https://d.io/v2/x/manifests/1?ns=c.io\n");
    CHECK_THROWS_AS(add_mirrors(files.path() + "/none", settings), std::system_error);
    CHECK_THROWS_AS(add_mirrors(files.write("wrong", "nonsense\n"), settings),
                    std::invalid_argument);
}

TEST_CASE("each letter that a header's name and a capability may have is taken") {
    const auto hosts = parse_hosts_toml("/certs.d/a.io", "hosts.toml", R"(
capabilities = ["PULL", "RESOLVE"]
[header]
0aA-zZ9 = "a b~"
)");
    REQUIRE(hosts.size() == 1);
    REQUIRE(hosts.front().fields.size() == 1);
    CHECK(hosts.front().fields.front().first == "0aA-zZ9");
    CHECK(hosts.front().fields.front().second == "a b~");
    CHECK(hosts.front().may_pull);
    CHECK(hosts.front().may_resolve);
    CHECK(hosts_error("capabilities = [\"pUsH\", \"Zpush\"]\n").find("\"zpush\"") !=
          std::string::npos);
    CHECK(hosts_error("capabilities = [\"Apush\"]\n").find("\"apush\"") != std::string::npos);
}

TEST_CASE("a source is named by its registry, a mirror by its URL; one certificate is shown") {
    const folder certs;
    certs.write("a.io/hosts.toml", R"(
server = "https://a.io"
[host."http://m.io:5000"]
  ca = "one.crt"
[host."http://n.io:5000"]
  client = [["me.cert", "me.key"]]
[host."http://o.io:5000"]
[host."https://p.io"]
  client = [["me.cert", "me.key"], ["other.cert", "other.key"]]
)");
    const auto sources = hosts_folder::read(certs.path()).sources(*parse_image("a.io/x:1"), {});
    REQUIRE(sources.size() == 5);
    CHECK(sources[0].name == "mirror http://m.io:5000");
    CHECK(sources[4].name == "a.io");
    // TLS is tried first where the settings are of TLS.
    CHECK(sources[0].bases.size() == 2);
    CHECK(sources[1].bases.size() == 2);
    CHECK(sources[2].bases.size() == 1);
    CHECK(sources[1].certificate.ends_with("me.cert"));
    CHECK(sources[1].key.ends_with("me.key"));
    CHECK(sources[1].problem.empty());
    for (const auto& one : sources) CHECK(one.verify);
    const auto taken = [&](const char* skip) {
        certs.write("b.io/hosts.toml", std::string{"skip_verify = "} + skip + "\n");
        return hosts_folder::read(certs.path()).sources(*parse_image("b.io/x:1"), {}).at(0).verify;
    };
    CHECK_FALSE(taken("true"));
    CHECK(taken("false"));
    CHECK(sources[3].problem.find("several client certificates") != std::string::npos);
}
