#include "request_mix_of.hpp"

#include <utility>

namespace lanewise::bench::workloads {

request_mix request_mix_of(document workload) {
    request_mix mix;
    mix.requests.reserve(workload.requests.size());
    for (auto& one : workload.requests) {
        prepared_request prepared;
        prepared.method = std::move(one.what.method);
        prepared.target = std::move(one.what.path);
        for (auto& field : one.what.headers)
            prepared.fields.push_back({std::move(field.name), std::move(field.value)});
        prepared.body = std::move(one.what.body);
        prepared.weight = one.weight;
        prepared.success.clear();
        for (const auto& range : one.success) prepared.success.push_back({range.first, range.last});
        mix.requests.push_back(std::move(prepared));
    }
    return mix;
}

}  // namespace lanewise::bench::workloads
