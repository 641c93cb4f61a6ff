// Which control group bounds this process, on trees as container runtimes make them.
#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "kernels/machine/machine.hpp"
#include "kernels/machine/mounts.hpp"

using lanewise::machine::covered;
using lanewise::machine::cpu_cgroups;
using lanewise::machine::descend;
using lanewise::machine::parse_mounts;
using lanewise::machine::read;

namespace {

namespace fs = std::filesystem;

/// A tree file of tests/data/cgroups, laid out below a folder that goes with the object.
class tree {
public:
    explicit tree(const std::string& name)
        : root_{fs::temp_directory_path() / ("lanewise-" + name + std::to_string(getpid()))} {
        fs::remove_all(root_);
        std::ifstream lines{LANEWISE_TEST_DATA "/cgroups/" + name + ".tree"};
        REQUIRE(lines);
        std::ofstream file;
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("== ")) {
                const auto path = root_ / line.substr(3);
                fs::create_directories(path.parent_path());
                file = std::ofstream{path};
                REQUIRE(file);
            } else {
                file << line << '\n';
            }
        }
    }
    ~tree() {
        std::error_code error;
        fs::remove_all(root_, error);
    }
    tree(const tree&) = delete;
    tree& operator=(const tree&) = delete;

    [[nodiscard]] std::string root() const { return root_.string(); }

private:
    fs::path root_;
};

void check(const std::string& name, std::optional<double> cpus,
           std::optional<std::uint64_t> memory_mib) {
    CAPTURE(name);
    const tree recorded{name};
    const auto machine = read(recorded.root(), "x86_64");
    CHECK(machine.quota_cpus == cpus);
    const auto memory_bytes =
        memory_mib ? std::optional{*memory_mib << 20} : std::optional<std::uint64_t>{};
    CHECK(machine.memory_limit_bytes == memory_bytes);
}

}  // namespace

TEST_CASE("a container's own group bounds it: Docker, both versions and both namespaces") {
    check("docker-v1-host", 0.5, 256);
    check("docker-v1-private", 2, 512);
    check("docker-v2-host", 2, 512);
    check("docker-v2-private", 1.5, 512);
    check("docker-in-docker-v1", 2, 512);
}

TEST_CASE("a pod that mounts its node's tree is bounded by its own group, never by another's") {
    check("containerd-v1-host-tree", 2, 512);
    check("containerd-v2-host-tree", 2, 512);
    check("containerd-v2-only-host-tree", std::nullopt, std::nullopt);
}

TEST_CASE("a unit is bounded by the tightest of its slices, whatever branches are bound beside") {
    check("systemd-v2-unit", 1, 1024);
    check("systemd-hybrid", 0.75, 2048);
}

TEST_CASE("a system in a container of LXC is bounded by the container's group") {
    check("lxc-v2", 3, 2048);
    check("lxc-v1-mixed", 2, 512);
}

TEST_CASE("a group that no mount shows has no known bound") {
    check("namespace-recorded", 1.25, std::nullopt);
    check("covered", std::nullopt, std::nullopt);
    check("outside", std::nullopt, std::nullopt);
    check("damaged", std::nullopt, std::nullopt);
}

TEST_CASE("a group's limits count where they are whole numbers above nothing, up to the memory") {
    const tree recorded{"docker-v2-private"};
    const fs::path root{recorded.root()};
    const auto write = [&](const char* path, const std::string& text) {
        fs::create_directories((root / path).parent_path());
        std::ofstream{root / path} << text << '\n';
        return read(recorded.root(), "x86_64");
    };
    for (const auto* none : {"0 100000", "50000 0", "0 0", "max 100000", "50000x 100000", "50000"})
        CHECK(write("sys/fs/cgroup/cpu.max", none).quota_cpus == std::nullopt);
    CHECK(write("sys/fs/cgroup/memory.max", "512m").memory_limit_bytes == std::nullopt);
    CHECK(write("sys/fs/cgroup/memory.max", "2048").memory_limit_bytes == 2048);
    CHECK(write("proc/meminfo", "MemTotal: 2 kB").memory_limit_bytes == 2048);
    CHECK(write("proc/meminfo", "MemTotal: 1 kB").memory_limit_bytes == std::nullopt);
}

TEST_CASE("of two mounts of one tree the first is read") {
    const tree recorded{"docker-v2-private"};
    const fs::path root{recorded.root()};
    std::ofstream{root / "proc/self/mountinfo", std::ios::app}
        << "707 701 0:27 / /again ro - cgroup2 cgroup rw\n";
    fs::create_directories(root / "again");
    CHECK(cpu_cgroups(recorded.root()) ==
          std::vector<std::string>{(root / "sys/fs/cgroup").string()});
}

