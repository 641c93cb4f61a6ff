// Single sources of what a machine is, each in a folder that the test writes: what is made of it,
// and what of one that lacks or says otherwise.
#include <doctest/doctest.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__GLIBC__)
#include <gnu/libc-version.h>
#endif

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/machine/affinity.hpp"
#include "kernels/machine/machine.hpp"

using lanewise::machine::cpus_max;
using lanewise::machine::facts;
using lanewise::machine::parse_cpu_list;
using lanewise::machine::read;

namespace {

namespace fs = std::filesystem;

/// A folder in place of "/", empty or a copy of a recorded machine; it goes with the object.
class root_folder {
public:
    explicit root_folder(const std::string& recorded = {})
        : root_{fs::temp_directory_path() / ("lanewise-sources-" + std::to_string(getpid()))} {
        fs::remove_all(root_);
        fs::create_directories(root_);
        if (!recorded.empty())
            fs::copy(LANEWISE_TEST_DATA "/machines/" + recorded, root_,
                     fs::copy_options::recursive);
    }
    ~root_folder() {
        std::error_code error;
        fs::remove_all(root_, error);
    }
    root_folder(const root_folder&) = delete;
    root_folder& operator=(const root_folder&) = delete;

    root_folder& write(const std::string& path, const std::string& text) {
        fs::create_directories((root_ / path).parent_path());
        std::ofstream file{root_ / path};
        file << text;
        REQUIRE(file.flush());
        return *this;
    }
    root_folder& remove(const std::string& path) {
        REQUIRE(fs::remove(root_ / path));
        return *this;
    }
    [[nodiscard]] facts read_as(std::string_view program) const {
        return read(root_.string(), program);
    }

private:
    fs::path root_;
};

/// A line as `cpuid -1 -r` prints it.
std::string cpuid_line(unsigned leaf, const std::array<unsigned, 4>& registers) {
    std::array<char, 100> line{};
    std::snprintf(line.data(), line.size(),
                  "   0x%08x 0x00: eax=0x%08x ebx=0x%08x ecx=0x%08x edx=0x%08x\n", leaf,
                  registers[0], registers[1], registers[2], registers[3]);
    return line.data();
}

/// What CPUID says under a hypervisor that signs so.
std::string under_hypervisor(std::string signature) {
    signature.resize(12);
    std::array<unsigned, 4> registers{};
    for (std::size_t i = 0; i < signature.size(); ++i)
        registers[1 + i / 4] |= static_cast<unsigned>(static_cast<unsigned char>(signature[i]))
                                << 8 * (i % 4);
    return cpuid_line(1, {0, 0, 1U << 31, 0}) + cpuid_line(0x40000000, registers);
}

std::string hypervisor_that_signs(const std::string& signature) {
    return root_folder().write("cpuid", under_hypervisor(signature)).read_as("x86_64").hypervisor;
}

bool says(const facts& machine, std::string_view contradiction) {
    return std::ranges::find(machine.contradictions, contradiction) != machine.contradictions.end();
}

constexpr const char* cpuinfo_x86 =
    "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 143\n"
    "model name\t: Some Xeon\nstepping\t: 8\nflags\t\t: fpu avx2 hypervisor\n\n";

}  // namespace

TEST_CASE("an x86 whose CPUID is not shown is what /proc/cpuinfo says") {
    const auto machine = root_folder().write("proc/cpuinfo", cpuinfo_x86).read_as("x86_64");
    CHECK(machine.cpu_model == "Some Xeon");
    CHECK(machine.cpu_vendor == "GenuineIntel");
    CHECK(machine.cpu_id == "6.143.8");
    CHECK(machine.hypervisor == "unnamed");
    CHECK(machine.features == std::vector<std::string>{"avx2"});
    CHECK(machine.contradictions.empty());
}

