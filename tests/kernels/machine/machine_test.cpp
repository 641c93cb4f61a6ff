#include "kernels/machine/machine.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using lanewise::machine::cpu_cgroups;
using lanewise::machine::facts;
using lanewise::machine::read;
using lanewise::machine::usable_threads;

namespace {

std::string recording(const std::string& name) {
    return LANEWISE_TEST_DATA "/machines/" + name;
}

bool has(const std::vector<std::string>& list, const std::string& entry) {
    return std::ranges::find(list, entry) != list.end();
}

}  // namespace

TEST_CASE("a recorded EPYC guest is read as it was") {
    const auto machine = read(recording("epyc-guest"), "x86_64");
    CHECK(machine.architecture == "amd64");
    CHECK(machine.cpu_model == "AMD EPYC");
    CHECK(machine.cpu_vendor == "AuthenticAMD");
    CHECK(machine.cpu_id == "25.17.1");
    CHECK(machine.hypervisor == "KVM");
    CHECK(machine.packages == 1);
    CHECK(machine.cores == 2);
    CHECK(machine.threads == 2);
    CHECK(machine.threads_per_core == 1);
    CHECK(machine.emulated == false);
    CHECK(machine.quota_cpus == std::nullopt);
    CHECK(machine.contradictions.empty());
    CHECK(has(machine.features, "avx512_vnni"));
    CHECK_FALSE(has(machine.features, "amx_tile"));
    REQUIRE(machine.caches.size() == 3);
    CHECK(machine.caches[0].size_bytes == 32 << 10);
    CHECK(machine.caches[1].size_bytes == 1 << 20);
    CHECK(machine.caches[2].size_bytes == 32 << 20);
    CHECK(machine.caches[2].threads_sharing == 2);
}

TEST_CASE("a hyperthreaded x86 has half as many cores as threads") {
    const auto machine = read(recording("m7i-2xlarge-pod"), "x86_64");
    CHECK(machine.cpu_model == "Intel(R) Xeon(R) Platinum 8488C");
    CHECK(machine.cpu_id == "6.143.8");
    CHECK(machine.cores == 4);
    CHECK(machine.threads == 8);
    CHECK(machine.threads_per_core == 2);
    CHECK(machine.core_threads == std::vector<std::vector<int>>{{0, 4}, {1, 5}, {2, 6}, {3, 7}});
    CHECK(machine.provider == "aws");
    CHECK(machine.instance == "m7i.2xlarge");
    CHECK(machine.memory_bytes == 32401172ULL * 1024);
    CHECK(machine.contradictions.empty());
}

TEST_CASE("a many-core Arm has one thread a core and is named by its MIDR") {
    const auto machine = read(recording("m7g-4xlarge"), "aarch64");
    CHECK(machine.architecture == "arm64");
    CHECK(machine.cpu_model == "Neoverse-V1");
    CHECK(machine.cpu_vendor == "Arm");
    CHECK(machine.cpu_id == "0x411fd401");
    CHECK(machine.cores == 16);
    CHECK(machine.threads_per_core == 1);
    CHECK(machine.instance == "m7g.4xlarge");
    CHECK(machine.hypervisor == "Nitro");
    CHECK(has(machine.features, "sve"));
    CHECK(machine.contradictions.empty());
}

TEST_CASE(
    "a heterogeneous Arm names each kind of core, from /proc/cpuinfo where sysfs has no MIDR") {
    const auto machine = read(recording("rk3399"), "aarch64");
    CHECK(machine.cpu_model == "4x Cortex-A53 + 2x Cortex-A72");
    CHECK(machine.cpu_id == "0x410fd034 + 0x410fd082");
    CHECK(machine.emulated == false);
    CHECK(machine.cores == 6);
    REQUIRE(machine.caches.size() == 2);
    CHECK(machine.caches[1].threads_sharing == 4);
}