TEST_CASE("CPU and memory of a hybrid system are looked for where v1 lists them") {
    const tree recorded{"systemd-hybrid"};
    const auto folders = cpu_cgroups(recorded.root());
    REQUIRE(folders.size() == 3);
    CHECK(folders[0].ends_with("/sys/fs/cgroup/cpu,cpuacct/system.slice/lanewise.service"));
    CHECK(folders[2].ends_with("/sys/fs/cgroup/cpu,cpuacct"));
}

TEST_CASE("the way down goes by whole names and never leaves the branch") {
    CHECK(descend("/", "/") == "");
    CHECK(descend("/", "/a/b") == "/a/b");
    CHECK(descend("/a", "/a/b") == "/b");
    CHECK(descend("/a/b", "/a/b") == "");
    CHECK(descend("/a/", "/a//b") == "/b");
    CHECK(descend("/a/b", "/a/bc") == std::nullopt);
    CHECK(descend("/a/bc", "/a/b") == std::nullopt);
    CHECK(descend("/a/b/c", "/a/b") == std::nullopt);
    CHECK(descend("/..", "/") == std::nullopt);
    CHECK(descend("/", "/..") == std::nullopt);
    CHECK(descend("/../a", "/../a/b") == "/b");
    CHECK(descend("/..", "/../a") == "/a");
    CHECK(descend("/../a", "/a") == std::nullopt);
    CHECK(descend("/../..", "/../a") == std::nullopt);
}

TEST_CASE("mountinfo's escapes are undone, optional fields skipped, broken lines left out") {
    const auto mounts = parse_mounts(
        "36 35 98:0 /a\\040b /mnt\\011x\\012y\\134z rw master:1 shared:2 - cgroup2 none rw\n"
        "37 35 98:0 /a\\08 /m\\04 rw - cgroup a\\040b rw,cpu\n"
        "41 35 98:0 /a\\089\\400 /m\\040 rw - cgroup2 none rw\n"
        "42 35 98:0 /a\\0401\\047 /\\377 rw - cgroup2 none rw\n"
        "38 35 98:0 /a /m rw cgroup none rw,cpu\n"
        "39 35 98:0 /a - cgroup none rw\n"
        "40\n\n");
    REQUIRE(mounts.size() == 4);
    CHECK(mounts[0].id == "36");
    CHECK(mounts[0].parent == "35");
    CHECK(mounts[0].top == "/a b");
    CHECK(mounts[0].folder == "/mnt\tx\ny\\z");
    CHECK(mounts[0].type == "cgroup2");
    CHECK(mounts[1].top == "/a\\08");
    CHECK(mounts[1].folder == "/m\\04");
    CHECK(mounts[1].options == "rw,cpu");
    CHECK(mounts[2].top == "/a\\089\\400");
    CHECK(mounts[2].folder == "/m ");
    CHECK(mounts[3].top == "/a 1'");
    CHECK(mounts[3].folder == "/\377");
    CHECK(parse_mounts("").empty());
}

TEST_CASE("a mount is covered by a later one there or above, unless it stands on that one") {
    const auto mounts = parse_mounts(
        "1 0 8:1 / / rw - ext4 x rw\n"
        "2 1 8:2 / /a/b rw - cgroup2 x rw\n"
        "3 1 8:2 / /a/bc rw - cgroup2 x rw\n"
        "4 7 8:2 / /d/e rw - cgroup2 x rw\n"
        "5 1 8:3 / /a/b rw - tmpfs x rw\n"
        "6 1 8:2 / /f/g rw - cgroup2 x rw\n"
        "7 1 8:4 / /d rw - tmpfs x rw\n"
        "8 1 8:5 / /f rw - tmpfs x rw\n"
        "9 9 8:5 / /f/g rw - tmpfs x rw\n");
    REQUIRE(mounts.size() == 9);
    CHECK(covered(mounts, 1));
    CHECK_FALSE(covered(mounts, 2));
    CHECK_FALSE(covered(mounts, 3));
    CHECK_FALSE(covered(mounts, 4));
    CHECK(covered(mounts, 5));
    CHECK(covered(mounts, 7) == false);
}

TEST_CASE(
    "a mount stands on another one by those between, and a ring of mounts stands on nothing") {
    const auto moved = parse_mounts(
        "2 3 8:1 / /a/b/c rw - cgroup2 x rw\n"
        "3 4 8:1 / /a/b rw - tmpfs x rw\n"
        "4 1 8:1 / /a rw - tmpfs x rw\n");
    REQUIRE(moved.size() == 3);
    CHECK_FALSE(covered(moved, 0));
    const auto ring = parse_mounts(
        "2 3 8:1 / /a/b/c rw - cgroup2 x rw\n"
        "3 2 8:1 / /x rw - tmpfs x rw\n"
        "4 1 8:1 / /a rw - tmpfs x rw\n");
    REQUIRE(ring.size() == 3);
    CHECK(covered(ring, 0));
}
