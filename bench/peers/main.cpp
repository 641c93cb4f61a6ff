// lanewise-peers: chooses the instructions that are compared, and runs the contests.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>

#include "contests.hpp"
#include "kernels/kernels.hpp"

namespace kernels = lanewise::kernels;
namespace peers = lanewise::peers;

int main(int argc, char** argv) {
    peers::options chosen;
    CLI::App app("Lanewise's kernels beside other libraries', interleaved");
    app.add_option("--isa", chosen.isa,
                   "avx2, avxvnni, avx512 (with VNNI where the CPU has it), amx")
        ->check(CLI::IsMember({"avx2", "avxvnni", "avx512", "amx"}))
        ->capture_default_str();
    app.add_option("--kernel", chosen.kernel, "only this one");
    app.add_option("--size", chosen.size, "only this one, as the table names it");
    app.add_option("--seconds", chosen.seconds, "for each row's contest")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    auto problem = kernels::force_variant(chosen.isa == "avx512" ? "avx512vnni"
                                          : chosen.isa == "amx"  ? "avx512amx"
                                                                 : chosen.isa);
    if (problem && chosen.isa == "avx512") problem = kernels::force_variant("avx512");
    // Read by oneDNN when it is first called: no more than ours has.
    const char* const onednn_most = chosen.isa == "avx2"      ? "AVX2"
                                    : chosen.isa == "avxvnni" ? "AVX2_VNNI"
                                    : chosen.isa == "avx512"  ? "AVX512_CORE_VNNI"
                                                              : "AVX512_CORE_AMX";
    setenv("DNNL_MAX_CPU_ISA", onednn_most, 0);
    // So by simdjson, for what it finds before it reads.
    const bool wide = chosen.isa == "avx512" || chosen.isa == "amx";
    setenv("SIMDJSON_FORCE_IMPLEMENTATION", wide ? "icelake" : "haswell", 0);
    if (problem) {
        std::fprintf(stderr, "lanewise-peers: %s\n", problem->c_str());
        return 2;
    }
    peers::run_contests(chosen);
}
