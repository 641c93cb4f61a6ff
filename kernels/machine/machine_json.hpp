// How a machine's facts stand in JSON, the same for the server's identity and the bench's
// documents: what could not be read is null, never 0.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>

#include "machine.hpp"

namespace lanewise::machine {

template <class T>
[[nodiscard]] boost::json::value or_null(const std::optional<T>& value) {
    return value ? boost::json::value(*value) : boost::json::value(nullptr);
}

[[nodiscard]] inline boost::json::value or_null(const std::string& text) {
    return text.empty() ? boost::json::value(nullptr) : boost::json::value(text);
}

/// Adds packages, cores, threads and threads_per_core.
void put_counts(boost::json::object& entry, const facts& machine);

[[nodiscard]] boost::json::array caches_json(const facts& machine);

/// The hardware threads of each core; null where they are not known.
[[nodiscard]] boost::json::value core_threads_json(const facts& machine);

}  // namespace lanewise::machine