TEST_CASE("CPUID's names win over /proc/cpuinfo's, and a CPU without a brand has the latter's") {
    const auto machine =
        root_folder()
            .write("proc/cpuinfo", cpuinfo_x86)
            .write("cpuid", cpuid_line(0, {1, 0x68747541, 0x444d4163, 0x69746e65}) +
                                cpuid_line(1, {0x00a10f11, 0, 0, 0}))
            .read_as("x86_64");
    CHECK(machine.cpu_vendor == "AuthenticAMD");
    CHECK(machine.cpu_id == "25.17.1");
    CHECK(machine.cpu_model == "Some Xeon");
}

TEST_CASE("families below and beyond the extended ones are told as their vendors count them") {
    const auto id = [](unsigned eax) {
        return root_folder().write("cpuid", cpuid_line(1, {eax, 0, 0, 0})).read_as("x86_64").cpu_id;
    };
    CHECK(id(0x000806f8) == "6.143.8");
    CHECK(id(0x00b40f40) == "26.68.0");  // Zen 5
    CHECK(id(0x00000543) == "5.4.3");    // a Pentium: its model has no second part
    CHECK(id(0x00010543) == "5.4.3");
}

TEST_CASE("a hypervisor is named, one that no table knows by how it signs") {
    CHECK(hypervisor_that_signs("KVMKVMKVM") == "KVM");
    CHECK(hypervisor_that_signs("Microsoft Hv") == "Hyper-V");
    CHECK(hypervisor_that_signs(" SomeNew HV ") == "SomeNew HV");
    CHECK(hypervisor_that_signs("") == "unnamed");
    CHECK(root_folder().write("cpuid", cpuid_line(1, {})).read_as("x86_64").hypervisor.empty());
}

TEST_CASE("a provider is known by its firmware's words, all of them") {
    const auto machine = [](const std::string& vendor, const std::string& product,
                            const std::string& asset = {}) {
        return root_folder()
            .write("sys/class/dmi/id/sys_vendor", vendor + "\n")
            .write("sys/class/dmi/id/product_name", product + "\n")
            .write("sys/class/dmi/id/chassis_asset_tag", asset + "\n")
            .read_as("aarch64");
    };
    CHECK(machine("Amazon EC2", "m7g.large").instance == "m7g.large");
    CHECK(machine("Amazon EC2", "m7g.large").hypervisor == "Nitro");
    CHECK(machine("Amazon EC2", "m7g.metal").provider == "aws");
    CHECK(machine("Amazon EC2", "m7g.metal").hypervisor.empty());
    CHECK(machine("Google", "Google Compute Engine").provider == "gcp");
    CHECK(machine("Google", "Google Compute Engine").hypervisor == "unnamed");
    CHECK(machine("Google", "Pixel").provider.empty());
    CHECK(machine("Other", "Google Compute Engine").provider.empty());
    CHECK(machine("QEMU", "KVM Virtual Machine", "OracleCloud.com").provider == "oci");
    CHECK(machine("QEMU", "KVM Virtual Machine", "OracleCloud.com").instance.empty());
    CHECK(machine("QEMU", "KVM Virtual Machine").hypervisor == "QEMU");
    CHECK(machine("Dell Inc.", "PowerEdge").hypervisor.empty());
}

TEST_CASE("whether a program is emulated is told by each of three sources, the newest first") {
    const auto emulated = [](const char* path, const char* text, const char* program) {
        return root_folder().write(path, text).read_as(program).emulated;
    };
    for (const bool on_arm : {false, true}) {
        const auto* same = on_arm ? "aarch64" : "x86_64";
        const auto* other = on_arm ? "x86_64" : "aarch64";
        for (const auto& [path, text] : std::vector<std::pair<const char*, const char*>>{
                 {"proc/sys/kernel/arch", on_arm ? "aarch64\n" : "x86_64\n"},
                 {"sys/devices/system/cpu/modalias",
                  on_arm ? "cpu:type:aarch64:feature:,0000\n" : "cpu:type:x86,ven0002fam0019\n"},
                 {"proc/cpuinfo", on_arm ? "CPU implementer\t: 0x41\n" : "vendor_id\t: Any\n"}}) {
            CAPTURE(path);
            CHECK(emulated(path, text, same) == false);
            CHECK(emulated(path, text, other) == true);
        }
    }
    CHECK(emulated("proc/cpuinfo", "processor\t: 0\n", "x86_64") == std::nullopt);
    CHECK(root_folder("epyc-guest")
              .write("sys/devices/system/cpu/modalias", "cpu:type:aarch64:")
              .read_as("x86_64")
              .emulated == false);
}