TEST_CASE(
    "an x86 with two kinds of core has cores of two threads and of one, and no contradiction") {
    const auto machine = read(recording("i5-1340p"), "x86_64");
    CHECK(machine.cpu_model == "13th Gen Intel(R) Core(TM) i5-1340P");
    CHECK(machine.cores == 12);
    CHECK(machine.threads == 16);
    CHECK(machine.threads_per_core == 2);
    REQUIRE(machine.core_threads.size() == 12);
    CHECK(machine.core_threads.front() == std::vector{0, 1});
    CHECK(machine.core_threads.back() == std::vector{15});
    CHECK(machine.hypervisor.empty());
    CHECK(machine.contradictions.empty());
}

TEST_CASE("two sockets of Arm cores are one machine, whose caches may be unknown") {
    const auto machine = read(recording("altra-two-sockets"), "aarch64");
    CHECK(machine.cpu_model == "Neoverse-N1");
    CHECK(machine.packages == 2);
    CHECK(machine.numa_nodes == 2);
    CHECK(machine.cores == 128);
    CHECK(machine.threads_per_core == 1);
    CHECK(usable_threads(machine) == 128);
    CHECK(machine.caches.empty());
    CHECK(machine.contradictions.empty());
}

TEST_CASE("the tightest quota on the way up bounds the threads, rounded up") {
    const auto pod = read(recording("m7i-2xlarge-pod"), "x86_64");
    CHECK(pod.quota_cpus == 2.5);
    CHECK(usable_threads(pod) == 3);
    CHECK(cpu_cgroups(recording("m7i-2xlarge-pod")).size() == 5);

    const auto docker = read(recording("docker-v1-cpuset"), "x86_64");
    CHECK(docker.quota_cpus == 0.5);
    CHECK(usable_threads(docker) == 1);

    CHECK(usable_threads(read(recording("m7g-4xlarge"), "aarch64")) == 16);
    CHECK(usable_threads(facts{}) == 1);
}

TEST_CASE(
    "the tightest memory limit on the way up bounds a container; the largest number is none") {
    CHECK(read(recording("m7i-2xlarge-pod"), "x86_64").memory_limit_bytes == 512U << 20);
    CHECK(read(recording("docker-v1-cpuset"), "x86_64").memory_limit_bytes == std::nullopt);
    CHECK(read(recording("m7g-4xlarge"), "aarch64").memory_limit_bytes == std::nullopt);
}

TEST_CASE(
    "a cpuset without siblings counts what it holds, and says that neighbours may be others'") {
    const auto machine = read(recording("docker-v1-cpuset"), "x86_64");
    CHECK(machine.threads == 4);
    CHECK(machine.cores == 4);
    CHECK(machine.threads_per_core == 1);
    REQUIRE(machine.contradictions.size() == 1);
    CHECK(machine.contradictions[0] ==
          "sysfs says that SMT is active, the cpuset holds one thread of each core: its sibling "
          "may be busy with "
          "others.");
}

TEST_CASE("sources that disagree are each named") {
    const auto machine = read(recording("contradicting"), "x86_64");
    CHECK(has(machine.contradictions,
              "cpuid names the CPU \"Intel(R) Xeon(R) Processor\", /proc/cpuinfo \"Intel(R) "
              "Xeon(R) Platinum 8488C\"."));
    CHECK(has(machine.contradictions, "hwloc counts 8 cores, sysfs 4."));
    CHECK(has(machine.contradictions, "hwloc sees 1 thread a core, sysfs 2."));
    CHECK(has(machine.contradictions,
              "sysfs says that SMT is active, cpuid that a core has one thread."));
}

TEST_CASE("under qemu-user the host's cores and CPU are not taken for the program's") {
    for (const std::string name : {"epyc-guest", "qemu-user-old-kernel"}) {
        CAPTURE(name);
        const auto machine = read(recording(name), "aarch64");
        CHECK(machine.emulated == true);
        CHECK(machine.architecture == "arm64");
        CHECK(machine.cpu_model.empty());
        CHECK(machine.features.empty());
        CHECK(machine.threads_per_core == std::nullopt);
        CHECK(machine.cores == std::nullopt);
        CHECK(machine.caches.empty());
        CHECK_FALSE(machine.cpuset.empty());
    }
    CHECK(read(recording("m7g-4xlarge"), "x86_64").emulated == true);
}

