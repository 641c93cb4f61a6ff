// Access logs of any bytes, whole and cut into pieces of lines.
#include "bench/workloads/log_reader.hpp"
#include "workload.hpp"

using namespace lanewise::bench::workloads;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = lanewise::fuzz::text_of(data, size);
    gathering all{{.keep_secrets = size % 2 == 0, .origins = {}}};
    auto input = text_input::of(std::string{text});
    try {
        read_log(input, "log", all);
    } catch (const unusable&) {
        return 0;
    }
    lanewise::fuzz::check_workload(all, true);
    return 0;
}