TEST_CASE("cores that CPUID, hwloc and SMT's own switch count differently are a contradiction") {
    const std::string smt = "sys/devices/system/cpu/smt/active";
    const auto off = root_folder("m7i-2xlarge-pod").write(smt, "0\n").read_as("x86_64");
    CHECK(off.contradictions ==
          std::vector<std::string>{
              "sysfs says that SMT is not active, hwloc sees 2 threads a core."});
    const auto by_cpuid = root_folder("m7i-2xlarge-pod")
                              .write("cpuid", cpuid_line(0xb, {0, 1, 0x100, 0}))
                              .read_as("x86_64");
    CHECK(says(by_cpuid, "cpuid says 1 thread a core, hwloc sees 2."));
    CHECK(says(by_cpuid, "sysfs says that SMT is active, cpuid that a core has one thread."));
    // AMD's CPUs tell it by a leaf of their own: here two threads a core, of which the process may
    // use one, and here one, of which hwloc sees two.
    const auto amd = [](unsigned threads) {
        return cpuid_line(0, {0, 0x68747541, 0x444d4163, 0x69746e65}) +
               cpuid_line(0x8000001e, {0, (threads - 1) << 8, 0, 0});
    };
    const auto half = root_folder("epyc-guest").write("cpuid", amd(2)).read_as("x86_64");
    CHECK(half.contradictions.empty());
    const auto twice = root_folder("m7i-2xlarge-pod").write("cpuid", amd(1)).read_as("x86_64");
    CHECK(says(twice, "cpuid says 1 thread a core, hwloc sees 2."));
}

TEST_CASE("the CPU's own count of threads a core is taken from its level of threads alone") {
    const auto contradictions = [](unsigned threads, unsigned level) {
        return root_folder("m7i-2xlarge-pod")
            .write("cpuid", cpuid_line(0xb, {0, threads, level << 8, 0}))
            .read_as("x86_64")
            .contradictions;
    };
    CHECK(contradictions(1, 2).empty());  // of cores
    CHECK(contradictions(0, 1).empty());  // none is told
    CHECK_FALSE(contradictions(1, 1).empty());
}

TEST_CASE("a machine that does not tell what a process may use is shown whole") {
    const auto machine =
        root_folder("m7i-2xlarge-pod").remove("proc/self/status").read_as("x86_64");
    CHECK(machine.threads == std::nullopt);
    CHECK(machine.cores == 4);
}

TEST_CASE("a topology without packages has an unknown number of them, and not none") {
    const auto machine =
        root_folder()
            .write("hwloc.xml",
                   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                   "<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n<topology version=\"2.0\">\n"
                   "<object type=\"Machine\" os_index=\"0\" cpuset=\"0x1\" complete_cpuset=\"0x1\" "
                   "allowed_cpuset=\"0x1\" nodeset=\"0x1\" complete_nodeset=\"0x1\" "
                   "allowed_nodeset=\"0x1\" gp_index=\"1\">\n"
                   "<object type=\"NUMANode\" os_index=\"0\" cpuset=\"0x1\" "
                   "complete_cpuset=\"0x1\" nodeset=\"0x1\" complete_nodeset=\"0x1\" "
                   "gp_index=\"2\" local_memory=\"4096\"/>\n"
                   "<object type=\"PU\" os_index=\"0\" cpuset=\"0x1\" complete_cpuset=\"0x1\" "
                   "nodeset=\"0x1\" complete_nodeset=\"0x1\" gp_index=\"3\"/>\n"
                   "</object></topology>\n")
            .read_as("x86_64");
    CHECK(machine.numa_nodes == 1);
    CHECK(machine.packages == std::nullopt);
    CHECK(machine.cores == std::nullopt);
    CHECK(machine.threads_per_core == std::nullopt);
}

