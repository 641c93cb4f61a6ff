// HAR files of any bytes.
#include "bench/workloads/har_reader.hpp"
#include "workload.hpp"

using namespace lanewise::bench::workloads;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = lanewise::fuzz::text_of(data, size);
    gathering all{{.keep_secrets = size % 2 == 0, .origins = {}}};
    auto input = text_input::of(std::string{text});
    try {
        read_har(input, "har", all);
    } catch (const unusable&) {
        return 0;
    }
    lanewise::fuzz::check_workload(all, size % 3 == 0);
    return 0;
}