TEST_CASE("what is not there is missing, not zero") {
    const auto machine = read(recording("no-such-machine"), "aarch64");
    CHECK(machine.emulated == std::nullopt);
    CHECK(machine.cores == std::nullopt);
    CHECK(machine.threads == std::nullopt);
    CHECK(machine.memory_bytes == std::nullopt);
    CHECK(machine.numa_nodes == std::nullopt);
    CHECK(machine.cpu_model.empty());
    CHECK(machine.instance.empty());
    CHECK(machine.provider.empty());
    CHECK(usable_threads(machine) == 1);
}

TEST_CASE(
    "a provider without an instance type in DMI leaves it empty; an unknown MIDR is shown raw") {
    const auto azure = read(recording("azure-arm"), "aarch64");
    CHECK(azure.provider == "azure");
    CHECK(azure.instance.empty());
    CHECK(azure.cpu_model == "Azure-Cobalt-100");
    CHECK(azure.cpu_vendor == "Microsoft");
    CHECK(azure.hypervisor == "unnamed");

    const auto unknown = read(recording("unknown-arm"), "aarch64");
    CHECK(unknown.cpu_model == "MIDR 0x991fabc3");
    CHECK(unknown.cpu_vendor == "implementer 0x00000099");
}

TEST_CASE("what a machine is set to is read as its kernel says it") {
    const auto pod = read(recording("m7i-2xlarge-pod"), "x86_64").set;
    REQUIRE(pod.vulnerabilities.size() == 3);
    CHECK(pod.vulnerabilities[0].name == "meltdown");
    CHECK(pod.vulnerabilities[1].name == "mmio_stale_data");
    CHECK(pod.vulnerabilities[1].state == "Mitigation: Clear CPU buffers; SMT vulnerable");
    CHECK(pod.smt_control == "on");
    CHECK(pod.transparent_huge_pages == "always");

    const auto guest = read(recording("epyc-guest"), "x86_64").set;
    CHECK(guest.vulnerabilities.size() == 19);
    CHECK(guest.microcode == "0x1000065");
    CHECK(guest.smt_control == "notsupported");
    CHECK(guest.numa_balancing == 0);

    const auto arm = read(recording("m7g-4xlarge"), "aarch64").set;
    CHECK(arm.page_size_bytes == 64 << 10);
    CHECK(arm.transparent_huge_pages == "madvise");
    CHECK(arm.microcode.empty());
}

TEST_CASE("settings that can't be read are missing, and under emulation the CPU's are the host's") {
    const auto none = read(recording("no-such-machine"), "x86_64").set;
    CHECK(none.vulnerabilities.empty());
    CHECK(none.smt_control.empty());
    CHECK(none.microcode.empty());
    CHECK(none.page_size_bytes == std::nullopt);
    CHECK(none.transparent_huge_pages.empty());
    CHECK(none.numa_balancing == std::nullopt);
    CHECK(none.c_library.empty());

    const auto emulated = read(recording("epyc-guest"), "aarch64").set;
    CHECK(emulated.vulnerabilities.empty());
    CHECK(emulated.microcode.empty());
    CHECK(emulated.smt_control.empty());
    CHECK(emulated.transparent_huge_pages == "madvise");
}

TEST_CASE("this machine knows its own threads and does not contradict its build") {
    const auto machine = read();
    CHECK(machine.machine == lanewise::machine::built_for());
    REQUIRE(machine.threads);
    CHECK(*machine.threads == static_cast<int>(machine.cpuset.size()));
    CHECK(usable_threads(machine) >= 1);
    CHECK(usable_threads(machine) <= *machine.threads);
    if (machine.emulated == false) CHECK(machine.cores.value_or(1) <= *machine.threads);
    if (machine.emulated == true) CHECK(machine.threads_per_core == std::nullopt);
}