TEST_CASE("a cache whose size the firmware does not tell is left out") {
    std::ifstream file{LANEWISE_TEST_DATA "/machines/m7i-2xlarge-pod/hwloc.xml"};
    std::string topology{std::istreambuf_iterator<char>{file}, {}};
    const auto whole = read(LANEWISE_TEST_DATA "/machines/m7i-2xlarge-pod", "x86_64").caches;
    REQUIRE(whole.size() == 3);
    const auto size = "cache_size=\"" + std::to_string(whole[1].size_bytes) + '"';
    for (auto at = topology.find(size); at != std::string::npos; at = topology.find(size, at))
        topology.replace(at, size.size(), "cache_size=\"0\"");
    const auto without =
        root_folder("m7i-2xlarge-pod").write("hwloc.xml", topology).read_as("x86_64").caches;
    REQUIRE(without.size() == 2);
    CHECK(without[0].level == whole[0].level);
    CHECK(without[1].level == whole[2].level);
}

TEST_CASE("memory, page size and huge pages are read where their files are whole, else missing") {
    const auto of = [](const char* path, const char* text) {
        return root_folder().write(path, text).read_as("aarch64");
    };
    CHECK(of("proc/meminfo", "MemTotal:       2 kB\n").memory_bytes == 2048);
    CHECK(of("proc/meminfo", "MemFree:        2 kB\n").memory_bytes == std::nullopt);
    CHECK(of("proc/meminfo", "MemTotal:    many kB\n").memory_bytes == std::nullopt);
    CHECK(of("proc/meminfo", "MemTotal:").memory_bytes == std::nullopt);
    CHECK(of("proc/self/smaps", "Size: 4 kB\nKernelPageSize:    16 kB\n").set.page_size_bytes ==
          16 << 10);
    CHECK(of("proc/self/smaps", "KernelPageSize:").set.page_size_bytes == std::nullopt);
    const auto* huge = "sys/kernel/mm/transparent_hugepage/enabled";
    CHECK(of(huge, "always madvise [never]\n").set.transparent_huge_pages == "never");
    for (const auto* broken : {"always madvise never\n", "always [madvise\n", "always] never\n"})
        CHECK(of(huge, broken).set.transparent_huge_pages.empty());
    const std::string holes = "sys/devices/system/cpu/vulnerabilities/";
    const auto machine = root_folder()
                             .write(holes + "meltdown", "Not affected\n")
                             .write(holes + "retbleed", "\n")
                             .read_as("x86_64");
    REQUIRE(machine.set.vulnerabilities.size() == 1);  // the second says nothing
    CHECK(machine.set.vulnerabilities[0].name == "meltdown");
}

TEST_CASE("a list of CPUs is numbers and ranges that go upwards, and nothing else") {
    using cpus = std::vector<int>;
    CHECK(parse_cpu_list("0-3,8") == cpus{0, 1, 2, 3, 8});
    CHECK(parse_cpu_list("5-5") == cpus{5});
    CHECK(parse_cpu_list("") == cpus{});
    CHECK(parse_cpu_list(std::string_view{"0-12"}.substr(0, 3)) == cpus{0, 1});  // to its end
    CHECK(parse_cpu_list(std::to_string(cpus_max - 1)) == cpus{cpus_max - 1});
    CHECK_FALSE(parse_cpu_list(std::to_string(cpus_max)));
    for (const auto* wrong : {"3-1", "-1", "1-", "0-", "0-a", "-", "a", "1,a", "1,,2", ",1", "1 2",
                              "0x1", "99999999999", "0-2000000000"})
        CHECK_FALSE(parse_cpu_list(wrong));
}

