#include "machine_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value_from.hpp>

namespace lanewise::machine {

namespace json = boost::json;

void put_counts(json::object& entry, const facts& machine) {
    entry["packages"] = or_null(machine.packages);
    entry["cores"] = or_null(machine.cores);
    entry["threads"] = or_null(machine.threads);
    entry["threads_per_core"] = or_null(machine.threads_per_core);
}

json::array caches_json(const facts& machine) {
    json::array caches;
    for (const auto& cache : machine.caches) {
        caches.push_back({{"level", cache.level},
                          {"size_bytes", cache.size_bytes},
                          {"threads_sharing", cache.threads_sharing}});
    }
    return caches;
}

json::value core_threads_json(const facts& machine) {
    if (machine.core_threads.empty()) return nullptr;
    return json::value_from(machine.core_threads);
}

}  // namespace lanewise::machine
