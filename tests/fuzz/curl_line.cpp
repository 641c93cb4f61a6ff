// Command lines of any bytes, by the rules of both shells.
#include "bench/workloads/curl_reader.hpp"
#include "bench/workloads/shell_words.hpp"
#include "workload.hpp"

using namespace lanewise::bench::workloads;
using lanewise::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = lanewise::fuzz::text_of(data, size);
    for (const auto which : {shell::bash, shell::cmd}) {
        std::size_t bytes = 0;
        for (const auto& command : split_commands(text, which))
            for (const auto& word : command.words) bytes += word.text.size();
        // \UFFFFFFFF in ten characters is at most four bytes.
        require(bytes <= size + 1, "words are no longer than the text");
    }
    gathering all{{.keep_secrets = size % 2 == 0, .origins = {}}};
    read_curl(text, "curl", all);
    lanewise::fuzz::check_workload(all, size % 3 == 0);
    return 0;
}