TEST_CASE("an Arm core is known by /proc/cpuinfo's fields of its own thread") {
    const auto machine = root_folder()
                             .write("proc/self/status", "Cpus_allowed_list:\t0-1\n")
                             .write("proc/sys/kernel/arch", "aarch64")
                             .write("proc/cpuinfo",
                                    "processor\t: 0\nCPU implementer\t: 0x41\nCPU variant\t: 0x3\n"
                                    "CPU part\t: 0xd0c\nCPU revision\t: 1\n\n"
                                    "processor\t: 1\nCPU implementer\t: 0x41\nCPU variant\t: 0x0\n"
                                    "CPU part\t: 0xd4f\nCPU revision\t: 2\n")
                             .read_as("aarch64");
    CHECK(machine.cpu_id == "0x413fd0c1 + 0x410fd4f2");
    CHECK(machine.cpu_model == "1x Neoverse-N1 + 1x Neoverse-V2");
    CHECK(machine.threads == 2);
}

TEST_CASE("an Arm core is known by sysfs before /proc/cpuinfo, where that is a number") {
    const auto machine = [](const std::string& midr) {
        return root_folder()
            .write("proc/self/status", "Cpus_allowed_list:\t0-1\nMems_allowed_list:\t0\n")
            .write("proc/sys/kernel/arch", "aarch64")
            .write("sys/devices/system/cpu/cpu0/regs/identification/midr_el1", midr + "\n")
            .write("sys/devices/system/cpu/cpu1/regs/identification/midr_el1", midr + "\n")
            .write("proc/cpuinfo",
                   "processor\t: 0\nCPU implementer\t: 0x41\nCPU variant\t: 0x3\n"
                   "CPU part\t: 0xd0c\nCPU revision\t: 1\n")
            .read_as("aarch64");
    };
    CHECK(machine("0x00000000410fd4f2").cpu_id == "0x410fd4f2");
    CHECK(machine("0x00000000410fd4f2").threads == 2);
    for (const auto* none : {"", "0x410fd4f2 or so", "?"})
        CHECK(machine(none).cpu_id ==
              "0x413fd0c1");  // of the first: of the second nothing is known
}

TEST_CASE("this machine's C library and pages are as the library tells them") {
    const auto set = read().set;
    CHECK(set.page_size_bytes == static_cast<std::uint64_t>(getpagesize()));
#if defined(__GLIBC__)
    CHECK(set.c_library == std::string{"glibc "} + gnu_get_libc_version());
#endif
}

#if defined(__x86_64__)
TEST_CASE("this CPU says the same of itself, asked or read from a recording of its answers") {
    std::string lines;
    for (const unsigned leaf :
         {0U, 1U, 0xbU, 0x40000000U, 0x80000002U, 0x80000003U, 0x80000004U, 0x8000001eU}) {
        std::array<unsigned, 4> answer{};
        // Beyond its last leaf a CPU repeats that; hypervisors have a range of their own.
        if (leaf >> 28 != 4 && leaf > __get_cpuid_max(leaf & 0x80000000U, nullptr)) continue;
        __cpuid_count(leaf, 0, answer[0], answer[1], answer[2], answer[3]);
        lines += cpuid_line(leaf, answer);
    }
    const auto recorded = root_folder().write("cpuid", lines).read_as("x86_64");
    const auto machine = read();
    CHECK(machine.cpu_vendor == recorded.cpu_vendor);
    CHECK(machine.cpu_model == recorded.cpu_model);
    CHECK(machine.cpu_id == recorded.cpu_id);
    // Where CPUID names none, the firmware may.
    if (!recorded.hypervisor.empty()) CHECK(machine.hypervisor == recorded.hypervisor);
}
#endif
