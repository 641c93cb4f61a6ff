// What has to hold of every workload, whatever it was made of.
#pragma once

#include <boost/json/parse.hpp>
#include <string>

#include "bench/documents/json_schema.hpp"
#include "bench/workloads/gathering.hpp"
#include "bench/workloads/make_workload.hpp"
#include "bench/workloads/text_input.hpp"
#include "bench/workloads/workload_document.hpp"
#include "fuzz.hpp"

namespace lanewise::fuzz {

/// Ends what `all` gathered, and checks it. Input without a request is refused, which is right.
inline void check_workload(bench::workloads::gathering& all, bool hosts_in_headers) {
    using namespace bench::workloads;
    document made;
    try {
        made = all.finish(hosts_in_headers);
    } catch (const unusable& why) {
        require(*why.what() != '\0', "who is refused is told why");
        return;
    }
    double weights = 0;
    for (const auto& one : made.requests) weights += one.weight;
    for (const auto& from : made.sources) {
        std::uint64_t left_out = 0;
        for (const auto& one : from.left_out) {
            left_out += one.count;
            require(!one.places.empty(), "what is left out is named by place");
        }
        if (from.unit != "command")
            require(from.requests + left_out == from.units, "no unit gets lost");
    }
    require(weights > 0, "a workload has a weight");

    const auto text = to_text(made);
    boost::system::error_code error;
    const auto value = boost::json::parse(text, error);
    require(!error, "a workload is JSON");
    require(bench::check_schema(workload_schema(), value).empty(), "it is valid by its schema");
    try {
        const auto read = parse_workload(text, "workload", ".");
        require(read.requests.size() == made.requests.size(), "it is read again");
        for (std::size_t i = 0; i < read.requests.size(); ++i) {
            const auto &before = made.requests[i], &after = read.requests[i];
            require(before.what.method == after.what.method && before.what.path == after.what.path,
                    "with its request lines");
            require(before.what.body == after.what.body, "with its bodies");
            require(before.what.headers.size() == after.what.headers.size(), "with its headers");
            require(before.weight == after.weight, "with its weights");
            require(before.success == after.success, "with its successes");
        }
    } catch (const unusable& why) {
        require(false, why.what());
    }
    for (const char letter : summary_of(made))
        require(static_cast<unsigned char>(letter) >= 0x20 || letter == '\n',
                "nothing that a terminal acts on is printed");
}

}  // namespace lanewise::fuzz
